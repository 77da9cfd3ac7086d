import { logName } from "../../format/file_names.ts";
import type { LogHeader } from "../../format/log_format.ts";
import { MemTable } from "../../memtable/memtable.ts";
import type { TableMemory } from "../../memtable/table_memory.ts";
import { type Awaitable, chain, isPending } from "../../storage/awaitable.ts";
import type { Storage } from "../../storage/storage.ts";
import { LogWriter } from "../../wal/log_writer.ts";

/** A MemTable and the write-ahead log whose image its arena is. */
export class LoggedTable {
  readonly table: MemTable;
  /** File number of the log. */
  readonly logNumber: number;
  /** Where the frames ended of a log that was read back; 0 for one that this engine writes. */
  readonly #recoveredBytes: number;
  #log: LogWriter | undefined;
  /** The append or sync that waits for storage; never rejects. */
  #underWay: Promise<void> | undefined;
  #isLetGo = false;
  #holders = 0;

  /**
   * @param recoveredBytes Where the frames end of a log that was read back and takes no more
   * records.
   */
  constructor(table: MemTable, logNumber: number, recoveredBytes = 0) {
    this.table = table;
    this.logNumber = logNumber;
    this.#recoveredBytes = recoveredBytes;
  }

  /**
   * An empty table without a log; `snapshots` tells the sequence numbers of those that are live,
   * ascending.
   */
  static create(
    header: LogHeader,
    memory: TableMemory,
    snapshots: () => readonly number[],
  ): LoggedTable {
    const table = MemTable.create(header, memory, snapshots);
    return new LoggedTable(table, header.number);
  }

  /** Counts one more reader of the table. */
  retain(): void {
    this.#holders++;
  }

  /** Counts one reader less; answers whether that was the last. */
  release(): boolean {
    return --this.#holders === 0;
  }

  get logName(): string {
    return logName(this.logNumber);
  }

  /** Whether the log is there. */
  get hasLog(): boolean {
    return this.#log !== undefined || this.#recoveredBytes > 0;
  }

  /** Bytes in the log, without room that was made for more. */
  get logBytes(): number {
    return this.#log?.size ?? this.#recoveredBytes;
  }

  /** Whether all that is in the log is durable. */
  get isSynced(): boolean {
    return this.#log?.isSynced ?? true;
  }

  /** Whether all records are in the log. */
  get isAppended(): boolean {
    return !this.table.arena.hasUnwritten && this.#underWay === undefined;
  }

  /** Creates the log; its name and header are durable afterwards. */
  createLog(storage: Storage): Awaitable<void> {
    const { logHeader: header, bytes } = this.table.arena;
    return chain(
      LogWriter.create(storage, this.logName, {
        header,
        capacity: bytes.length,
      }),
      (log) => {
        this.#log = log;
      },
    );
  }

  /** Appends the records that are not yet in the log, which is there, as one frame. */
  appendUnwritten(durableSequence: number): Awaitable<void> {
    const { arena, lastSequence } = this.table;
    const tail = arena.takeUnwritten(lastSequence, durableSequence);
    return this.#note(this.#log!.append(tail));
  }

  /**
   * Makes durable what is in the log. One that was let go needs it no more: its writes are in
   * segments.
   */
  sync(): Awaitable<void> {
    if (this.#isLetGo) return;
    return this.#note(this.#log?.sync());
  }

  #note(answer: Awaitable<void>): Awaitable<void> {
    if (!isPending(answer)) return;
    const settle = () => {
      this.#underWay = undefined;
    };
    this.#underWay = answer.then(settle, settle);
    return answer;
  }

  /**
   * Lets go of the log file, once what is under way has ended: a descriptor must not be closed
   * under a sync.
   */
  async closeLog(): Promise<void> {
    this.#isLetGo = true;
    await this.#underWay;
    await this.#log?.close();
  }
}
