import { hashSpan } from "../bytes/hash.ts";
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
import type { HashIndex } from "./hash_index.ts";
import { OrderedView } from "./ordered_view.ts";
import { RangeDeletes } from "./range_deletes.ts";
import { RecordList } from "./record_list.ts";
import type { KeySpans } from "./sort.ts";
import type { SortedKeys } from "./sorted_keys.ts";
import {
  doubleIndex,
  doubleRecords,
  type TableMemory,
  tableMemoryOver,
} from "./table_memory.ts";

/** Room for the hashes of the records of a log that are added together. */
const hashes = new Uint32Array(256);

/**
 * The newest writes, in memory: a hash index over the records of an arena.
 *
 * Records are numbered by ordinals in order of arrival, so the sequence number of a record is that
 * of the first plus its ordinal and is stored nowhere. All versions of a key stay: `links` of the
 * key's first record leads to its newest, and from there from each version to the one before it, so
 * reading as of any sequence number is a walk along that chain.
 *
 * Range deletes have ordinals, but no place in the index: they are kept beside it, and what they
 * cover is still found here. Who reads asks for {@linkcode MemTable.ranges} too.
 */
export class MemTable implements KeySpans {
  readonly arena: Arena;
  /** Sequence number of the first record. */
  readonly firstSequence: number;
  readonly #memory: TableMemory;
  readonly #index: HashIndex;
  readonly #view: OrderedView;
  /** The range deletes among the records. */
  readonly ranges: RangeDeletes;
  #count = 0;

  private constructor(
    memory: TableMemory,
    arena: Arena,
    ranges: RangeDeletes,
  ) {
    this.arena = arena;
    this.firstSequence = arena.firstSequence;
    this.#memory = memory;
    this.#index = memory.index;
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
    return this.#count;
  }

  /** Distinct keys. */
  get keys(): number {
    return this.#index.size;
  }

  /** Sequence number of the newest record; one below the first if there is none. */
  get lastSequence(): number {
    return this.firstSequence + this.#count - 1;
  }

  /**
   * Bytes of memory in use: records and index. The order, which the first scan makes, takes up to
   * 12 more for each key.
   */
  get memoryBytes(): number {
    return this.arena.size + this.#index.memoryBytes +
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
    if (kind === RANGE_DELETE) this.#addRange(start);
    else this.#addRecord(start, keyLength);
  }

  /** Adds `count` finished records, all in one frame. */
  appendRecords(records: Uint8Array, count: number): void {
    const { bytes } = this.arena;
    let at = this.arena.appendRecords(records, count);
    for (let i = 0; i < count; i++) {
      const keyLength = recordKeyLength(bytes, at);
      if (isRangeDelete(bytes, at)) this.#addRange(at);
      else this.#addRecord(at, keyLength);
      at += recordLength(keyLength, recordValueLength(bytes, at));
    }
  }

  /**
   * Adds the records of a frame that was read back with the arena. Answers with the offset of a
   * record that is none, or -1 if all is well; after the former the table is of no use.
   */
  loadFrame(start: number, header: FrameHeader): number {
    const memory = this.#memory;
    const first = this.#count;
    const { count, length } = header;
    // A count may be made up: no more room is made than there can be records.
    const most = Math.min(count, length / RECORD_HEADER_BYTES + 1);
    while (first + most > memory.offsets.length) doubleRecords(memory);
    const problem = listRecords(
      this.arena.bytes,
      {
        start: start + FRAME_HEADER_BYTES,
        end: start + FRAME_HEADER_BYTES + length,
        count,
      },
      memory.offsets,
      first,
    );
    if (problem >= 0) return problem;
    const end = first + count;
    for (let from = first; from < end; from += hashes.length) {
      this.#addListed(from, Math.min(from + hashes.length, end));
    }
    return -1;
  }

