import type { AsciiParts } from "../format/entry.ts";

/** In the mark of a part: it was used since the hand of the cache came by. */
export const USED = 1;

/**
 * Where an owner has the parts of one sort that are in memory, under their numbers. It looks them
 * up there without asking the cache.
 */
export abstract class Shelf {
  /**
   * For each part, {@linkcode USED} or not; the other bits are the owner's. They lie apart from the
   * parts, so a lookup touches no more memory than it must. Those of blocks are others once there
   * are more of them.
   */
  marks: Uint8Array;
  /** The cache's own notes about each part that is there. */
  readonly items: (CacheItem | undefined)[] = unfurnished();
  /** Memory that the parts take, as the cache counts it, in bytes. */
  bytes = 0;
  #isFurnished = false;

  /** @param length How many parts there are. */
  constructor(length: number) {
    this.marks = new Uint8Array(length);
  }

  /**
   * Makes room for all parts. Most segments of a load are merged before anybody reads from them:
   * their arrays took 64 KB each, and were the larger part of what outlived young garbage.
   */
  furnish(): void {
    if (this.#isFurnished) return;
    this.#isFurnished = true;
    this.#makeRoom();
  }

  /** Makes room for more parts than there are. */
  protected extend(length: number): void {
    const { marks } = this;
    this.marks = new Uint8Array(length);
    this.marks.set(marks);
    if (this.#isFurnished) this.#makeRoom();
  }

  #makeRoom(): void {
    const { length } = this.marks;
    const first = this.items.length;
    this.items.length = length;
    if (first < length) this.items.fill(undefined, first);
    this.makeRoom(length);
  }

  /** Begins a lease of a part, if it is there: {@linkcode BlockCache.endLease} ends it. */
  lease(number: number): CacheLease | undefined {
    const item = this.items[number];
    if (item !== undefined) item.leases++;
    return item;
  }

  /** Takes out a part that the cache evicts. */
  abstract vacate(number: number): void;

  protected abstract makeRoom(length: number): void;
}

/** Parts that are objects. */
export class PartShelf<T> extends Shelf {
  /** There may be no room yet for the parts of higher numbers. */
  readonly parts: (T | undefined)[] = unfurnished();

  vacate(number: number): void {
    this.parts[number] = undefined;
  }

  protected makeRoom(length: number): void {
    this.parts.length = length;
    this.parts.fill(undefined);
  }
}

/**
 * Blocks, which lie in the slabs of the cache. Their marks say as well what of their entries is
 * ASCII.
 */
export class BlockShelf extends Shelf {
  /**
   * For each block, its place in the slabs, 0 if it is not there, and how many bytes it has.
   * Signed: JavaScriptCore takes what comes from a `Uint32Array` for doubles, and goes on so.
   */
  places: Int32Array = new Int32Array(0);

  /** Says what of the entries of a block that was put here is ASCII. */
  noteAscii(number: number, parts: AsciiParts): void {
    this.marks[number]! |= parts << 1;
  }

  /** Makes room for blocks up to, not including, number `length`, before all are known. */
  extendTo(length: number): void {
    if (length > this.marks.length) this.extend(length);
  }

  vacate(number: number): void {
    this.places[2 * number] = 0;
  }

  protected makeRoom(length: number): void {
    const { places } = this;
    this.places = new Int32Array(2 * length);
    this.places.set(places);
  }
}

/**
 * An array of the kind that a furnished one is of, so that whoever looks into many shelves sees one
 * kind only.
 */
function unfurnished(): undefined[] {
  return new Array(1).fill(undefined);
}

/** What the mark of a block says of its entries. */
export function asciiPartsIn(mark: number): AsciiParts {
  return (mark >>> 1) as AsciiParts;
}

/** While it lasts, the memory of a part serves for no other, even when the part is evicted. */
export interface CacheLease {
  /** How many there are of the part. */
  leases: number;
}

/** A link in the queue of a cache. */
export interface CacheItem extends CacheLease {
  readonly shelf: Shelf;
  readonly number: number;
  readonly chargeBytes: number;
  /** The buffer of the part if nobody but the cache has it. */
  readonly buffer: Uint8Array<ArrayBuffer> | undefined;
  /** The place of a block; otherwise 0. */
  readonly place: number;
  newer: CacheItem | undefined;
  older: CacheItem | undefined;
}
