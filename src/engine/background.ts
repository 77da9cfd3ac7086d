import {
  type BackgroundCounts,
  type BackgroundOptions,
  countPlan,
  newCounts,
} from "./background_options.ts";
import type { BackpressureReason, Debts } from "./backpressure.ts";
import type { Job } from "../compaction/job.ts";
import {
  planFullCompaction,
  startFullCompaction,
} from "../compaction/full_compaction.ts";
import { pickCompaction } from "../compaction/strategy.ts";
import type { CompactionContext, CompactionPlan } from "../compaction/plan.ts";
import type { KvError } from "../errors.ts";
import { plainInfo, totalBytes } from "../manifest/segment_info.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import { BackgroundGate } from "./background_gate.ts";
import { debtsOf } from "./debts.ts";
import { nextTurn } from "./event_loop.ts";
import type { Segment } from "./segment.ts";
import type { ManifestChange } from "./version_set.ts";

const NO_DEBTS: Debts = { flush: 0, compaction: 0 };

/**
 * Flush and compaction, beside each other: one flush and one compaction at a time,
 * in a worker or in slices on the event loop. They begin when {@linkcode Background.wake} finds something to do and go on until there is nothing left.
 */
export class Background {
  readonly counts: BackgroundCounts = newCounts();
  readonly #options: BackgroundOptions;
  #flushing: Promise<void> | undefined;
  #compacting: Promise<void> | undefined;
  readonly #stop = new AbortController();
  /** What imports ask for. */
  readonly gate: BackgroundGate = new BackgroundGate();

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  /** How far the work is behind. */
  get debts(): Debts {
    if (this.#stop.signal.aborted) return NO_DEBTS;
    const { tables, versions, compaction } = this.#options;
    return debtsOf(tables, versions.version, compaction);
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
    }
    if (this.#compacting === undefined && this.#pick() !== undefined) {
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
   * Does `work` while no flush is under way but those that it asks for by {@linkcode Background.flushNow}. What fails in it is the caller's.
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
    while (await this.gate.admit() || tables.waiting.length > 0) {
      if (tables.waiting.length > 0) await this.#flushOldest();
    }
  }

  async #flushOldest(): Promise<void> {
    const { tables, versions, runner, assertSound } = this.#options;
    const oldest = tables.waiting[0]!;
    const { table } = oldest;
    // What is in a segment must not be missing in an older log: the table's own log comes first.
    while (!oldest.isAppended) {
      this.#assertRunning();
      await nextTurn();
    }
    this.#assertRunning();
    const startMs = performance.now();
    const added = table.ranges.tombstones;
    const info = await runner.flush(table, {
      ...this.#job(),
      rangeTombstones: added.fragments,
      ceiling: table.lastSequence,
      logNumber: oldest.logNumber,
      records: table.records,
    }, this.#stop.signal);
    this.#noteRate("flush", oldest.logBytes, startMs);
    const add = info === undefined
      ? []
      : [{ level: 0, segment: await versions.openSegment(info) }];
    await versions.change({
      edit: { add, remove: [] },
      ranges: this.#ranges(added),
      flushedSequence: table.lastSequence,
      logs: () => tables.liveLogs(1),
      assertSound,
    }, () => {
      tables.removeOldest();
      this.counts.flushes++;
      this.counts.flushBytesWritten += info?.sizeBytes ?? 0;
      this.#options.onChange();
    });
    await oldest.closeLog();
    if (oldest.hasLog) await this.#options.removeLog(oldest.logName);
    this.wake();
  }

  /** On the event loop work slows writers by itself. */
  #noteRate(work: BackpressureReason, bytes: number, startMs: number): void {
    const { runner, backpressure } = this.#options;
    if (!runner.isParallel) return;
    backpressure.noteRate(work, bytes, performance.now() - startMs);
  }

