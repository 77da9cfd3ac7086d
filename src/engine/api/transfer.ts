import type { AsyncScanOptions } from "./ranges.ts";
import type { WriteOptions } from "./batch.ts";

/** Progress of an import or export. */
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
  /** Aborts the import, even while it waits for its source. */
  readonly signal?: AbortSignal;
  /**
   * Called after every batch, or with `sorted` at regular intervals. If it throws, the import ends.
   */
  readonly onProgress?: (progress: TransferProgress) => void;
  /**
   * Maximum number of entries in a batch, which is written atomically. Default 1,000; a batch also
   * ends at 1 MiB.
   */
  readonly batchSize?: number;
  /**
   * Declares that the keys ascend, by the unsigned bytes of their encodings, without duplicates.
   * The entries are then built directly into segments, bypassing log and MemTable, which takes
   * about half the processor time of puts and leaves nothing to compact. All of them become visible
   * and durable at once, or none: a key out of order ends the import with `KV_INVALID_ARGUMENT` and
   * nothing stored.
   *
   * Requires that no key exists between first and last, including deleted keys of which the store
   * still keeps a trace; otherwise the entries are put in batches in the end, as if `sorted` were
   * `false`. Concurrent writes there are ordered before the import, or after it while it is being
   * installed.
   *
   * Default `false`.
   */
  readonly sorted?: boolean;
}

/** What was imported. */
export interface ImportResult extends TransferProgress {
  /** Segments built from sorted entries; 0 if the entries were put in batches. */
  readonly segments: number;
}

/** Which entries are exported, and how. */
export interface ExportOptions<K> extends AsyncScanOptions<K> {
  /** Called after every 1,000 entries and at the end. If it throws, the export ends. */
  readonly onProgress?: (progress: TransferProgress) => void;
}
