/**
 * The hash index: finds the block and the entry of a key without a search, and says of most absent keys that they are
 * absent. One slot for each key, in pages that are read, cached and dropped on their own.
 *
 *     page: | slot 0 | slot 1 | ... |   u32 each; 0 is an empty slot
 *     slot, from high to low bits: | fingerprint, at least 1 | block | key in block |
 *
 * The hash picks page and first slot from different bits; a second mix of it gives the fingerprint. Inside a
 * page the table is an ordered hash table (Amble and Knuth, 1974) with linear probing: on the way from the first slot
 * of a key to its own there are only larger slots. So a lookup ends at the first smaller fingerprint, not only at an
 * empty slot, and an absent key costs as few probes as a present one, about 3 at the load aimed at.
 *
 * @module
 */
import { readUint32, writeUint32 } from "../bytes/fixed.ts";

/** Slots of a page in an index of several pages: 16 KiB. */
export const MAX_PAGE_SLOTS = 4096;

/** The most pages: page numbers are computed exactly up to here, and a segment has fewer keys. */
export const MAX_HASH_PAGES = 0x10_0000;

const SLOT_BYTES = 4;
const TARGET_LOAD = 0.85;
/** A page that is fuller than this makes probing slow: the index is built again with more pages. */
const MAX_PAGE_LOAD = 0.94;
const MAX_ATTEMPTS = 3;
/** With fewer bits an absent key would too often look like a present one. */
const MIN_FINGERPRINT_BITS = 6;
/** More bits would gain nothing, and this keeps fingerprints small integers. */
const MAX_FINGERPRINT_BITS = 24;

/** How hashes are mapped to slots and slots to entries. */
export interface HashGeometry {
  readonly pages: number;
  /** Slots of each page. */
  readonly slots: number;
  /** Low bits of a slot that name the key in its block. */
  readonly entryBits: number;
  /** Low bits of a slot that name block and key. */
  readonly pointerBits: number;
  readonly fingerprintBits: number;
}

/** Bits that hold the numbers 0 to `count` - 1. */
export function bitsFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

/** The geometry for a segment of `blocks` blocks, or `undefined` if pointers leave too few bits for fingerprints. */
export function hashGeometry(
  pages: number,
  slots: number,
  entryBits: number,
  blocks: number,
): HashGeometry | undefined {
  const pointerBits = entryBits + bitsFor(blocks);
  const fingerprintBits = Math.min(32 - pointerBits, MAX_FINGERPRINT_BITS);
  if (fingerprintBits < MIN_FINGERPRINT_BITS) return undefined;
  return { pages, slots, entryBits, pointerBits, fingerprintBits };
}

/** The page of a hash: its high bits, mapped without division. */
export function pageOf(hash: number, pages: number): number {
  return Math.floor(hash * pages / 0x1_0000_0000);
}

/** The first slot of a hash inside its page, from its low bits. */
export function firstSlotOf(hash: number, slots: number): number {
  return ((hash & 0xffff) * slots) >>> 16;
}

/** The fingerprint of a hash: 1 to 2^bits - 1. */
export function fingerprintOf(hash: number, bits: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
  const fingerprint = (mixed ^ (mixed >>> 13)) >>> (32 - bits);
  return fingerprint === 0 ? 1 : fingerprint;
}

/**
 * The number of the next slot, from `from` on, that has this fingerprint; -1 if there is none. Where a page was made up and
 * has no end, -1 after as many slots as it has.
 */
export function probe(
  slots: Uint32Array,
  from: number,
  fingerprint: number,
  pointerBits: number,
): number {
  let at = from;
  for (let left = slots.length; left > 0; left--) {
    const found = slots[at]! >>> pointerBits;
    if (found <= fingerprint) return found === fingerprint ? at : -1;
    if (++at === slots.length) at = 0;
  }
  return -1;
}

/** Reads the slots of a page. */
export function decodePage(payload: Uint8Array): Uint32Array {
  const slots = new Uint32Array(payload.length / SLOT_BYTES);
  for (let i = 0; i < slots.length; i++) {
    slots[i] = readUint32(payload, i * SLOT_BYTES);
  }
  return slots;
}

