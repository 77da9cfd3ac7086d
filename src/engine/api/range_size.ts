import type { RangeOptions } from "./ranges.ts";

/** What to count, and an abort signal. */
export interface CountOptions<K> extends RangeOptions<K> {
  /** Aborts the count. */
  readonly signal?: AbortSignal;
}

/** The approximate size of a range, from {@linkcode KvReader.approximateSize}. */
export interface RangeSize {
  /**
   * Bytes of files and MemTables that belong to the range, including its share of indexes and what
   * compaction has yet to remove.
   */
  readonly bytes: number;
  /**
   * Values stored in the range. An overwritten or deleted one counts until compaction removes it,
   * so this is usually at least the number of keys.
   */
  readonly entries: number;
}
