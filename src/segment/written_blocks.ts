import { releaseMemory } from "../bytes/release.ts";
import type { BlockCache } from "./block_cache.ts";
import type { BlockPiece } from "./block_pieces.ts";
import { BlockShelf } from "./cache_shelf.ts";

/**
 * Puts blocks that were just written into the cache, as long as it has room, for segments that are
 * not open yet. Whoever reads them first would otherwise read and check each of them, which takes
 * ten times as long as a look-up. RocksDB's `prepopulate_block_cache`, but nothing makes way.
 */
export class WrittenBlocks {
  readonly #cache: BlockCache;
  /** By the numbers of their segments. */
  readonly #shelves = new Map<number, BlockShelf>();

  constructor(cache: BlockCache) {
    this.#cache = cache;
  }

  /** How many bytes of the cache blocks can have. */
  get roomBytes(): number {
    return this.#cache.roomBytes;
  }

  /** Takes over a piece: what there is no room for is left out. */
  keep({ segment, first, buffer, lengths, asciiParts }: BlockPiece): void {
    const shelf = this.#shelves.get(segment) ?? new BlockShelf(0);
    this.#shelves.set(segment, shelf);
    shelf.extendTo(first + lengths.length);
    let start = 0;
    lengths.forEach((bytes, i) => {
      if (this.#cache.hasRoomFor(bytes)) {
        const view = new Uint8Array(buffer, start, bytes);
        const isCopied = this.#cache.slabs.hasSlotFor(bytes);
        const payload = isCopied ? view : view.slice();
        this.#cache.admitBlock(shelf, first + i, payload);
        shelf.noteAscii(first + i, asciiParts[i]!);
      }
      start += bytes;
    });
    releaseMemory(new Uint8Array(buffer));
  }

  /** The blocks of a segment, for its reader. */
  of(segment: number): BlockShelf | undefined {
    return this.#shelves.get(segment);
  }

  /** Leaves the blocks of a segment to its reader. */
  handOver(segment: number): void {
    this.#shelves.delete(segment);
  }

  /** Forgets the blocks of a segment that has no reader. */
  discard(segment: number): void {
    const shelf = this.#shelves.get(segment);
    if (shelf !== undefined) this.#cache.clear(shelf);
    this.#shelves.delete(segment);
  }
}