/** Writes the slots of a page. */
export function encodePage(slots: Uint32Array): Uint8Array {
  const payload = new Uint8Array(slots.length * SLOT_BYTES);
  for (let i = 0; i < slots.length; i++) {
    writeUint32(payload, i * SLOT_BYTES, slots[i]!);
  }
  return payload;
}

/** Payload bytes of a page with this many slots. */
export function pageBytes(slots: number): number {
  return slots * SLOT_BYTES;
}

/** A built hash index. */
export interface HashIndex {
  readonly geometry: HashGeometry;
  /** The slots of all pages, page after page. */
  readonly table: Uint32Array;
}

/** Gathers the keys of a segment and builds their hash index. */
export class HashIndexBuilder {
  #hashes = new Uint32Array(1024);
  #blocks = new Uint32Array(1024);
  #entries = new Uint16Array(1024);
  #count = 0;
  #largestEntry = 0;

  /** Adds a key: its hash, its block and its number in the block. */
  add(hash: number, block: number, entry: number): void {
    const i = this.#count++;
    if (i === this.#hashes.length) this.#grow();
    this.#hashes[i] = hash;
    this.#blocks[i] = block;
    this.#entries[i] = entry;
    if (entry > this.#largestEntry) this.#largestEntry = entry;
  }

  /** Bits that name a key in its block. */
  get entryBits(): number {
    return bitsFor(this.#largestEntry + 1);
  }

  /**
   * Builds the index of a segment with `blocks` blocks. Answers `undefined` if a page overflows however many pages there
   * are, as with keys that were made to have the same hash, or if a pointer leaves no room for a fingerprint.
   */
  build(blocks: number): HashIndex | undefined {
    const full = Math.ceil(this.#count / (MAX_PAGE_SLOTS * TARGET_LOAD));
    let pages = full;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const slots = Math.min(
        MAX_PAGE_SLOTS,
        Math.ceil(this.#count / full / TARGET_LOAD) + 1,
      );
      const geometry = hashGeometry(pages, slots, this.entryBits, blocks);
      if (geometry === undefined || pages > MAX_HASH_PAGES) return undefined;
      const table = this.#fill(geometry);
      if (table !== undefined) return { geometry, table };
      pages = Math.ceil(pages * 1.25) + 1;
    }
    return undefined;
  }

  #fill(geometry: HashGeometry): Uint32Array | undefined {
    const { pages, slots, entryBits, pointerBits, fingerprintBits } = geometry;
    const table = new Uint32Array(pages * slots);
    const loads = new Uint16Array(pages);
    const mostKeys = Math.floor(slots * MAX_PAGE_LOAD);
    for (let i = 0; i < this.#count; i++) {
      const hash = this.#hashes[i]!;
      const page = pageOf(hash, pages);
      if (++loads[page]! > mostKeys) return undefined;
      const slot = fingerprintOf(hash, fingerprintBits) << pointerBits |
        this.#blocks[i]! << entryBits | this.#entries[i]!;
      insert(table, page * slots, geometry, hash, slot >>> 0);
    }
    return table;
  }

  #grow(): void {
    const capacity = this.#count * 2;
    const hashes = new Uint32Array(capacity);
    const blocks = new Uint32Array(capacity);
    const entries = new Uint16Array(capacity);
    hashes.set(this.#hashes);
    blocks.set(this.#blocks);
    entries.set(this.#entries);
    this.#hashes = hashes;
    this.#blocks = blocks;
    this.#entries = entries;
  }
}

/** Puts `slot` into the page at `base`, before the first smaller one, which moves on. The page has an empty slot. */
function insert(
  table: Uint32Array,
  base: number,
  { slots }: HashGeometry,
  hash: number,
  slot: number,
): void {
  const end = base + slots;
  let moving = slot;
  let at = base + firstSlotOf(hash, slots);
  for (;;) {
    const other = table[at]!;
    if (other < moving) {
      table[at] = moving;
      if (other === 0) return;
      moving = other;
    }
    if (++at === end) at = base;
  }
}
