import { CodedKeys } from "../bytes/coded_keys.ts";
import type { KeySpans } from "./sort.ts";

/** Some items in the order of their keys. It never changes. */
export class SortedChunk {
  readonly items: Uint32Array;
  readonly #spans: KeySpans;
  readonly #keys: CodedKeys;

  /** @param items At least one; they belong to the chunk from now on. */
  constructor(items: Uint32Array, spans: KeySpans) {
    this.items = items;
    this.#spans = spans;
    this.#keys = new CodedKeys({
      buffer: spans.buffer,
      size: items.length,
      offset: (index) => spans.offset(items[index]!),
      length: (index) => spans.length(items[index]!),
    });
  }

  get size(): number {
    return this.items.length;
  }

  /** Index of the first key that is not before `key`; the number of keys if all are. */
  lowerBound(key: Uint8Array): number {
    return this.#keys.lowerBound(key, 0, key.length);
  }

  /** A chunk with one more item, whose key is not here yet. */
  with(item: number, key: Uint8Array): SortedChunk {
    const { items } = this;
    const place = this.lowerBound(key);
    const grown = new Uint32Array(items.length + 1);
    grown.set(items.subarray(0, place), 0);
    grown[place] = item;
    grown.set(items.subarray(place), place + 1);
    const chunk = new SortedChunk(grown, this.#spans);
    chunk.#keys.inherit(this.#keys, place);
    return chunk;
  }

  /** Both halves of a chunk of at least two. */
  halves(): [SortedChunk, SortedChunk] {
    const middle = this.size >>> 1;
    return [
      new SortedChunk(this.items.slice(0, middle), this.#spans),
      new SortedChunk(this.items.slice(middle), this.#spans),
    ];
  }
}
