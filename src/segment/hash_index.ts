/**
 * The hash index: finds the entry of a key without a search, and says of nearly all absent keys
 * that they are absent. One slot for each key, in pages that are read, cached and dropped on their
 * own.
 *
 *     page: | slot 0 | slot 1 | ... |   5 bytes each, little-endian; 0 is an empty slot
 *     slot, from high to low bits: | fingerprint, at least 1 | rest of the fingerprint | block | offset in block |
 *                                  | 8 bits                  | what is left of 32 bits in all             |
 *
 * The offset is that of the newest version of the key in the payload of its block. The hash picks
 * page and first slot from different bits; a second mix of it gives the fingerprint. Inside a page
 * the table is an ordered hash table (Amble and Knuth, 1974) with linear probing: on the way from
 * the first slot of a key to its own there are only larger slots. So a lookup ends at the first
 * smaller fingerprint, not only at an empty slot, and an absent key costs as few probes as a
 * present one, about 4 at the load aimed at.
 *
 * @module
 */
import { readUint32, writeUint32 } from "../bytes/fixed.ts";
import { releaseMemory } from "../bytes/release.ts";
import { grownArray } from "./copy_span.ts";

/** Slots of a page in an index of several pages: 20 KiB. */
export const MAX_PAGE_SLOTS = 4096;

/** The most pages: page numbers are computed exactly up to here, and a segment has fewer keys. */
export const MAX_HASH_PAGES = 0x10_0000;

/** Bytes of a slot. */
export const SLOT_BYTES = 5;
const SLOT_LOW_RANGE = 0x1_0000_0000;
const TARGET_LOAD = 0.85;
/** A page that is fuller than this makes probing slow: the index is built again with more pages. */
const MAX_PAGE_LOAD = 0.94;
const MAX_ATTEMPTS = 3;
/**
 * With more bits for pointers there is no hash index. It leaves a bit, because shifts by 32 do
 * nothing.
 */
const MAX_POINTER_BITS = 31;

/** How hashes are mapped to slots and slots to entries. */
export interface HashGeometry {
  readonly pages: number;
  /** Slots of each page. */
  readonly slots: number;
  /** Low bits of a slot that are the offset in the block. */
  readonly offsetBits: number;
  /** Low bits of a slot that are block and offset. */
  readonly pointerBits: number;
  /**
   * Those bits, set. Made once: a power that is no constant is a call to the mathematical library,
   * which was 3 % of a get in V8.
   */
  readonly pointerMask: number;
}

/** The geometry for a segment of `blocks` blocks, or `undefined` if pointers take too many bits. */
export function hashGeometry(
  pages: number,
  slots: number,
  offsetBits: number,
  blocks: number,
): HashGeometry | undefined {
  const pointerBits = offsetBits + bitsFor(blocks - 1);
  return pointerBits > MAX_POINTER_BITS ? undefined : {
    pages,
    slots,
    offsetBits,
    pointerBits,
    pointerMask: 2 ** pointerBits - 1,
  };
}

/** Bits that hold the numbers 0 to `largest`. */
function bitsFor(largest: number): number {
  return 32 - Math.clz32(largest);
}

/** The page of a hash: its high bits, mapped without division. */
export function pageOf(hash: number, pages: number): number {
  return Math.floor(hash * pages / 0x1_0000_0000);
}

/** The first slot of a hash inside its page, from its low bits. */
export function firstSlotOf(hash: number, slots: number): number {
  return ((hash & 0xffff) * slots) >>> 16;
}

/**
 * The fingerprint of a hash, 40 bits in two parts that a slot begins with: the high eight, at least
 * 1 ...
 */
export function fingerprintOf(hash: number): number {
  return (remix(hash) >>> 24) || 1;
}

/**
 * ... and the others, of which a slot holds as many of the high bits as its pointer leaves room
 * for.
 */
export function fingerprintRestOf(hash: number): number {
  return remix(hash) << 8;
}

function remix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x9e3779b1);
  return mixed ^ (mixed >>> 13);
}

/** Payload bytes of a page with this many slots. */
export function pageBytes(slots: number): number {
  return slots * SLOT_BYTES;
}

/** The pointer in a slot: block and offset. */
export function pointerAt(
  page: Uint8Array,
  slot: number,
  { pointerMask }: HashGeometry,
): number {
  return slotLow(page, slot) & pointerMask;
}

/** The low 32 bits of a slot. */
export function slotLow(page: Uint8Array, slot: number): number {
  return readUint32(page, slot * SLOT_BYTES);
}

/**
 * The number of the next slot, from `from` on, that may be that of a hash with this fingerprint; -1
 * if there is none. Where a page was made up and has no end, -1 after as many slots as it has.
 */
export function probe(
  page: Uint8Array,
  from: number,
  hash: number,
  { slots, pointerBits }: HashGeometry,
): number {
  const fingerprint = fingerprintOf(hash);
  let at = from;
  for (let left = slots; left > 0; left--) {
    const found = page[at * SLOT_BYTES + 4]!;
    if (found < fingerprint) return -1;
    if (found === fingerprint) {
      const differences = slotLow(page, at) ^ fingerprintRestOf(hash);
      if (differences >>> pointerBits === 0) return at;
    }
    if (++at === slots) at = 0;
  }
  return -1;
}