  #job(): Job {
    const { versions, snapshots, blockSize, compression } = this.#options;
    return {
      snapshots: snapshots.sorted(),
      levels: versions.version.levels.map((level) => level.map(plainInfo)),
      rangeTombstones: versions.version.rangeTombstones.fragments,
      ceiling: versions.flushedSequence,
      blockSize,
      compression,
    };
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
      await this.#compacting;
      this.wake();
    }
  }

  async #compactAll(signal: AbortSignal | undefined): Promise<void> {
    const { versions, compaction } = this.#options;
    let progress = startFullCompaction(versions.takeFileNumber());
    for (;;) {
      // More than once: another full compaction may have waited for the same one.
      while (this.#compacting !== undefined || this.gate.isShut) {
        await (this.#compacting ?? nextTurn());
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
      this.#compacting = this.#run(work, signal).then(() => {
        this.#compacting = undefined;
      });
      await work;
    }
  }

  async #compactDue(): Promise<void> {
    let startMs = performance.now();
    for (let plan = this.#pick(); plan; plan = this.#pick()) {
      await this.#carryOut(plan);
      const level0 = plan.inputs.filter(({ level }) => level === 0);
      if (level0.length === 0) continue;
      // With what deeper levels took meanwhile.
      const bytes = totalBytes(level0.flatMap(({ segments }) => segments));
      this.#noteRate("compaction", bytes, startMs);
      startMs = performance.now();
    }
  }

  #pick(): CompactionPlan<Segment> | undefined {
    if (this.gate.isShut) return undefined;
    const { versions, compaction } = this.#options;
    return pickCompaction(versions.version, compaction, this.#context());
  }

  #context(): CompactionContext {
    return {
      oldestSnapshot: this.#options.snapshots.oldest,
      withheld: this.gate.withheld,
    };
  }

  async #carryOut(
    plan: CompactionPlan<Segment>,
    signal: AbortSignal = this.#stop.signal,
  ): Promise<void> {
    signal.throwIfAborted();
    this.gate.running = plan;
    try {
      await this.#replaceInputs(plan, signal);
    } finally {
      this.gate.running = undefined;
    }
  }

  async #replaceInputs(
    plan: CompactionPlan<Segment>,
    signal: AbortSignal,
  ): Promise<void> {
    const { versions, assertSound } = this.#options;
    const remove = plan.inputs.flatMap(({ level, segments }) =>
      segments.map(({ number }) => ({ level, number }))
    );
    const inputs = plan.inputs.flatMap(({ segments }) => segments);
    const outputs = await this.#outputs(plan, inputs, signal);
    const add = outputs.map((segment) => ({
      level: plan.outputLevel,
      segment,
    }));
    const ranges = this.#ranges(RangeTombstones.none);
    await versions.change(
      { edit: { add, remove }, ranges, assertSound },
      () => {
        countPlan(this.counts, plan, outputs);
        this.#options.onChange();
      },
    );
  }

  /** Range tombstones that come, and who looks at those that are there. */
  #ranges(added: RangeTombstones): NonNullable<ManifestChange["ranges"]> {
    return { added, snapshots: this.#options.snapshots.sorted() };
  }

  async #outputs(
    plan: CompactionPlan<Segment>,
    inputs: readonly Segment[],
    signal: AbortSignal,
  ): Promise<readonly Segment[]> {
    switch (plan.action) {
      case "merge":
        return await this.#merge(plan, signal);
      case "move":
        return inputs;
      case "drop":
        return [];
    }
  }

  /** Has the inputs of a plan merged. They stay in the current version, and so on storage, until that is done. */
  async #merge(
    plan: CompactionPlan<Segment>,
    signal: AbortSignal,
  ): Promise<Segment[]> {
    const { versions, runner, compaction } = this.#options;
    const infos = await runner.compact({
      ...this.#job(),
      inputs: plan.inputs.map(({ level, segments }) => ({
        level,
        segments: segments.map(plainInfo),
      })),
      outputLevel: plan.outputLevel,
      splitKeys: plan.splitKeys,
      segmentSize: compaction.segmentSize,
    }, signal);
    return await Promise.all(infos.map((info) => versions.openSegment(info)));
  }

  /** Ends all work soon and begins none any more; who waits for it gets `reason`. */
  async stop(reason: KvError): Promise<void> {
    if (!this.#stop.signal.aborted) this.#stop.abort(reason);
    await this.#flushing;
    await this.#compacting;
  }

  #assertRunning(): void {
    this.#stop.signal.throwIfAborted();
  }
}
