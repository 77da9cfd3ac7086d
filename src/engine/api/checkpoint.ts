/** How far a checkpoint has come. */
export interface CheckpointProgress {
  /** Bytes of segments that are in the target, copied or linked. */
  readonly bytesCopied: number;
  /** Bytes of all segments that the checkpoint will have. */
  readonly bytesTotal: number;
  /** Name of the file that was worked on last. */
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
  /** Gives up, leaving no store in the target, when it is aborted. */
  readonly signal?: AbortSignal;
  /**
   * Called after every file, and several times within a large one that has to be copied. If it
   * throws, the checkpoint is given up.
   */
  readonly onProgress?: (progress: CheckpointProgress) => void;
}