/** Writes page number `page` of a table. */
export function encodePage(
  table: Float64Array,
  page: number,
  slots: number,
): Uint8Array {
  const payload = new Uint8Array(pageBytes(slots));
  for (let i = 0; i < slots; i++) {
    const slot = table[page * slots + i]!;
    // A division of floats takes a third of the time that its remainder does.
    const high = Math.floor(slot / SLOT_LOW_RANGE);
    writeUint32(payload, i * SLOT_BYTES, slot - high * SLOT_LOW_RANGE);
    payload[i * SLOT_BYTES + 4] = high;
  }
  return payload;
}

/** A built hash index. */
export interface HashIndex {
  readonly geometry: HashGeometry;
  /** The slots of all pages, page after page. */
  readonly table: Float64Array<ArrayBuffer>;
}

/** Gathers the keys of a segment, block by block, and builds their hash index. */
export class HashIndexBuilder {
  #hashes: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  #offsets: Uint32Array<ArrayBuffer> = new Uint32Array(1024);
  #count = 0;
  /** Number of the first key of each block, and at last the number of keys. */
  #blockStarts: Uint32Array<ArrayBuffer> = new Uint32Array(64);
  #blocks = 0;
  #largestOffset = 0;

  /** Adds the hash of the next key. */
  addKey(hash: number): void {
    const i = this.#count++;
    this.#hashes = grownArray(this.#hashes, i);
    this.#hashes[i] = hash;
  }

  /** Adds the hashes of the next keys. */
  addKeys(hashes: Uint32Array): void {
    while (this.#hashes.length < this.#count + hashes.length) {
      this.#hashes = grownArray(this.#hashes, this.#hashes.length);
    }
    this.#hashes.set(hashes, this.#count);
    this.#count += hashes.length;
  }

  /** Says that the keys added since the last call form a block, and where their entries begin. */
  closeBlock(offsets: Uint32Array): void {
    const start = this.#count - offsets.length;
    while (this.#offsets.length < this.#count) {
      this.#offsets = grownArray(this.#offsets, this.#offsets.length);
    }
    this.#offsets.set(offsets, start);
    this.#largestOffset = Math.max(this.#largestOffset, offsets.at(-1)!);
    this.#blocks++;
    this.#blockStarts = grownArray(this.#blockStarts, this.#blocks);
    this.#blockStarts[this.#blocks] = this.#count;
  }

  /** Gives back at once what was gathered; the builder is of no more use. */
  release(): void {
    for (const array of [this.#hashes, this.#offsets, this.#blockStarts]) {
      releaseMemory(array);
    }
  }

  /** Bits that hold the offset of any entry in its block. */
  get offsetBits(): number {
    return bitsFor(this.#largestOffset);
  }

  /**
   * Builds the index. Answers `undefined` if a page overflows however many pages there are, as with
   * keys that were made to have the same hash, or if a pointer does not fit into a slot.
   */
  build(): HashIndex | undefined {
    const fewest = Math.ceil(this.#count / (MAX_PAGE_SLOTS * TARGET_LOAD));
    const slots = Math.min(
      MAX_PAGE_SLOTS,
      Math.ceil(this.#count / fewest / TARGET_LOAD) + 1,
    );
    let pages = fewest;
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const geometry = hashGeometry(
        pages,
        slots,
        this.offsetBits,
        this.#blocks,
      );
      if (geometry === undefined || pages > MAX_HASH_PAGES) return undefined;
      const table = this.#fill(geometry);
      if (table !== undefined) return { geometry, table };
      pages = Math.ceil(pages * 1.25) + 1;
    }
    return undefined;
  }

  #fill(geometry: HashGeometry): Float64Array<ArrayBuffer> | undefined {
    const { pages, slots, offsetBits, pointerBits } = geometry;
    const table = new Float64Array(pages * slots);
    const loads = new Uint16Array(pages);
    const mostKeys = Math.floor(slots * MAX_PAGE_LOAD);
    const pointerRange = 2 ** pointerBits;
    const offsetRange = 2 ** offsetBits;
    for (let block = 0; block < this.#blocks; block++) {
      const end = this.#blockStarts[block + 1]!;
      for (let i = this.#blockStarts[block]!; i < end; i++) {
        const hash = this.#hashes[i]!;
        const page = pageOf(hash, pages);
        if (++loads[page]! > mostKeys) return undefined;
        const rest = (fingerprintRestOf(hash) >>> pointerBits) * pointerRange;
        const slot = fingerprintOf(hash) * SLOT_LOW_RANGE + rest +
          block * offsetRange + this.#offsets[i]!;
        insert(table, page * slots, geometry, hash, slot);
      }
    }
    return table;
  }
}

/**
 * Puts `slot` into the page at `base`, before the first smaller one, which moves on. The page has
 * an empty slot.
 */
function insert(
  table: Float64Array,
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
