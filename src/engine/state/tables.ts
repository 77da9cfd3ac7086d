import { MOST_RANGE_BYTES } from "../../compaction/covered_segments.ts";
import { LOG_HEADER_BYTES } from "../../format/log_format.ts";
import {
  newTableMemory,
  releaseTableMemory,
  type TableMemory,
} from "../../memtable/table_memory.ts";
import { LoggedTable } from "./logged_table.ts";
import type { LiveLogs } from "./version_set.ts";

/**
 * How many tables' worth of unused memory is kept when no table waits to be flushed; a load that
 * goes on reuses all there is.
 */
const MOST_SPARE = 1;

/**
 * Range deletes after which a MemTable is full: a flush adds what is left of them to the manifest.
 */
const MOST_RANGES = 4096;

/** When a MemTable is full, and where new logs get number and salt from. */
export interface TablesOptions {
  /** Bytes of log records. */
  readonly memtableSize: number;
  /** Distinct keys. */
  readonly memtableEntries: number;
  /** Tells the sequence numbers of the live snapshots, ascending. */
  readonly snapshots: () => readonly number[];
  takeFileNumber(): number;
  /** A random integer of 0 to 2^32 - 1. */
  randomUint32(): number;
}

/** The MemTable that takes writes, and the full ones that wait to be flushed. */
export class Tables {
  readonly #options: TablesOptions;
  /** Oldest first. */
  #waiting: readonly LoggedTable[];
  #active: LoggedTable;
  /** Memory of tables that nobody reads any more. */
  readonly #spare: TableMemory[] = [];

  /**
   * @param waiting Tables that were recovered from logs, oldest first.
   * @param lastSequence Sequence number of the last write that there is.
   */
  constructor(
    waiting: readonly LoggedTable[],
    lastSequence: number,
    options: TablesOptions,
  ) {
    this.#options = options;
    this.#waiting = waiting;
    this.#active = this.#create(lastSequence + 1, options.memtableSize);
  }

  /** The table that takes writes. */
  get active(): LoggedTable {
    return this.#active;
  }

  /** Full tables, oldest first. */
  get waiting(): readonly LoggedTable[] {
    return this.#waiting;
  }

  /** All tables, oldest first. */
  get all(): readonly LoggedTable[] {
    return [...this.#waiting, this.#active];
  }

  /** All tables, newest first: the order of reading. */
  get newestFirst(): readonly LoggedTable[] {
    return this.all.toReversed();
  }

  /** How much of its size the active table has reached; from 1 on it is full. */
  get fullness(): number {
    const { table } = this.#active;
    const { memtableSize, memtableEntries } = this.#options;
    const { mostKeys } = table;
    const keys = mostKeys < memtableEntries ? mostKeys : table.keys;
    return Math.max(
      (table.arena.size + table.ranges.memoryBytes) / memtableSize,
      keys / memtableEntries,
      table.ranges.size / MOST_RANGES,
      table.ranges.boundBytes / MOST_RANGE_BYTES,
    );
  }

  /**
   * Lets a fresh table, with room for `roomBytes` of frames at least, take over. Does nothing to an
   * empty table that has the room.
   */
  rotate(roomBytes = 0): void {
    const { table, hasLog } = this.#active;
    if (table.records === 0 && table.arena.room >= roomBytes) return;
    if (table.records > 0 || hasLog) this.#waiting = this.all;
    const capacity = Math.max(this.#options.memtableSize, roomBytes);
    this.#active = this.#create(table.lastSequence + 1, capacity);
  }

  #create(firstSequence: number, capacity: number): LoggedTable {
    const { takeFileNumber, randomUint32, snapshots } = this.#options;
    const number = takeFileNumber();
    const header = { number, salt: randomUint32(), firstSequence };
    const memory = capacity === this.#options.memtableSize
      ? this.#spare.pop()
      : undefined;
    return LoggedTable.create(
      header,
      memory ?? newTableMemory(capacity),
      snapshots,
    );
  }

  /** Takes out the oldest waiting table, which has been flushed. */
  removeOldest(): void {
    this.#waiting = this.#waiting.slice(1);
  }

  /** Takes back the memory of a flushed table that nobody reads any more. */
  reclaim({ table }: LoggedTable): void {
    const { memory } = table;
    const isUsual = memory.bytes.length ===
      LOG_HEADER_BYTES + this.#options.memtableSize;
    if (isUsual) this.#spare.push(memory);
    else releaseTableMemory(memory);
    if (this.#waiting.length === 0) this.releaseSpare(MOST_SPARE);
  }

  /** Gives back memory that no table uses, but for that of so many. */
  releaseSpare(kept = 0): void {
    for (const unneeded of this.#spare.splice(kept)) {
      releaseTableMemory(unneeded);
    }
  }

  /** The logs that are needed if the first `flushed` waiting tables are in segments. */
  liveLogs(flushed: number): LiveLogs {
    const needed = this.all.slice(flushed);
    return {
      oldestLog: needed[0]!.logNumber,
      logs: needed.filter((table) => table.hasLog).map((t) => t.logNumber),
    };
  }
}
