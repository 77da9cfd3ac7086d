import type { Pace } from "../../compaction/merge.ts";
import { defer } from "../runtime/deferred.ts";

/** A pause of a flush that is shorter than this, in milliseconds, is left for the next one. */
const LEAST_REST_MS = 2;

/**
 * How flushes and what gives way to them share the thread of a worker.
 *
 * Flushes go first, since writers wait for them. But writers who never stop leave no time between
 * two flushes, and level 0 would fill up until they have to wait for one long merge: measured with
 * 6 M puts in Bun, 3.4 s. So a flush can be told to rest, for a share of the time, while others
 * work.
 */
export class TimeShare {
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  /** Flushes that are being written or wait for their turn. */
  #flushes = 0;
  /** Ends when the last flush that has come is written. */
  #lastWritten = Promise.resolve();
  #isResting = false;
  /** Jobs that give way. */
  #others = 0;
  #changed = defer();

  /** @param now The clock, in milliseconds. @param sleep Waits for so many of them. */
  constructor(
    now: () => number = () => performance.now(),
    sleep: (ms: number) => Promise<void> = sleepFor,
  ) {
    this.#now = now;
    this.#sleep = sleep;
  }

  /**
   * Has a flush write its segment, behind all flushes that came before it, at a pace that leaves
   * `share` of the time, below 1, to others if there are any. What `write` still does once it has
   * said that the segment is written keeps nobody waiting.
   */
  async flush<T>(
    pace: Pace,
    share: number,
    write: (pace: Pace, onWritten: () => void) => Promise<T>,
  ): Promise<T> {
    const before = this.#lastWritten;
    const written = defer();
    this.#flushes++;
    this.#lastWritten = written.promise.then(() => {
      this.#flushes--;
      this.#note();
    });
    try {
      await before;
      return await write(this.#paceOfFlush(pace, share), written.resolve);
    } finally {
      written.resolve();
    }
  }

  #paceOfFlush(pace: Pace, share: number): Pace {
    let startMs = this.#now();
    let owedMs = 0;
    return {
      isDue: (units) => pace.isDue(units),
      pause: async () => {
        owedMs += (this.#now() - startMs) * share / (1 - share);
        if (this.#others === 0) owedMs = 0;
        if (owedMs >= LEAST_REST_MS) {
          await this.#rest(owedMs);
          owedMs = 0;
        }
        await pace.pause();
        startMs = this.#now();
      },
    };
  }

  async #rest(ms: number): Promise<void> {
    this.#isResting = true;
    this.#note();
    await this.#sleep(ms);
    this.#isResting = false;
  }

  /** Does `work` at a pace that gives way to flushes. */
  async behindFlushes<T>(
    pace: Pace,
    work: (pace: Pace) => Promise<T>,
  ): Promise<T> {
    this.#others++;
    try {
      return await work({
        isDue: (units) => pace.isDue(units) || this.#isTaken,
        pause: async () => {
          while (this.#isTaken) await this.#changed.promise;
          await pace.pause();
        },
      });
    } finally {
      this.#others--;
    }
  }

  get #isTaken(): boolean {
    return this.#flushes > 0 && !this.#isResting;
  }

  #note(): void {
    this.#changed.resolve();
    this.#changed = defer();
  }
}

function sleepFor(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
