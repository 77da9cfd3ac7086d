import { arrayOf, BlockSlabs } from "./block_slabs.ts";
import { BufferPool } from "./buffer_pool.ts";
import {
  type BlockShelf,
  type CacheItem,
  type CacheLease,
  type PartShelf,
  type Shelf,
  USED,
} from "./cache_shelf.ts";

/** Memory for the objects around a part, estimated. */
export const PART_OVERHEAD_BYTES = 256;

/**
 * After so many evicted blocks that somebody still reads, those are taken for scans that were never
 * ended.
 */
const MOST_ORPHANS = 64;

/** What slabs may take beside what they were made for: slots of other sizes than are needed now. */
const SLACK_BYTES = 1 << 20;
const SLACK_SHARE = 0.25;

/**
 * The cache of blocks, hash pages and indexes that the segments of an engine share. It evicts by
 * SIEVE (Zhang and others, NSDI '24): parts stay in the order in which they came; a hand goes from
 * old to new, spares and unmarks what was used since it last came by, and evicts what was not. A
 * hit only sets a mark, so it costs next to nothing.
 */
export class BlockCache {
  readonly #budgetBytes: number;
  readonly #mostSlabBytes: number;
  #newest: CacheItem | undefined = undefined;
  #oldest: CacheItem | undefined = undefined;
  #hand: CacheItem | undefined = undefined;
  #bytes = 0;
  /** Lookups of blocks and hash pages that were answered from memory. Counted by the readers. */
  hits = 0;
  /** Lookups of blocks and hash pages that had to read from storage. Counted by the readers. */
  misses = 0;

  /** Where the blocks lie. */
  readonly slabs: BlockSlabs;
  /** Evicted parts whose memory somebody still reads. */
  readonly #orphans = new Set<CacheItem>();
  #holds = 0;
  /** Evicted parts whose memory serves for others once nobody holds it. */
  readonly #held: CacheItem[] = [];
  readonly #pool: BufferPool | undefined;

  /**
   * @param budgetBytes How much memory the cached parts may take together, in bytes.
   * @param reusesBuffers Whether the memory of evicted parts serves for new ones. Only for storage
   * that answers at once: a lookup that waits may still show a part that is evicted meanwhile.
   */
  constructor(budgetBytes: number, reusesBuffers = false) {
    this.#budgetBytes = budgetBytes;
    this.#mostSlabBytes = budgetBytes * (1 + SLACK_SHARE) + SLACK_BYTES;
    this.slabs = new BlockSlabs(reusesBuffers);
    this.#pool = reusesBuffers ? new BufferPool() : undefined;
  }

  /** A buffer of `bytes` bytes to read a part into. */
  takeBuffer(bytes: number): Uint8Array<ArrayBuffer> {
    return this.#pool?.take(bytes) ?? new Uint8Array(bytes);
  }

