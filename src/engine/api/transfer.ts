import type { AsyncScanOptions } from "./ranges.ts";
import type { WriteOptions } from "./writes.ts";

/** How much has been imported or exported. */
export interface TransferProgress {
  /** Entries. */
  readonly entries: number;
  /** Bytes of their keys and values, as encoded. */
  readonly bytes: number;
}

/** What {@linkcode KvEngine.importFrom} reads entries from. */
export type EntriesSource<K, V> =
  | ReadableStream<readonly [K, V]>
  | AsyncIterable<readonly [K, V]>
  | Iterable<readonly [K, V]>;

/** How entries are imported. */
export interface ImportOptions extends WriteOptions {
  /** Ends the import when it is aborted, also while it waits for its source. */
  readonly signal?: AbortSignal;
  /**
   * Called after every batch, or, with `sorted`, after every so many entries. If it throws, the
   * import ends.
   */
  readonly onProgress?: (progress: TransferProgress) => void;
  /**
   * The most entries in one batch, which is written as a whole or not at all. Default 1,000; a
   * batch also ends at 1 MiB.
   */
  readonly batchSize?: number;
  /**
   * Says that the keys ascend, by the unsigned bytes of their encodings, and none comes twice. The
   * entries are built into segments then, past log and MemTable, which takes about half the
   * processor time of puts and leaves nothing to be compacted, and all of them become visible at
   * once, durable, or none: a key that is out of order ends the import with `KV_INVALID_ARGUMENT`
   * and nothing of it in the store.
   *
   * That needs a range of keys of its own: if the store has anything between the first and the last
   * key of the import, deleted keys that it still keeps a trace of included, the entries are put in
   * batches in the end as if `sorted` were `false`. Writes into the range that are made during the
   * import come before it or after it: after it in the last moment, in which it is installed.
   *
   * Default `false`.
   */
  readonly sorted?: boolean;
}

/** What was imported. */
export interface ImportResult extends TransferProgress {
  /** Segments that were built of sorted entries; 0 where the entries were put in batches. */
  readonly segments: number;
}

/** Which entries are exported, and how. */
export interface ExportOptions<K> extends AsyncScanOptions<K> {
  /** Called after every thousand entries and at the end. If it throws, the export ends. */
  readonly onProgress?: (progress: TransferProgress) => void;
}
