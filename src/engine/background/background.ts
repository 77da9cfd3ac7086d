import {
  type BackgroundCounts,
  type BackgroundOptions,
  newCounts,
  noteRate,
} from "./background_options.ts";
import type { Debts } from "./backpressure.ts";
import {
  planFullCompaction,
  startFullCompaction,
} from "../../compaction/full_compaction.ts";
import { pickCompaction } from "../../compaction/strategy.ts";
import type {
  CompactionContext,
  CompactionPlan,
} from "../../compaction/plan.ts";
import type { KvError } from "../../errors.ts";
import { totalBytes } from "../../manifest/segment_info.ts";
import { BackgroundGate } from "./background_gate.ts";
import { Compactions } from "./compactions.ts";
import { debtsOf } from "./debts.ts";
import { Flushes } from "./flushes.ts";
import { nextTurn } from "../runtime/event_loop.ts";
import { untilAborted } from "../runtime/interruptible.ts";
import type { Segment } from "../state/segment.ts";

const NO_DEBTS: Debts = { flush: 0, compaction: 0 };

/**
 * When to flush and to compact: one table after another and one compaction at a time, beside each
 * other. They begin when {@linkcode Background.wake} finds something to do and go on until there is
 * nothing left.
 */
export class Background {
  readonly #options: BackgroundOptions;
  /** What was done so far. */
  readonly counts: BackgroundCounts = newCounts();
  readonly #flushes: Flushes;
  readonly #compactions: Compactions;
  #flushing: Promise<void> | undefined;
  #compacting: Promise<void> | undefined;
  /** Full compactions that wait for one that is due: no other goes before them. */
  #fullWaiting = 0;
  readonly #stop = new AbortController();
  /** What imports ask for. */
  readonly gate: BackgroundGate = new BackgroundGate();

  constructor(options: BackgroundOptions) {
    this.#options = options;
    this.#flushes = new Flushes(options, this.counts);
    this.#compactions = new Compactions(options, this.counts, this.#flushes);
  }

