import { equalSpans } from "../bytes/compare.ts";
import { RECORD_HEADER_BYTES, recordKeyLength } from "../format/record.ts";

/**
 * Finds keys among the records of an arena: open addressing with linear probing in typed arrays, so that no object is made per entry.
 * A slot has the hash and the place of the key's newest record side by side, so a look-up touches one line of memory here and
 * goes on straight to the record; a miss is told by the hash alone. At most half of the slots are in use.
 */
export class HashIndex {
  /** Pairs (hash, where the newest record begins); no record begins at 0, which says that the slot is free. */
  #slots: Uint32Array;
  /** Ordinal of the key's first record, by slot. */
  #firsts: Uint32Array;
  #mask: number;
  #size = 0;

  /** @param keys How many keys to have room for; more make it grow. */
  constructor(keys: number) {
    const slots = 2 ** (1 + Math.ceil(Math.log2(Math.max(keys, 1))));
    this.#slots = new Uint32Array(2 * slots);
    this.#firsts = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  /** Distinct keys. */
  get size(): number {
    return this.#size;
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
    for (let slot = hash & this.#mask;; slot = (slot + 1) & this.#mask) {
      const record = slots[2 * slot + 1]!;
      if (record === 0) return -1;
      if (slots[2 * slot] !== hash) continue;
      const length = recordKeyLength(arena, record);
      const at = record + RECORD_HEADER_BYTES;
      if (equalSpans(arena, at, length, key, keyOffset, keyLength)) return slot;
    }
  }

  /** Where the newest record of the key in `slot` begins. */
  newestRecord(slot: number): number {
    return this.#slots[2 * slot + 1]!;
  }

  /** Ordinal of the first record of the key in `slot`. */
  firstOrdinal(slot: number): number {
    return this.#firsts[slot]!;
  }

  /** Notes a newer record of the key in `slot`. */
  replace(slot: number, record: number): void {
    this.#slots[2 * slot + 1] = record;
  }

  /** Adds a key that is not there, with its first record. */
  insert(hash: number, record: number, ordinal: number): void {
    if (2 * (this.#size + 1) > this.#mask) this.#double();
    this.#place(hash, record, ordinal);
    this.#size++;
  }

  /** Forgets all keys, for use with another arena. */
  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  #place(hash: number, record: number, first: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[2 * slot] = hash;
    this.#slots[2 * slot + 1] = record;
    this.#firsts[slot] = first;
  }

  #double(): void {
    const slots = this.#slots;
    const firsts = this.#firsts;
    this.#slots = new Uint32Array(2 * slots.length);
    this.#firsts = new Uint32Array(2 * firsts.length);
    this.#mask = 2 * this.#mask + 1;
    for (let i = 0; i < firsts.length; i++) {
      const record = slots[2 * i + 1]!;
      if (record !== 0) this.#place(slots[2 * i]!, record, firsts[i]!);
    }
  }
}
