import type { CompactionPlan } from "../../compaction/plan.ts";
import type { Segment } from "../state/segment.ts";

/**
 * What the installation of an import needs of background work: a time without flushes, one in which
 * no compaction begins, and that its segments are left alone.
 */
export class BackgroundGate {
  /** The compaction that is under way. */
  running: CompactionPlan<Segment> | undefined;
  /** Whether compactions may not begin, because somebody counts on those that he has seen. */
  isShut = false;
  /** Numbers of segments that no compaction may touch for now. */
  readonly withheld: Set<number> = new Set();
  /** The first of them may have been admitted. */
  readonly #guests: (() => Promise<void>)[] = [];

  /** Whether somebody waits for a time without flushes, or has it. */
  get isAskedFor(): boolean {
    return this.#guests.length > 0;
  }

  /**
   * Does `work` when its turn between two flushes has come. What fails in it is the caller's;
   * `signal` ends the wait.
   */
  enter<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#guests.splice(this.#guests.indexOf(guest), 1);
        reject(signal.reason);
      };
      const guest = async () => {
        signal.removeEventListener("abort", leave);
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      };
      this.#guests.push(guest);
      signal.addEventListener("abort", leave);
    });
  }

  /**
   * Has the work done of who has waited longest; answers whether there was any.
   *
   * @param isFree Whether no flush is under way: nobody is admitted otherwise.
   */
  async admit(isFree: () => boolean): Promise<boolean> {
    // Not begun before it is known to everybody that something is under way.
    await Promise.resolve();
    const [guest] = this.#guests;
    if (guest === undefined || !isFree()) return false;
    await guest();
    this.#guests.shift();
    return true;
  }
}
