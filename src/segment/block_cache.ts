import { BufferPool } from "./buffer_pool.ts";

/**
 * Where an owner keeps the parts of one sort that it has in memory, under their numbers. It looks them up here without asking
 * the cache, marks what it used, and the cache takes out what it evicts. The marks lie apart from the
 * parts, so a lookup touches no more memory than it must.
 */
export class CacheShelf<T> {
  /** The parts that are in memory. There may be no room yet for the parts of higher numbers. */
  readonly parts: (T | undefined)[] = unfurnished();
  /** For each part, whether it was used since the hand of the cache came by. */
  readonly marks: Uint8Array;
  /** The cache's own notes about each part that is there. */
  readonly items: (CacheItem | undefined)[] = unfurnished();

  /** @param length How many parts there are. */
  constructor(length: number) {
    this.marks = new Uint8Array(length);
  }

  /**
   * Makes room for all parts. Most segments of a load are merged before anybody reads from them: their arrays took 64 KB each, and
   * were the larger part of what outlived young garbage.
   */
  furnish(): void {
    const { length } = this.marks;
    if (this.parts.length >= length) return;
    this.parts.length = length;
    this.items.length = length;
    this.parts.fill(undefined);
    this.items.fill(undefined);
  }

  /** Begins a lease of a part, if it is there. */
  lease(number: number): CacheLease | undefined {
    const item = this.items[number];
    if (item !== undefined) item.leases++;
    return item;
  }
}

/** An array of the kind that a furnished one is of, so that whoever looks into many shelves sees one kind only. */
function unfurnished(): undefined[] {
  return new Array(1).fill(undefined);
}

/** While it lasts, the buffer of a part serves for no other, even when the part is evicted. One that never ends costs no more than that. */
export interface CacheLease {
  /** How many there are of the part. To end one, count it off. */
  leases: number;
}

/** A link in the queue of a cache. */
interface CacheItem extends CacheLease {
  readonly shelf: CacheShelf<unknown>;
  readonly number: number;
  readonly chargeBytes: number;
  /** The buffer of the part if nobody but the cache has it. */
  readonly buffer: Uint8Array<ArrayBuffer> | undefined;
  newer: CacheItem | undefined;
  older: CacheItem | undefined;
}

/** Memory for the objects around a part, estimated. */
const PART_OVERHEAD_BYTES = 256;

/**
 * The cache of blocks, hash pages and indexes that the segments of an engine share. It evicts by SIEVE (Zhang and others,
 * NSDI '24): parts stay in the order in which they came; a hand goes from old to new, spares and unmarks what was
 * used since it last came by, and evicts what was not. A hit only sets a mark, so it costs next to nothing.
 */
export class BlockCache {
  readonly #budgetBytes: number;
  #newest: CacheItem | undefined = undefined;
  #oldest: CacheItem | undefined = undefined;
  #hand: CacheItem | undefined = undefined;
  #bytes = 0;
  /** Lookups of blocks and hash pages that were answered from memory. Counted by the readers. */
  hits = 0;
  /** Lookups of blocks and hash pages that had to read from storage. Counted by the readers. */
  misses = 0;

  readonly #pool: BufferPool | undefined;

  /**
   * @param budgetBytes How much memory the cached parts may take together, in bytes.
   * @param reusesBuffers Whether buffers of evicted parts serve for new ones. Only for storage that answers at once: a
   * lookup that waits may still show a part that is evicted meanwhile.
   */
  constructor(budgetBytes: number, reusesBuffers = false) {
    this.#budgetBytes = budgetBytes;
    this.#pool = reusesBuffers ? new BufferPool() : undefined;
  }

  /** A buffer of `bytes` bytes to read a part into. */
  takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
    return this.#pool?.take(bytes) ?? new Uint8Array(bytes);
  }

  /** Memory that the cached parts take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Puts a part of `bytes` bytes on its shelf, where there is none of this number, and evicts others for it.
   * What is larger than the whole budget is left alone. `buffer` is what {@linkcode BlockCache.takeBuffer} gave for the part, if the
   * cache may have it back when it evicts the part.
   */
  admit<T>(
    shelf: CacheShelf<T>,
    number: number,
    { part, bytes, buffer }: {
      readonly part: T;
      readonly bytes: number;
      readonly buffer?: Uint8Array<ArrayBuffer> | undefined;
    },
  ): void {
    const chargeBytes = bytes + PART_OVERHEAD_BYTES;
    if (chargeBytes > this.#budgetBytes) return;
    while (this.#bytes + chargeBytes > this.#budgetBytes) this.#evict();
    shelf.furnish();
    const older = this.#newest;
    const item: CacheItem = {
      shelf,
      number,
      chargeBytes,
      buffer,
      leases: 0,
      newer: undefined,
      older,
    };
    if (older !== undefined) older.newer = item;
    this.#newest = item;
    this.#oldest ??= item;
    this.#bytes += chargeBytes;
    shelf.parts[number] = part;
    shelf.items[number] = item;
    shelf.marks[number] = 0;
  }

  /** Evicts everything that is on a shelf. */
  clear(shelf: CacheShelf<unknown>): void {
    for (const item of shelf.items) if (item !== undefined) this.#remove(item);
  }

  #evict(): void {
    let item = this.#hand ?? this.#oldest!;
    while (item.shelf.marks[item.number] !== 0) {
      item.shelf.marks[item.number] = 0;
      item = item.newer ?? this.#oldest!;
    }
    this.#hand = item;
    this.#remove(item);
  }

  #remove(item: CacheItem): void {
    const { shelf, number, newer, older } = item;
    if (this.#hand === item) this.#hand = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    this.#bytes -= item.chargeBytes;
    shelf.parts[number] = undefined;
    shelf.items[number] = undefined;
    if (item.buffer !== undefined && item.leases === 0) {
      this.#pool?.give(item.buffer);
    }
  }
}
