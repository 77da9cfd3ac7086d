import type { RangeOptions } from "./ranges.ts";

/** What is counted, and how to give it up. */
export interface CountOptions<K> extends RangeOptions<K> {
  /** Gives up counting when it is aborted. */
  readonly signal?: AbortSignal;
}

/** About how much a range takes, as {@linkcode KvReader.approximateSize} tells. */
export interface RangeSize {
  /**
   * Bytes of files and MemTables that belong to the range, with its share of indexes, and with what
   * compaction is still to remove.
   */
  readonly bytes: number;
  /**
   * Values that are stored in the range. An overwritten or deleted one counts until compaction has
   * removed it, so this is mostly at or above the number of keys.
   */
  readonly entries: number;
}
