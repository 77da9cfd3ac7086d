import { compareItems, type KeySpans, sortByKey } from "./sort.ts";

/** The most items in one chunk: what an insertion copies. */
const CHUNK_MOST = 256;

/** Sorted items in chunks. Neither the list nor a chunk ever changes, so a cursor may keep it as long as it likes. */
export type Chunks = readonly Uint32Array[];

/**
 * Keeps the keys of a MemTable in order, but only for those who ask: nothing is sorted before the first scan or the flush,
 * and from then on new keys are put in place when the next scan asks. Items are the ordinals of the keys' first records.
 */
export class OrderedView {
  readonly #spans: KeySpans;
  #chunks: Chunks = [];
  #size = 0;

  /** @param spans Where the key of each item lies. */
  constructor(spans: KeySpans) {
    this.#spans = spans;
  }

  /** All of `items`, which may only have grown since the last call, in order of their keys. */
  chunks(items: Uint32Array): Chunks {
    const added = items.length - this.#size;
    // An insertion costs about as much as sorting twenty items: see bench/memtable_bench.ts.
    if (added > items.length / 20) {
      const sorted = items.slice();
      sortByKey(sorted, this.#spans);
      this.#chunks = split(sorted);
    } else if (added > 0) {
      const chunks = this.#chunks.slice();
      for (const item of items.subarray(this.#size)) this.#insert(chunks, item);
      this.#chunks = chunks;
    }
    this.#size = items.length;
    return this.#chunks;
  }

  #insert(chunks: Uint32Array[], item: number): void {
    const order = (other: number) => compareItems(this.#spans, other, item);
    const after = lowerBound(chunks.length, (i) => order(chunks[i]![0]!));
    const index = Math.max(0, after - 1);
    const old = chunks[index]!;
    const place = lowerBound(old.length, (i) => order(old[i]!));
    const grown = new Uint32Array(old.length + 1);
    grown.set(old.subarray(0, place), 0);
    grown[place] = item;
    grown.set(old.subarray(place), place + 1);
    if (grown.length <= CHUNK_MOST) chunks[index] = grown;
    else chunks.splice(index, 1, ...halves(grown));
  }
}

/** The first index below `length` for which `order` is not negative, else `length`. */
export function lowerBound(
  length: number,
  order: (index: number) => number,
): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(middle) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function split(sorted: Uint32Array): Uint32Array[] {
  const chunks: Uint32Array[] = [];
  for (let i = 0; i < sorted.length; i += CHUNK_MOST) {
    chunks.push(sorted.subarray(i, i + CHUNK_MOST));
  }
  return chunks;
}

function halves(chunk: Uint32Array): [Uint32Array, Uint32Array] {
  const middle = chunk.length >>> 1;
  return [chunk.slice(0, middle), chunk.slice(middle)];
}
