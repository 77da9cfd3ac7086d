import type { KvStats } from "../api/stats.ts";

/** What background work writers may have to wait for. */
export type BackpressureReason = "flush" | "compaction";

/**
 * How far background work is behind: 0 where nothing waits for it, 1 where writers have to stop.
 */
export type Debts = Readonly<Record<BackpressureReason, number>>;

/** From this debt on writers are slowed. */
const SLOW_FROM = 0.5;

/**
 * Share of the rate of what is behind at which writers go on when they are nearly stopped. A
 * compaction that is behind takes seconds, in which as much comes as they let through.
 */
const SLOWEST: Debts = { flush: 0.5, compaction: 0.1 };

/** The same when they begin to be slowed: hardly slower than they could be. */
const FASTEST = 2;

/** How much of a rate a new measurement makes up. */
const NEWEST_SHARE = 0.3;

/** A clock that has been set back must not make writers wait for it. */
const LONGEST_DELAY_MS = 2000;

/**
 * Says how long finished writes wait for their acknowledgement because background work is behind:
 * not at all, for a time that grows with the debt, or until it has caught up. Thus writers who wait
 * for their writes come down to the rate of what is behind by and by instead of running into a
 * wall.
 */
export class Backpressure {
  readonly #now: () => number;
  #slowed = 0;
  #stopped = 0;
  /**
   * Bytes that are got out of the way in a millisecond, if that is known by now; `Infinity` after
   * the first flush, which says little: code is compiled in it.
   */
  readonly #bytesPerMs: { flush?: number; compaction?: number } = {};
  /** Until when writers have been told to wait. */
  #owedUntilMs = 0;

  /** @param now The clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Takes down that `bytes` of a log were flushed, or of level 0 compacted, in `ms` milliseconds.
   */
  noteRate(work: BackpressureReason, bytes: number, ms: number): void {
    const rate = bytes / Math.max(ms, 1);
    const known = this.#bytesPerMs[work];
    if (known === undefined) {
      this.#bytesPerMs[work] = work === "flush" ? Infinity : rate;
    } else {
      this.#bytesPerMs[work] = known === Infinity
        ? rate
        : known + NEWEST_SHARE * (rate - known);
    }
  }

  /**
   * Milliseconds that a commit of `bytes` has to wait; `Infinity` for as long as the debt stays
   * what it is.
   */
  delayMs(bytes: number, debts: Debts): number {
    const debt = Math.max(debts.flush, debts.compaction);
    if (debt >= 1) {
      this.#stopped++;
      return Infinity;
    }
    const reason = reasonOf(debts);
    const rate = this.#bytesPerMs[reason];
    if (debt <= SLOW_FROM || rate === undefined) return 0;
    const severity = (debt - SLOW_FROM) / (1 - SLOW_FROM);
    const share = FASTEST + severity * (SLOWEST[reason] - FASTEST);
    const now = this.#now();
    const owedMs = Math.max(this.#owedUntilMs - now, 0) +
      bytes / (share * rate);
    this.#owedUntilMs = now + Math.min(owedMs, LONGEST_DELAY_MS);
    // Timers know whole milliseconds: less is owed until there is one.
    const delay = Math.floor(this.#owedUntilMs - now);
    if (delay > 0) this.#slowed++;
    return delay;
  }

  /** What there is to tell at these debts. */
  stats(debts: Debts): KvStats["backpressure"] {
    return {
      ...backpressureOf(debts),
      slowed: this.#slowed,
      stopped: this.#stopped,
    };
  }
}

/** What writers are waiting for at these debts, if they are. */
export function backpressureOf(
  debts: Debts,
): Pick<KvStats["backpressure"], "state" | "reason"> {
  const debt = Math.max(debts.flush, debts.compaction);
  if (debt <= SLOW_FROM) return { state: "none" };
  return {
    state: debt >= 1 ? "stopped" : "slowed",
    reason: reasonOf(debts),
  };
}

function reasonOf({ flush, compaction }: Debts): BackpressureReason {
  return flush >= compaction ? "flush" : "compaction";
}
