import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import { RANGE_DELETE, type RecordKind } from "../format/kind.ts";
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  type LogHeader,
} from "../format/log_format.ts";
import {
  isRangeDelete,
  listRecords,
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
  recordLength,
  recordValueLength,
} from "../format/record.ts";
import { Arena } from "./arena.ts";
import { MemTableCursor } from "./cursor.ts";
import { KeyChains } from "./key_chains.ts";
import { OrderedView } from "./ordered_view.ts";
import { RangeDeletes } from "./range_deletes.ts";
import { RecordList } from "./record_list.ts";
import type { KeySpans } from "./sort.ts";
import type { SortedKeys } from "./sorted_keys.ts";
import { type TableMemory, tableMemoryOver } from "./table_memory.ts";

/**
 * The newest writes, in memory: a hash index over the records of an arena.
 *
 * Records are numbered by ordinals in order of arrival, so the sequence number of a record is that
 * of the first plus its ordinal and is stored nowhere. All versions of a key stay, in a chain from
 * the newest to the oldest, so reading as of any sequence number is a walk along it.
 *
 * Range deletes have ordinals, but no place in the index: they are kept beside it, and what they
 * cover is still found here. Who reads asks for {@linkcode MemTable.ranges} too.
 */
export class MemTable implements KeySpans {
  readonly arena: Arena;
  /** Sequence number of the first record. */
  readonly firstSequence: number;
  readonly #memory: TableMemory;
  readonly #chains: KeyChains;
  readonly #view: OrderedView;
  /** The range deletes among the records. */
  readonly ranges: RangeDeletes;

  private constructor(
    memory: TableMemory,
    arena: Arena,
    ranges: RangeDeletes,
  ) {
    this.arena = arena;
    this.firstSequence = arena.firstSequence;
    this.#memory = memory;
    this.#chains = new KeyChains(memory);
    this.#view = new OrderedView(this);
    this.ranges = ranges;
  }

  /**
   * An empty table for the log with this header.
   *
   * @param snapshots Tells the sequence numbers of the live snapshots, ascending. Default: there
   * are none.
   */
  static create(
    header: LogHeader,
    memory: TableMemory,
    snapshots: () => readonly number[] = () => [],
  ): MemTable {
    memory.index.clear();
    const arena = Arena.create(header, memory.bytes);
    return new MemTable(memory, arena, new RangeDeletes(snapshots));
  }

  /**
   * The same over the image of a log, empty until {@linkcode MemTable.loadFrame} is called for each
   * frame.
   */
  static fromImage(
    image: Uint8Array<ArrayBuffer>,
    header: LogHeader,
    snapshots: () => readonly number[] = () => [],
  ): MemTable {
    const arena = Arena.fromImage(image, header);
    const memory = tableMemoryOver(image);
    return new MemTable(memory, arena, new RangeDeletes(snapshots));
  }

  /** The memory of this table, for another one. Nobody may use this table any more. */
  get memory(): TableMemory {
    return this.#memory;
  }

  /** Records, older versions included. */
  get records(): number {
    return this.#chains.records;
  }

  /** Distinct keys. */
  get keys(): number {
    return this.#chains.keys;
  }

  /** The same or a few more, without looking. */
  get mostKeys(): number {
    return this.#chains.mostKeys;
  }

  /** Sequence number of the newest record; one below the first if there is none. */
  get lastSequence(): number {
    return this.firstSequence + this.records - 1;
  }

  /**
   * Bytes of memory in use: records and index. The order, which the first scan makes, takes up to
   * 12 more for each key.
   */
  get memoryBytes(): number {
    return this.arena.size + this.#memory.index.memoryBytes +
      3 * 4 * this.#memory.offsets.length + this.ranges.memoryBytes;
  }

  /** The bytes that hold the keys and values. */
  get buffer(): Uint8Array {
    return this.arena.bytes;
  }

  /** Where the key of the record `ordinal` begins. */
  offset(ordinal: number): number {
    return this.#memory.offsets[ordinal]! + RECORD_HEADER_BYTES;
  }