  /** How far the work is behind. */
  get debts(): Debts {
    if (this.#stop.signal.aborted) return NO_DEBTS;
    return debtsOf(this.#options);
  }

  /** Aborted when work ends for good: the store is being closed, or something has failed. */
  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Begins what is due. */
  wake(): void {
    if (this.#stop.signal.aborted) return;
    const isAskedFor = this.gate.isAskedFor ||
      this.#options.tables.waiting.length > 0;
    if (this.#flushing === undefined && isAskedFor) {
      this.#flushing = this.#run(this.#flushWaiting()).then(() => {
        this.#flushing = undefined;
        // What came after the last look found the work still under way.
        this.wake();
      });
    } else if (this.#flushing !== undefined) {
      this.#flushAhead();
    }
    if (
      this.#compacting === undefined && this.#fullWaiting === 0 &&
      this.#pick() !== undefined
    ) {
      this.#compacting = this.#run(this.#compactDue()).then(() => {
        this.#compacting = undefined;
        this.wake();
      });
    }
  }

  async #run(work: Promise<void>, signal?: AbortSignal): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return;
      this.fail(error);
    }
  }

  /** Says that work has failed which no more work may follow. */
  fail(error: unknown): void {
    if (error !== this.#stop.signal.reason) this.#options.onFailure(error);
  }

  /**
   * Does `work` while no flush is under way but those that it asks for by
   * {@linkcode Background.flushNow}. What fails in it is the caller's.
   *
   * @param signal Ends the wait; aborted in any case when all work ends.
   */
  async withoutFlushes<T>(
    work: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    const done = this.gate.enter(work, signal);
    this.wake();
    return await done;
  }

  /** Flushes all tables that wait now. */
  async flushNow(): Promise<void> {
    const { tables } = this.#options;
    const last = tables.waiting.at(-1);
    while (last !== undefined && tables.waiting.includes(last)) {
      const flushing = this.#flushOldest();
      await this.#run(flushing);
      await flushing;
    }
  }

  /** Resolves when all tables that wait now have been flushed. */
  async flushAll(): Promise<void> {
    const { tables } = this.#options;
    const last = tables.waiting.at(-1);
    while (last !== undefined && tables.waiting.includes(last)) {
      this.#assertRunning();
      this.wake();
      await this.#flushing;
    }
  }

  async #flushWaiting(): Promise<void> {
    const { tables } = this.#options;
    const isFree = () => this.#flushes.areDone;
    while (await this.gate.admit(isFree) || tables.waiting.length > 0) {
      if (tables.waiting.length > 0) await this.#flushOldest();
    }
  }

  async #flushOldest(): Promise<void> {
    const flushing = this.#flushes.flushOldest(this.#stop.signal);
    this.#flushAhead();
    await flushing;
    this.wake();
  }

  /** Lets the next flush begin beside the one under way, unless somebody wants a time without. */
  #flushAhead(): void {
    if (this.gate.isAskedFor) return;
    this.#flushes.beginAhead(this.#stop.signal);
  }

  /**
   * Merges everything into the deepest level.
   *
   * @param signal Ends it between two slices.
   */
  async compactAll(signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#compactAll(signal);
    } finally {
      // What became due meanwhile had to wait, and so may writers.
      this.wake();
    }
  }

  async #compactAll(signal: AbortSignal | undefined): Promise<void> {
    const { versions, compaction } = this.#options;
    let progress = startFullCompaction(versions.takeFileNumber());
    for (;;) {
      this.#fullWaiting++;
      try {
        // More than once: another full compaction may have waited for the same one.
        while (this.#compacting !== undefined || this.gate.isShut) {
          await untilAborted(this.#compacting ?? nextTurn(), signal);
        }
      } finally {
        this.#fullWaiting--;
      }
      this.#assertRunning();
      signal?.throwIfAborted();
      const step = planFullCompaction(versions.version, compaction, {
        context: this.#context(),
        progress,
      });
      if (step.state === "done") return;
      if (step.state === "busy") {
        await nextTurn();
        continue;
      }
      progress = step.progress;
      const work = this.#carryOut(
        step.plan,
        signal ? AbortSignal.any([signal, this.#stop.signal]) : undefined,
      );
      const running = this.#run(work, signal).then(() => {
        this.#compacting = undefined;
      });
      this.#compacting = running;
      await running;
      await work;
    }
  }

  async #compactDue(): Promise<void> {
    let startMs = performance.now();
    for (let plan = this.#pick(); plan; plan = this.#pick()) {
      if (this.#fullWaiting > 0) break;
      await this.#carryOut(plan);
      const level0 = plan.inputs.filter(({ level }) => level === 0);
      if (level0.length === 0 || plan.outputLevel === 0) continue;
      // With what deeper levels took meanwhile.
      const bytes = totalBytes(level0.flatMap(({ segments }) => segments));
      noteRate(this.#options, "compaction", bytes, startMs);
      startMs = performance.now();
    }
  }

  #pick(): CompactionPlan<Segment> | undefined {
    if (this.gate.isShut) return undefined;
    const { versions, compaction } = this.#options;
    return pickCompaction(versions.version, compaction, this.#context());
  }

  #context(): CompactionContext {
    const { snapshots, versions } = this.#options;
    const level0 = versions.version.levels[0]!;
    return {
      oldestSnapshot: snapshots.oldest,
      withheld: this.gate.withheld,
      mayMergeLevel0: this.#flushes.haveLevel0Numbers,
      level0Reads: level0.reduce(
        (sum, segment) => sum + segment.level0Reads,
        0,
      ),
    };
  }

  async #carryOut(
    plan: CompactionPlan<Segment>,
    signal: AbortSignal = this.#stop.signal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.gate.running = plan;
    try {
      await this.#compactions.carryOut(plan, signal);
    } finally {
      this.gate.running = undefined;
    }
  }

  /** Ends all work soon and begins none any more; who waits for it gets `reason`. */
  async stop(reason: KvError): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(reason);
    await this.#flushing;
    await this.#flushes.settle();
    await this.#compacting;
  }

  #assertRunning(): void {
    this.#stop.signal.throwIfAborted();
  }
}
