import { hashSpan } from "../bytes/hash.ts";
import {
  isRangeDelete,
  RECORD_HEADER_BYTES,
  recordKeyLength,
} from "../format/record.ts";
import type { HashIndex } from "./hash_index.ts";
import {
  doubleIndex,
  doubleRecords,
  type TableMemory,
} from "./table_memory.ts";

/** So many records are entered into the index together. */
const ENTERED = 64;

/** Their hashes. */
const hashes = new Uint32Array(ENTERED);

/**
 * The records of an arena by their keys, and all versions of a key: `links` of the key's first
 * record leads to its newest, and from there from each version to the one before it.
 *
 * A record is only listed when it comes. It is entered into the index together with others, once
 * there are enough of them, or before somebody asks. Then all their hashes are made first, and all
 * their slots looked at: waits for memory that do not depend on one another overlap, those of
 * look-ups one after another do not. Measured with records of 16 + 100 bytes: opens with 1 M of
 * them in a log take a fifth less time in Node, a tenth in Bun; 6 % more puts by the thousand in a
 * load of 1 M in Deno and Bun.
 */
export class KeyChains {
  readonly #bytes: Uint8Array;
  readonly #memory: TableMemory;
  readonly #index: HashIndex;
  #count = 0;
  /** Records that are in the index, or have been looked at and do not belong there. */
  #entered = 0;

  /** The index of `memory` has to be empty. */
  constructor(memory: TableMemory) {
    this.#bytes = memory.bytes;
    this.#memory = memory;
    this.#index = memory.index;
  }

  /** How many records are listed. */
  get records(): number {
    return this.#count;
  }

  /** Distinct keys. */
  get keys(): number {
    this.#enterAll();
    return this.#index.size;
  }

  /** The same or a few more, without looking. */
  get mostKeys(): number {
    return this.#index.size + this.#count - this.#entered;
  }

  /** Ordinals of the first records of all keys, in order of arrival. */
  get firsts(): Uint32Array {
    return this.#memory.firsts.subarray(0, this.keys);
  }

  /** Makes room for so many more records. */
  reserve(records: number): void {
    while (this.#count + records > this.#memory.offsets.length) {
      doubleRecords(this.#memory);
    }
  }

  /** Lists a record, which begins at `start`. */
  list(start: number): void {
    const { offsets } = this.#memory;
    if (this.#count === offsets.length) return this.#listInMoreRoom(start);
    offsets[this.#count++] = start;
    if (this.#count - this.#entered === ENTERED) this.#enterAll();
  }

  #listInMoreRoom(start: number): void {
    this.reserve(1);
    this.list(start);
  }

  /** Lists `count` records whose offsets are in the memory already. */
  listAll(count: number): void {
    this.#count += count;
    this.#enterAll();
  }

  #enterAll(): void {
    while (this.#entered < this.#count) {
      this.#enterUpTo(Math.min(this.#entered + ENTERED, this.#count));
    }
  }

  #enterUpTo(end: number): void {
    const bytes = this.#bytes;
    const { offsets } = this.#memory;
    const first = this.#entered;
    for (let ordinal = first; ordinal < end; ordinal++) {
      const record = offsets[ordinal]!;
      const key = record + RECORD_HEADER_BYTES;
      const length = recordKeyLength(bytes, record);
      hashes[ordinal - first] = hashSpan(bytes, key, length);
    }
    this.#index.fetch(hashes, end - first);
    for (let ordinal = first; ordinal < end; ordinal++) {
      if (!isRangeDelete(bytes, offsets[ordinal]!)) {
        this.#enter(ordinal, hashes[ordinal - first]!);
      }
      this.#entered++;
    }
  }

  #enter(ordinal: number, hash: number): void {
    const bytes = this.#bytes;
    const { offsets, links, firsts } = this.#memory;
    const record = offsets[ordinal]!;
    const key = record + RECORD_HEADER_BYTES;
    const length = recordKeyLength(bytes, record);
    const slot = this.#index.find(bytes, hash, bytes, key, length);
    if (slot < 0) {
      if (this.#index.isFull) doubleIndex(this.#memory);
      firsts[this.#index.size] = ordinal;
      links[ordinal] = ordinal;
      this.#index.insert(hash, record, ordinal);
    } else {
      const first = this.#index.firstOrdinal(slot);
      links[ordinal] = links[first]!;
      links[first] = ordinal;
      this.#index.replace(slot, record);
    }
  }

  /**
   * Where the newest record of a key begins whose ordinal is not past `maxOrdinal`; -1 if there is
   * none.
   */
  find(
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
    hash: number,
    maxOrdinal: number,
  ): number {
    this.#enterAll();
    const slot = this.#index.find(this.#bytes, hash, key, keyOffset, keyLength);
    if (slot < 0) return -1;
    if (maxOrdinal >= this.#count - 1) return this.#index.newestRecord(slot);
    const ordinal = this.versionAt(this.#index.firstOrdinal(slot), maxOrdinal);
    return ordinal < 0 ? -1 : this.#memory.offsets[ordinal]!;
  }

  /** The ordinal of that record, or -1. */
  findOrdinal(
    key: Uint8Array,
    keyLength: number,
    hash: number,
    maxOrdinal: number,
  ): number {
    this.#enterAll();
    const slot = this.#index.find(this.#bytes, hash, key, 0, keyLength);
    return slot < 0
      ? -1
      : this.versionAt(this.#index.firstOrdinal(slot), maxOrdinal);
  }

  /**
   * Ordinal of the newest version not past `maxOrdinal` of the key whose first record is `first`,
   * or -1.
   */
  versionAt(first: number, maxOrdinal: number): number {
    const { links } = this.#memory;
    if (first > maxOrdinal) return -1;
    let ordinal = links[first]!;
    while (ordinal > maxOrdinal) ordinal = links[ordinal]!;
    return ordinal;
  }
}
