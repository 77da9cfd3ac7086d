import { equalSpans } from "../bytes/compare.ts";
import { fetchSlots } from "../bytes/fetch.ts";
import { releaseMemory } from "../bytes/release.ts";
import { RECORD_HEADER_BYTES, recordKeyLength } from "../format/record.ts";

/** Share of the slots that are in use at most. */
const MOST_LOAD = 7 / 8;

/**
 * With fewer slots none would be free at the most load, and a search for what is not there would
 * not end.
 */
const FEWEST_SLOTS = 8;

/** How many slots an index has that need not grow for this many keys. */
export function slotsFor(keys: number): number {
  const slots = Math.max(FEWEST_SLOTS, keys / MOST_LOAD);
  return 2 ** Math.ceil(Math.log2(slots));
}

/**
 * Finds keys among the records of an arena: open addressing with linear probing in typed arrays, so
 * that no object is made per entry. A slot is one word, which says where the key's newest record
 * begins and, in the bits that no place in the arena needs, the top of the key's hash. A look-up
 * goes from there straight to the record, and nearly every other key is told by the hash alone.
 *
 * Measured with 108,000 records of 16 + 100 bytes: slots of 8 bytes, half of them free, cost a
 * look-up 15 to 20 % more, because they do not stay in the CPU cache.
 */
export class HashIndex {
  /**
   * Top of the hash and where the newest record begins; no record begins at 0, which says that the
   * slot is free.
   */
  #slots: Int32Array<ArrayBuffer>;
  /** Ordinal of the key's first record, by slot. */
  #firsts: Uint32Array<ArrayBuffer>;
  #mask: number;
  #size = 0;
  /** The bits of a slot that say where the record begins. */
  readonly #recordMask: number;

  /**
   * @param slots How many slots to begin with, a power of two.
   * @param arenaBytes Size of the arena, at most 4 GiB.
   */
  constructor(slots: number, arenaBytes: number) {
    this.#slots = new Int32Array(slots);
    this.#firsts = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#recordMask = -1 >>> Math.clz32(arenaBytes - 1);
  }

  /** Distinct keys. */
  get size(): number {
    return this.#size;
  }

  /** Whether it must grow before another key comes. */
  get isFull(): boolean {
    return this.#size >= MOST_LOAD * this.#slots.length;
  }

  /** Bytes of memory that the index takes. */
  get memoryBytes(): number {
    return this.#slots.byteLength + this.#firsts.byteLength;
  }

  /** The slot of the key with this hash, or -1 if the key is not there. */
  find(
    arena: Uint8Array,
    hash: number,
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
  ): number {
    const slots = this.#slots;
    const mask = this.#mask;
    const hashMask = ~this.#recordMask;
    for (let slot = hash & mask;; slot = (slot + 1) & mask) {
      const word = slots[slot]!;
      if (word === 0) return -1;
      if (((word ^ hash) & hashMask) !== 0) continue;
      const record = (word & this.#recordMask) >>> 0;
      const length = recordKeyLength(arena, record);
      const at = record + RECORD_HEADER_BYTES;
      if (equalSpans(arena, at, length, key, keyOffset, keyLength)) return slot;
    }
  }

  /**
   * Has the memory brought in in which the keys with the first `count` of these hashes are looked
   * for.
   */
  fetch(hashes: Uint32Array, count: number): void {
    fetchSlots(this.#slots, hashes, count);
  }

  /** Where the newest record of the key in `slot` begins. */
  newestRecord(slot: number): number {
    return (this.#slots[slot]! & this.#recordMask) >>> 0;
  }

  /** Ordinal of the first record of the key in `slot`. */
  firstOrdinal(slot: number): number {
    return this.#firsts[slot]!;
  }

  /** Notes a newer record of the key in `slot`. */
  replace(slot: number, record: number): void {
    this.#slots[slot] = (this.#slots[slot]! & ~this.#recordMask) | record;
  }

  /**
   * Adds a key that is not there: its newest record, and the ordinal of its first. There must be
   * room.
   */
  insert(hash: number, record: number, first: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = (hash & ~this.#recordMask) | record;
    this.#firsts[slot] = first;
    this.#size++;
  }

  /** Forgets all keys, for use with another arena of the same size. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  /** Gives its memory back. It is of no use any more. */
  release(): void {
    releaseMemory(this.#slots);
    releaseMemory(this.#firsts);
  }

  /** Forgets all keys and has twice as many slots. */
  clearAndDouble(): void {
    const slots = 2 * this.#slots.length;
    this.release();
    this.#slots = new Int32Array(slots);
    this.#firsts = new Uint32Array(slots);
    this.#mask = slots - 1;
    this.#size = 0;
  }
}