  /** Length of the key of the record `ordinal`, in bytes. */
  length(ordinal: number): number {
    return recordKeyLength(this.arena.bytes, this.#memory.offsets[ordinal]!);
  }

  /** Adds the record whose key and value were written to the arena behind `recordStart`. */
  commitRecord(kind: RecordKind, keyLength: number, valueLength: number): void {
    const start = this.arena.commitRecord(kind, keyLength, valueLength);
    this.#chains.list(start);
    if (kind === RANGE_DELETE) this.#addRange(start, this.lastSequence);
  }

  /** Adds `count` finished records, all in one frame. */
  appendRecords(records: Uint8Array, count: number): void {
    const { bytes } = this.arena;
    let at = this.arena.appendRecords(records, count);
    for (let i = 0; i < count; i++) {
      this.#chains.list(at);
      if (isRangeDelete(bytes, at)) this.#addRange(at, this.lastSequence);
      const keyLength = recordKeyLength(bytes, at);
      at += recordLength(keyLength, recordValueLength(bytes, at));
    }
  }

  /**
   * Adds the records of a frame that was read back with the arena. Answers with the offset of a
   * record that is none, or -1 if all is well; after the former the table is of no use.
   */
  loadFrame(start: number, header: FrameHeader): number {
    const { bytes } = this.arena;
    const { count, length } = header;
    // A count may be made up: no more room is made than there can be records.
    this.#chains.reserve(Math.min(count, length / RECORD_HEADER_BYTES + 1));
    const span = {
      start: start + FRAME_HEADER_BYTES,
      end: start + FRAME_HEADER_BYTES + length,
      count,
    };
    const first = this.records;
    const { offsets } = this.#memory;
    const problem = listRecords(bytes, span, offsets, first);
    if (problem >= 0) return problem;
    this.#chains.listAll(count);
    for (let ordinal = first; ordinal < first + count; ordinal++) {
      const record = offsets[ordinal]!;
      if (isRangeDelete(bytes, record)) {
        this.#addRange(record, this.firstSequence + ordinal);
      }
    }
    return -1;
  }

  #addRange(start: number, sequence: number): void {
    this.ranges.add(this.arena.bytes, start, sequence);
  }

  /**
   * Finds the newest version of a key that is not newer than `maxSequence`. Answers whether there
   * is one; then `view` shows its kind and value.
   */
  find(
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
    hash: number,
    maxSequence: number,
    view: EntryView,
  ): boolean {
    const maxOrdinal = maxSequence - this.firstSequence;
    const record = this.#chains
      .find(key, keyOffset, keyLength, hash, maxOrdinal);
    if (record < 0) return false;
    const { bytes } = this.arena;
    view.kind = recordKind(bytes, record);
    view.valueBuffer = bytes;
    view.valueOffset = record + RECORD_HEADER_BYTES + keyLength;
    view.valueLength = recordValueLength(bytes, record);
    return true;
  }

  /** The same, but `view` also shows the sequence number. */
  findWithSequence(
    key: Uint8Array,
    keyLength: number,
    hash: number,
    maxSequence: number,
    view: EntryView,
  ): boolean {
    const maxOrdinal = maxSequence - this.firstSequence;
    const ordinal = this.#chains.findOrdinal(key, keyLength, hash, maxOrdinal);
    if (ordinal < 0) return false;
    this.fill(ordinal, view);
    return true;
  }

  /**
   * Ordinal of the newest version not past `maxOrdinal` of the key whose first record is `first`,
   * or -1.
   */
  versionAt(first: number, maxOrdinal: number): number {
    return this.#chains.versionAt(first, maxOrdinal);
  }

  /** Lets `view` show the record `ordinal`. */
  fill(ordinal: number, view: EntryView): void {
    const { bytes } = this.arena;
    const start = this.#memory.offsets[ordinal]!;
    const keyLength = recordKeyLength(bytes, start);
    view.keyBuffer = bytes;
    view.keyOffset = start + RECORD_HEADER_BYTES;
    view.keyLength = keyLength;
    view.kind = recordKind(bytes, start);
    view.sequence = this.firstSequence + ordinal;
    view.valueBuffer = bytes;
    view.valueOffset = start + RECORD_HEADER_BYTES + keyLength;
    view.valueLength = recordValueLength(bytes, start);
  }

  /** The keys in order, as first ordinals. */
  sortedKeys(): SortedKeys {
    return this.#view.keys(this.#chains.firsts);
  }

  /**
   * A cursor over the newest version of each key that is not newer than `maxSequence`. It does not
   * see later writes.
   */
  cursor(maxSequence: number): Cursor {
    const maxOrdinal = maxSequence - this.firstSequence;
    return new MemTableCursor(this, this.#memory, maxOrdinal);
  }

  /** The records, for a flush. */
  list(): RecordList {
    const { offsets } = this.#memory;
    return new RecordList({
      buffer: this.arena.bytes,
      offsets: offsets.subarray(0, this.records),
      firstSequence: this.firstSequence,
      hasRanges: !this.ranges.isEmpty,
    });
  }
}