  /**
   * Adds the records with these ordinals, whose offsets are there already.
   *
   * All their hashes are made first, and all their slots looked at: waits for memory that do not
   * depend on one another overlap, those of look-ups one after another do not. Measured on opens
   * with 1 M records of 16 + 100 bytes in a log: a fifth less time in Node, a tenth in Bun.
   */
  #addListed(from: number, to: number): void {
    const { bytes } = this.arena;
    const { offsets } = this.#memory;
    for (let ordinal = from; ordinal < to; ordinal++) {
      const key = offsets[ordinal]! + RECORD_HEADER_BYTES;
      hashes[ordinal - from] = hashSpan(bytes, key, this.length(ordinal));
    }
    this.#index.fetch(hashes, to - from);
    for (let ordinal = from; ordinal < to; ordinal++) {
      const start = offsets[ordinal]!;
      const hash = hashes[ordinal - from]!;
      if (isRangeDelete(bytes, start)) this.#addRange(start);
      else this.#addHashed(start, this.length(ordinal), hash);
    }
  }

  #addRange(start: number): void {
    if (this.#count === this.#memory.offsets.length) {
      doubleRecords(this.#memory);
    }
    this.#memory.offsets[this.#count++] = start;
    this.ranges.add(this.arena.bytes, start, this.lastSequence);
  }

  #addRecord(start: number, keyLength: number): void {
    const ordinal = this.#count;
    if (ordinal === this.#memory.offsets.length) doubleRecords(this.#memory);
    this.#memory.offsets[ordinal] = start;
    const key = start + RECORD_HEADER_BYTES;
    const hash = hashSpan(this.arena.bytes, key, keyLength);
    this.#addHashed(start, keyLength, hash);
  }

  #addHashed(start: number, keyLength: number, hash: number): void {
    const ordinal = this.#count++;
    const { bytes } = this.arena;
    const key = start + RECORD_HEADER_BYTES;
    const slot = this.#index.find(bytes, hash, bytes, key, keyLength);
    if (slot < 0) {
      if (this.#index.isFull) doubleIndex(this.#memory);
      this.#memory.firsts[this.#index.size] = ordinal;
      this.#memory.links[ordinal] = ordinal;
      this.#index.insert(hash, start, ordinal);
    } else {
      const first = this.#index.firstOrdinal(slot);
      this.#memory.links[ordinal] = this.#memory.links[first]!;
      this.#memory.links[first] = ordinal;
      this.#index.replace(slot, start);
    }
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
    const { bytes } = this.arena;
    const slot = this.#index.find(bytes, hash, key, keyOffset, keyLength);
    if (slot < 0) return false;
    let record = this.#index.newestRecord(slot);
    if (maxSequence < this.lastSequence) {
      const first = this.#index.firstOrdinal(slot);
      const ordinal = this.versionAt(first, maxSequence - this.firstSequence);
      if (ordinal < 0) return false;
      record = this.#memory.offsets[ordinal]!;
    }
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
    const slot = this.#index.find(this.arena.bytes, hash, key, 0, keyLength);
    if (slot < 0) return false;
    const first = this.#index.firstOrdinal(slot);
    const ordinal = this.versionAt(first, maxSequence - this.firstSequence);
    if (ordinal < 0) return false;
    this.fill(ordinal, view);
    return true;
  }

  /**
   * Ordinal of the newest version not past `maxOrdinal` of the key whose first record is `first`,
   * or -1.
   */
  versionAt(first: number, maxOrdinal: number): number {
    if (first > maxOrdinal) return -1;
    let ordinal = this.#memory.links[first]!;
    while (ordinal > maxOrdinal) ordinal = this.#memory.links[ordinal]!;
    return ordinal;
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
    return this.#view.keys(this.#memory.firsts.subarray(0, this.#index.size));
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
      offsets: offsets.subarray(0, this.#count),
      firstSequence: this.firstSequence,
      hasRanges: !this.ranges.isEmpty,
    });
  }
}
