import { type IoFailure, KvError, KvIoError } from "../../errors.ts";

/**
 * An earlier write or sync failed: `KV_POISONED`. {@linkcode Error.cause} holds its error, mostly
 * a {@linkcode KvIoError}.
 *
 * Segments are written in the background, so on a full disk this may be the first error a caller
 * gets. To react to that, check `failure`, which both errors have.
 *
 * @example
 * ```ts
 * import { KvIoError, KvPoisonedError, open } from "@purekv/purekv";
 * import { FaultStorage } from "@purekv/purekv/testing";
 * import { assertEquals } from "@std/assert";
 *
 * function isFull(error: unknown): boolean {
 *   const isOfStorage = error instanceof KvIoError || error instanceof KvPoisonedError;
 *   return isOfStorage && error.failure === "full";
 * }
 *
 * const storage = new FaultStorage();
 * const db = await open(storage);
 * storage.capacity = 0; // as on a full disk
 * const first = await db.put("a", "1").catch((error) => error);
 * const second = await db.put("b", "2").catch((error) => error);
 * assertEquals([first.code, second.code], ["KV_IO", "KV_POISONED"]);
 * assertEquals([isFull(first), isFull(second)], [true, true]);
 * await db.close();
 * ```
 */
export class KvPoisonedError extends KvError {
  /** Why the earlier write failed, if the storage failed. */
  readonly failure: IoFailure | undefined;

  /**
   * Makes the error for a store that nothing is written to any more.
   *
   * @param cause Why the earlier write failed.
   */
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const failure = cause instanceof KvIoError ? cause.failure : undefined;
    const remedy = failure === "full" ? "free space, then " : "";
    super(
      "KV_POISONED",
      `Cannot write: an earlier write failed (${reason}); reads still work; to write again, ${remedy}close the store and reopen it`,
      { cause },
    );
    this.name = "KvPoisonedError";
    this.failure = failure;
  }
}
