/** More unsynced bytes than this take long to write out on any device. */
const MAX_BLOCKING_BYTES = 1 << 20;
/** A sync of this many milliseconds on average holds nobody up. */
const MAX_BLOCKING_MS = 2;
/** Weight of the newest measurement in the moving average. */
const WEIGHT = 1 / 8;

/**
 * Decides for each fdatasync whether it may block the event loop.
 *
 * A detour through the thread pool costs 70 to 190 us, and one that blocks takes
 * 220 to 440 us on a fast disk: there, blocking is the faster way and too short
 * to be felt. On a slow disk, or with much to write out, a sync takes so long
 * that the event loop must go on meanwhile. So the pool is used until the
 * device has shown that it is fast, and again as soon as it no longer is.
 */
export class SyncPace {
  /** Moving average of the time that a sync takes; unknown at first. */
  #averageMs = Infinity;

  /** Whether a sync that has this many bytes to write out may block. */
  mayBlock(unsyncedBytes: number): boolean {
    return unsyncedBytes <= MAX_BLOCKING_BYTES &&
      this.#averageMs <= MAX_BLOCKING_MS;
  }

  /** Takes the time in of a sync that has ended. */
  note(durationMs: number): void {
    this.#averageMs = this.#averageMs === Infinity
      ? durationMs
      : this.#averageMs + WEIGHT * (durationMs - this.#averageMs);
  }
}
