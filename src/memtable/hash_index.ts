import { equalSpans } from "../bytes/compare.ts";
import { RECORD_HEADER_BYTES, recordKeyLength } from "../format/record.ts";

const INITIAL_SLOTS = 1024;

/**
 * Finds keys among the records of an arena: open addressing with linear probing, in one typed array of
 * pairs (hash, ordinal of the key's first record + 1), so that a miss is told by the hash alone and no object
 * is made per entry. At most half of the slots are in use.
 */
export class HashIndex {
  #slots = new Uint32Array(2 * INITIAL_SLOTS);
  #mask = INITIAL_SLOTS - 1;
  #size = 0;

  /** Distinct keys. */
  get size(): number {
    return this.#size;
  }

  /** Bytes of memory that the index takes. */
  get memoryBytes(): number {
    return this.#slots.byteLength;
  }

  /** Ordinal of the first record with this key, or -1. `offsets` says where in `arena` each ordinal lies. */
  find(
    arena: Uint8Array,
    offsets: Uint32Array,
    hash: number,
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
  ): number {
    const slots = this.#slots;
    for (let slot = hash & this.#mask;; slot = (slot + 1) & this.#mask) {
      const entry = slots[2 * slot + 1]!;
      if (entry === 0) return -1;
      if (slots[2 * slot] !== hash) continue;
      const record = offsets[entry - 1]!;
      const at = record + RECORD_HEADER_BYTES;
      const length = recordKeyLength(arena, record);
      if (equalSpans(arena, at, length, key, keyOffset, keyLength)) {
        return entry - 1;
      }
    }
  }

  /** Adds a key that is not in the index; `ordinal` is its first record. */
  insert(hash: number, ordinal: number): void {
    if (2 * (this.#size + 1) > this.#mask) this.#double();
    this.#place(hash, ordinal + 1);
    this.#size++;
  }

  #place(hash: number, entry: number): void {
    let slot = hash & this.#mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[2 * slot] = hash;
    this.#slots[2 * slot + 1] = entry;
  }

  #double(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    this.#mask = 2 * this.#mask + 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#place(old[i]!, old[i + 1]!);
    }
  }
}
