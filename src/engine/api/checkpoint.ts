/** Progress of a checkpoint. */
export interface CheckpointProgress {
  /** Bytes of segments copied or linked so far. */
  readonly bytesCopied: number;
  /** Bytes of all segments of the checkpoint. */
  readonly bytesTotal: number;
  /** Name of the file last worked on. */
  readonly file: string;
}

/**
 * How a checkpoint is made.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("a", "1");
 * const seen: number[] = [];
 * await db.checkpoint(new MemoryStorage(), {
 *   signal: AbortSignal.timeout(60_000),
 *   onProgress: ({ bytesCopied, bytesTotal }) => seen.push(bytesCopied / bytesTotal),
 * });
 * assertEquals(seen.at(-1), 1);
 * ```
 */
export interface CheckpointOptions {
  /** Aborts the checkpoint, leaving no store in the target. */
  readonly signal?: AbortSignal;
  /**
   * Called after every file, and repeatedly while a large one is copied. If it throws, the
   * checkpoint is aborted.
   */
  readonly onProgress?: (progress: CheckpointProgress) => void;
}