  /** Takes back what {@linkcode BlockCache.takeBuffer} gave out and nobody uses any more. */
  giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
    this.#pool?.give(buffer);
  }

  /**
   * Memory that the cached parts take, in bytes. Slabs may have a quarter more, and parts that were
   * evicted under a cursor stay until it leaves them.
   */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many bytes more may be kept before something has to make way. */
  get roomBytes(): number {
    return Math.max(0, this.#budgetBytes - this.#bytes);
  }

  /** Whether a block of `bytes` bytes can be kept without another making way. */
  hasRoomFor(bytes: number): boolean {
    return this.slabs.sizeOf(bytes) + PART_OVERHEAD_BYTES <= this.roomBytes;
  }

  /**
   * Puts a part of `bytes` bytes on its shelf, where there is none of this number, and evicts
   * others for it. What is larger than the whole budget is left alone. `buffer` is what
   * {@linkcode BlockCache.takeBuffer} gave for the part, if the cache may have it back when it
   * evicts the part.
   */
  admit<T>(
    shelf: PartShelf<T>,
    number: number,
    { part, bytes, buffer }: {
      readonly part: T;
      readonly bytes: number;
      readonly buffer?: Uint8Array<ArrayBuffer> | undefined;
    },
  ): void {
    if (!this.#makeRoom(bytes)) return;
    shelf.furnish();
    shelf.parts[number] = part;
    this.#enqueue({ shelf, number, bytes, buffer, place: 0 });
  }

  /**
   * The same for a block. Answers its bytes as they are kept, which may be a copy, or `undefined`
   * if they are not.
   */
  admitBlock(
    shelf: BlockShelf,
    number: number,
    payload: Uint8Array,
  ): Uint8Array | undefined {
    const bytes = this.slabs.sizeOf(payload.length);
    if (!this.#makeRoom(bytes)) return undefined;
    if (this.slabs.bytes > this.#mostSlabBytes) this.#thinOut();
    const place = this.slabs.keep(payload);
    if (place === 0) return undefined;
    shelf.furnish();
    shelf.places[2 * number] = place;
    shelf.places[2 * number + 1] = payload.length;
    this.#enqueue({ shelf, number, bytes, buffer: undefined, place });
    return this.slabs.view(place, payload.length);
  }

  /** Ends a lease of a part. */
  endLease(lease: CacheLease): void {
    const item = lease as CacheItem;
    if (--item.leases === 0 && this.#orphans.delete(item)) this.#reuse(item);
  }

  /**
   * Until {@linkcode BlockCache.letGo} no part takes the place of another: for whoever reads one
   * without a lease.
   */
  hold(): void {
    this.#holds++;
  }

  /** Ends one {@linkcode BlockCache.hold}. */
  letGo(): void {
    if (--this.#holds > 0 || this.#held.length === 0) return;
    for (const item of this.#held.splice(0)) this.#reuse(item);
  }

  /** Evicts everything that is on a shelf. */
  clear(shelf: Shelf): void {
    for (const item of shelf.items) if (item !== undefined) this.#remove(item);
  }

  /** Evicts until there is room for a part of `bytes` bytes; false if there never is. */
  #makeRoom(bytes: number): boolean {
    const chargeBytes = bytes + PART_OVERHEAD_BYTES;
    if (chargeBytes > this.#budgetBytes) return false;
    while (this.#bytes + chargeBytes > this.#budgetBytes) this.#evict();
    return true;
  }

  #enqueue(
    { shelf, number, bytes, buffer, place }:
      & Pick<CacheItem, "shelf" | "number" | "buffer" | "place">
      & { readonly bytes: number },
  ): void {
    const older = this.#newest;
    const item: CacheItem = {
      shelf,
      number,
      chargeBytes: bytes + PART_OVERHEAD_BYTES,
      buffer,
      place,
      leases: 0,
      newer: undefined,
      older,
    };
    if (older !== undefined) older.newer = item;
    this.#newest = item;
    this.#oldest ??= item;
    this.#bytes += item.chargeBytes;
    shelf.items[number] = item;
    shelf.bytes += item.chargeBytes;
    shelf.marks[number] = 0;
  }

  #evict(): void {
    let item = this.#hand ?? this.#oldest!;
    while ((item.shelf.marks[item.number]! & USED) !== 0) {
      item.shelf.marks[item.number]! &= ~USED;
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
    shelf.items[number] = undefined;
    shelf.bytes -= item.chargeBytes;
    shelf.vacate(number);
    if (item.leases === 0) return this.#reuse(item);
    this.#orphans.add(item);
    if (this.#orphans.size === MOST_ORPHANS) this.#freeOrphans();
  }

  /** Lets the memory of an evicted part that nobody reads serve for others. */
  #reuse(item: CacheItem): void {
    if (this.#holds > 0) {
      this.#held.push(item);
      return;
    }
    const { buffer, place } = item;
    if (buffer !== undefined) this.giveBuffer(buffer);
    if (place !== 0) this.slabs.drop(place);
  }

  /**
   * Leaves the slabs of orphans to those who read them, and goes on with copies. A scan that was
   * never ended would keep its slots for ever.
   */
  #freeOrphans(): void {
    const orphans = [...this.#orphans];
    this.#orphans.clear();
    for (const number of new Set(orphans.map(({ place }) => arrayOf(place)))) {
      this.slabs.renew(number);
    }
    for (const { place } of orphans) {
      this.slabs.drop(place);
    }
  }

  /**
   * Evicts what is left in the emptiest slab: a few blocks that are used often may keep slabs of
   * sizes that come no more.
   */
  #thinOut(): void {
    const number = this.slabs.emptiest();
    for (let item = this.#oldest; item !== undefined;) {
      const { newer, place } = item;
      if (place !== 0 && arrayOf(place) === number) this.#remove(item);
      item = newer;
    }
  }
}
