import { type Awaitable, chain, isPending } from "../../storage/awaitable.ts";
import { defer, type Deferred } from "../runtime/deferred.ts";
import { giveWay, inLaterTurn } from "../runtime/event_loop.ts";

/** How long commits may follow one another without a turn of the event loop, in milliseconds. */
const LONGEST_RUN_MS = 8;

/**
 * After longer than this without a turn, in milliseconds, there were no commits either, and others
 * have had their turn.
 */
const LONGEST_PAUSE_MS = 100;

/** What the queue does its work on. */
export interface CommitTarget {
  /** Appends all records that are not yet in a log. */
  append(): void | Promise<void>;
  /** Makes durable all that has been appended. */
  sync(): void | Promise<void>;
  /**
   * Milliseconds that what was appended last has to wait for its acknowledgement because background
   * work is behind; `Infinity` until it has caught up.
   */
  delayMs(): number;
  /**
   * Called when an append or a sync has failed, and again for each that is refused after that;
   * nothing may be acknowledged any more.
   */
  fail(error: unknown): void;
}

/**
 * Group commit. A write is in the MemTable when it joins; all that join before the next commit
 * share one append to the log and, if one of them asked for it, one sync, and all of them wait for
 * the same promise.
 *
 * 1. Unsynced writes are committed in a microtask: all writes of the running task share the append.
 *    When commits have followed one another for long, everybody else gets a turn first.
 * 2. Synced writes are committed in the next turn of the event loop: writers in other tasks that
 *    are ready, for example requests of a server, share the sync. Measured: a turn costs 1-3 us, a
 *    sync 200-400 us.
 * 3. While a commit waits for the storage, new writes gather for the next one.
 * 4. While background work is behind, finished writes are acknowledged later, or only once it has
 *    caught up: writers that wait for their writes slow down, and memory stays bounded.
 */
export class CommitQueue {
  readonly #target: CommitTarget;
  /** Writes that are not in the log yet. */
  #unsynced: Deferred | undefined;
  #synced: Deferred | undefined;
  /** Writes that are in the log and wait for a sync. */
  #awaitingSync: Deferred[] = [];
  /** Writes that are finished and wait for background work to catch up. */
  #heldBack: Deferred[] = [];
  /** Writes that are finished and wait for their timers. */
  readonly #slowed = new Map<Deferred, ReturnType<typeof setTimeout>>();
  #isMicrotaskSet = false;
  #isTurnSet = false;
  #isFairTurnSet = false;
  #isRunning = false;
  #lastTurnMs = -Infinity;

  constructor(target: CommitTarget) {
    this.#target = target;
  }

  /** A promise that all writes so far are in the log, or durable if `sync`. */
  join(sync: boolean): Promise<void> {
    if (sync) {
      this.#synced ??= defer();
      this.#setTurn();
      return this.#synced.promise;
    }
    if (this.#unsynced === undefined) {
      this.#unsynced = defer();
      this.#setMicrotaskOrTurn();
    }
    return this.#unsynced.promise;
  }

  /** Acknowledges what was held back, once background work has caught up. */
  releaseHeldBack(): void {
    for (const writes of this.#heldBack.splice(0)) writes.resolve();
  }

  /** Acknowledges all that is finished, as no background work is waited for any more. */
  releaseAll(): void {
    this.releaseHeldBack();
    for (const [writes, timer] of this.#slowed) {
      clearTimeout(timer);
      writes.resolve();
    }
    this.#slowed.clear();
  }

  /** Resolves when nothing is on its way. */
  async settle(): Promise<void> {
    while (
      this.#isRunning || this.#unsynced || this.#synced ||
      this.#awaitingSync.length > 0
    ) {
      await this.join(true).catch(() => {});
    }
  }

  #setMicrotaskOrTurn(): void {
    const runMs = performance.now() - this.#lastTurnMs;
    if (runMs <= LONGEST_RUN_MS) this.#setMicrotask();
    else if (runMs <= LONGEST_PAUSE_MS) this.#setFairTurn();
    else this.#setTurn();
  }

  #setMicrotask(): void {
    if (this.#isMicrotaskSet || this.#isRunning) return;
    this.#isMicrotaskSet = true;
    queueMicrotask(() => {
      this.#isMicrotaskSet = false;
      this.#run(false);
    });
  }

  /**
   * Commits have followed one another for long: everybody else gets a turn. Synced writers do not
   * wait for its end.
   */
  #setFairTurn(): void {
    if (this.#isFairTurnSet || this.#isRunning) return;
    this.#isFairTurnSet = true;
    void giveWay().then(() => {
      this.#isFairTurnSet = false;
      this.#lastTurnMs = performance.now();
      if (this.#unsynced) this.#run(false);
    });
  }

  #setTurn(): void {
    if (this.#isTurnSet || this.#isRunning) return;
    this.#isTurnSet = true;
    inLaterTurn(() => {
      this.#isTurnSet = false;
      this.#lastTurnMs = performance.now();
      this.#run(true);
    });
  }

  async #run(withSync: boolean): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const unsynced = this.#unsynced;
    if (this.#synced) this.#awaitingSync.push(this.#synced);
    this.#unsynced = this.#synced = undefined;
    try {
      const appended = this.#target.append();
      if (isPending(appended)) await appended;
      if (unsynced) this.#acknowledge(unsynced);
      if (withSync && this.#awaitingSync.length > 0) {
        const synced = this.#sync();
        if (isPending(synced)) await synced;
      }
    } catch (error) {
      this.#fail(error, unsynced);
    }
    this.#isRunning = false;
    if (this.#synced || this.#awaitingSync.length > 0) this.#setTurn();
    else if (this.#unsynced) this.#setMicrotask();
  }

  #sync(): Awaitable<void> {
    const writes = this.#awaitingSync.length;
    return chain(this.#target.sync(), () => {
      this.#awaitingSync.splice(0, writes).forEach((w) => this.#acknowledge(w));
    });
  }

  #acknowledge(writes: Deferred): void {
    const delayMs = this.#target.delayMs();
    if (delayMs === 0) writes.resolve();
    else if (delayMs === Infinity) this.#heldBack.push(writes);
    else this.#acknowledgeLater(writes, delayMs);
  }

  #acknowledgeLater(writes: Deferred, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#slowed.delete(writes);
      writes.resolve();
    }, delayMs);
    this.#slowed.set(writes, timer);
  }

  /** The promise of a write that was acknowledged already is not changed by a rejection. */
  #fail(error: unknown, unsynced: Deferred | undefined): void {
    this.#target.fail(error);
    for (const writes of this.#awaitingSync.splice(0)) writes.reject(error);
    unsynced?.reject(error);
  }
}
