import type { CompactionJob, Job } from "../../compaction/job.ts";
import type { CompactionPlan } from "../../compaction/plan.ts";
import { plainInfo } from "../../manifest/segment_info.ts";
import { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import {
  type BackgroundCounts,
  type BackgroundOptions,
  countPlan,
  newCounts,
} from "./background_options.ts";
import type { BackpressureReason } from "./backpressure.ts";
import { nextTurn } from "../runtime/event_loop.ts";
import type { LoggedTable } from "../state/logged_table.ts";
import type { Segment } from "../state/segment.ts";
import type { ManifestChange } from "../state/version_set.ts";

type Level0Numbers = NonNullable<CompactionJob["outputNumbers"]>;

/**
 * Carries out flushes and compactions, in a worker or in slices on the event loop, and makes what
 * comes of them part of the store. When, and which, others decide.
 */
export class BackgroundJobs {
  readonly counts: BackgroundCounts = newCounts();
  readonly #options: BackgroundOptions;
  #isFlushing = false;
  /** The last write when the last flush began, or when the store was opened. */
  #sequenceAtFlush: number;
  /** File numbers below that of the flush that is under way, and above those of all before it. */
  #numbersBelowFlush: Level0Numbers | undefined;

  constructor(options: BackgroundOptions) {
    this.#options = options;
    this.#sequenceAtFlush = options.tables.active.table.lastSequence;
  }

  /** Whether there is a file number for what is merged in level 0 and stays there. */
  get mayMergeLevel0(): boolean {
    return !this.#isFlushing || this.#numbersBelowFlush !== undefined;
  }

  /** File numbers above those of all segments of level 0, and below those still to come. */
  #takeLevel0Numbers(): Level0Numbers {
    if (!this.#isFlushing) return this.#nextNumbers();
    const numbers = this.#numbersBelowFlush!;
    this.#numbersBelowFlush = undefined;
    return numbers;
  }

  #nextNumbers(): Level0Numbers {
    const { versions } = this.#options;
    return [versions.takeFileNumber(), versions.takeFileNumber()];
  }

  /** Flushes the table that waits longest. */
  async flush(oldest: LoggedTable, signal: AbortSignal): Promise<void> {
    // What is in a segment must not be missing in an older log: the table's own log comes first.
    while (!oldest.isAppended) {
      signal.throwIfAborted();
      await nextTurn();
    }
    signal.throwIfAborted();
    this.#isFlushing = true;
    this.#numbersBelowFlush = this.#nextNumbers();
    try {
      await this.#flush(oldest, signal);
    } finally {
      this.#isFlushing = false;
    }
    await oldest.closeLog();
    if (oldest.hasLog) await this.#options.removeLog(oldest.logName);
  }

  async #flush(oldest: LoggedTable, signal: AbortSignal): Promise<void> {
    const { tables, versions, runner, assertSound } = this.#options;
    const { table } = oldest;
    this.#sequenceAtFlush = tables.active.table.lastSequence;
    const startMs = performance.now();
    const added = table.ranges.tombstones;
    const info = await runner.flush(table, {
      ...this.#job(),
      rangeTombstones: added.fragments,
      ceiling: table.lastSequence,
      logNumber: oldest.logNumber,
      records: table.records,
    }, signal);
    this.noteRate("flush", oldest.logBytes, startMs);
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
  }

  /**
   * Carries a plan out. Its inputs stay in the current version, and so on storage, until that is
   * done.
   */
  async compact(
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

  async #merge(
    plan: CompactionPlan<Segment>,
    signal: AbortSignal,
  ): Promise<Segment[]> {
    const { versions, runner, compaction } = this.#options;
    const infos = await runner.compact({
      ...this.#job(),
      mostKeptBytes: this.#mostKeptBytes(plan),
      inputs: plan.inputs.map(({ level, segments }) => ({
        level,
        segments: segments.map(plainInfo),
      })),
      outputLevel: plan.outputLevel,
      splitKeys: plan.splitKeys,
      ...plan.outputLevel > 0
        ? { segmentSize: compaction.segmentSize }
        : { segmentSize: Infinity, outputNumbers: this.#takeLevel0Numbers() },
    }, signal);
    return await Promise.all(infos.map((info) => versions.openSegment(info)));
  }

  /**
   * How many bytes of its output a compaction may bring into the cache: those that its inputs take
   * there, since others read them, or all that there is room for, if nobody writes. Taking a block
   * over costs the event loop a tenth of what its first reader would pay otherwise. A load, which
   * nobody reads, is not to pay that: it is a tenth of its puts.
   */
  #mostKeptBytes({ inputs }: CompactionPlan<Segment>): number {
    const { roomBytes } = this.#options.versions.writtenBlocks;
    if (this.#isQuiet) return roomBytes;
    const cachedBytes = inputs.flatMap(({ segments }) => segments)
      .reduce((sum, { reader }) => sum + reader.cachedBytes, 0);
    return Math.min(cachedBytes, roomBytes);
  }

  /**
   * Whether nothing has been written since the last flush began, which is some time ago, though
   * nothing kept writers from it.
   */
  get #isQuiet(): boolean {
    const { tables } = this.#options;
    return tables.waiting.length === 0 &&
      tables.active.table.lastSequence === this.#sequenceAtFlush;
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

  /** Notes how fast work was done in a worker: on the event loop it slows writers by itself. */
  noteRate(work: BackpressureReason, bytes: number, startMs: number): void {
    const { runner, backpressure } = this.#options;
    if (bytes < runner.leastParallelBytes) return;
    backpressure.noteRate(work, bytes, performance.now() - startMs);
  }
}
