import { type KeySpans, sortByKey } from "./sort.ts";
import { SortedKeys } from "./sorted_keys.ts";

/**
 * Keeps the keys of a MemTable in order, but only for those who ask: nothing is sorted before the
 * first scan, and from then on new keys are put in place when the next scan asks. Items are the
 * ordinals of the keys' first records.
 */
export class OrderedView {
  readonly #spans: KeySpans;
  #keys = SortedKeys.none;
  #size = 0;

  /** @param spans Where the key of each item lies. */
  constructor(spans: KeySpans) {
    this.#spans = spans;
  }

  /** All of `items`, which may only have grown since the last call, in order of their keys. */
  keys(items: Uint32Array): SortedKeys {
    const added = items.length - this.#size;
    // An insertion costs about as much as sorting twenty items: see bench/memtable_bench.ts.
    if (added > items.length / 20) {
      const sorted = items.slice();
      sortByKey(sorted, this.#spans);
      this.#keys = SortedKeys.of(sorted, this.#spans);
    } else if (added > 0) {
      const late = items.subarray(this.#size);
      this.#keys = this.#keys.with(late, this.#spans);
    }
    this.#size = items.length;
    return this.#keys;
  }
}
