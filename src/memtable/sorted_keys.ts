import type { KeySpans } from "./sort.ts";
import { SortedChunk } from "./sorted_chunk.ts";

/** The most items in one chunk: what an insertion copies. */
const CHUNK_MOST = 256;

/**
 * Sorted items in chunks. Neither the list nor a chunk ever changes, so a cursor may keep it as
 * long as it likes.
 */
export class SortedKeys {
  static readonly none: SortedKeys = new SortedKeys([], undefined);

  readonly chunks: readonly SortedChunk[];
  /**
   * The first item of each chunk; any item of the first one, which may begin with smaller ones
   * meanwhile.
   */
  readonly #heads: SortedChunk | undefined;

  private constructor(
    chunks: readonly SortedChunk[],
    heads: SortedChunk | undefined,
  ) {
    this.chunks = chunks;
    this.#heads = heads;
  }

  /** @param sorted At least one item, in the order of the keys. */
  static of(sorted: Uint32Array, spans: KeySpans): SortedKeys {
    const chunks: SortedChunk[] = [];
    for (let i = 0; i < sorted.length; i += CHUNK_MOST) {
      chunks.push(new SortedChunk(sorted.subarray(i, i + CHUNK_MOST), spans));
    }
    return new SortedKeys(chunks, headsOf(chunks, spans));
  }

  /** The same and more items, whose keys are not here yet. There has to be a chunk. */
  with(items: Uint32Array, spans: KeySpans): SortedKeys {
    const chunks = this.chunks.slice();
    let keys = new SortedKeys(chunks, this.#heads);
    for (const item of items) {
      const start = spans.offset(item);
      const key = spans.buffer.subarray(start, start + spans.length(item));
      const index = keys.chunkFor(key);
      const grown = chunks[index]!.with(item, key);
      if (grown.size <= CHUNK_MOST) {
        chunks[index] = grown;
        continue;
      }
      chunks.splice(index, 1, ...grown.halves());
      keys = new SortedKeys(chunks, headsOf(chunks, spans));
    }
    return keys;
  }

  /**
   * Index of the chunk that has the first key not before `key`, or that ends just before it; 0 if
   * there is none.
   */
  chunkFor(key: Uint8Array): number {
    const behind = this.#heads?.lowerBound(key) ?? 0;
    return Math.max(0, behind - 1);
  }
}

function headsOf(
  chunks: readonly SortedChunk[],
  spans: KeySpans,
): SortedChunk {
  const heads = new Uint32Array(chunks.length);
  for (let i = 0; i < heads.length; i++) heads[i] = chunks[i]!.items[0]!;
  return new SortedChunk(heads, spans);
}
