import type { CompactionPlan } from "../../compaction/plan.ts";
import { plainInfo } from "../../manifest/segment_info.ts";
import { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import {
  type BackgroundCounts,
  type BackgroundOptions,
  countPlan,
  newJob,
} from "./background_options.ts";
import type { Flushes } from "./flushes.ts";
import type { Segment } from "../state/segment.ts";

/**
 * Carries compactions out, in a worker or in slices on the event loop, and makes what comes of them
 * part of the store. When, and which, others decide.
 */
export class Compactions {
  readonly #options: BackgroundOptions;
  readonly #counts: BackgroundCounts;
  readonly #flushes: Flushes;

  constructor(
    options: BackgroundOptions,
    counts: BackgroundCounts,
    flushes: Flushes,
  ) {
    this.#options = options;
    this.#counts = counts;
    this.#flushes = flushes;
  }

  /**
   * Carries a plan out. Its inputs stay in the current version, and so on storage, until that is
   * done; then those are removed that nobody reads.
   */
  async carryOut(
    plan: CompactionPlan<Segment>,
    signal: AbortSignal,
  ): Promise<void> {
    const { versions, snapshots, assertSound } = this.#options;
    const remove = plan.inputs.flatMap(({ level, segments }) =>
      segments.map(({ number }) => ({ level, number }))
    );
    const inputs = plan.inputs.flatMap(({ segments }) => segments);
    const outputs = await this.#outputs(plan, inputs, signal);
    const add = outputs.map((segment) => ({
      level: plan.outputLevel,
      segment,
    }));
    const ranges = {
      added: RangeTombstones.none,
      snapshots: snapshots.sorted(),
    };
    await versions.change(
      { edit: { add, remove }, ranges, assertSound },
      () => {
        countPlan(this.#counts, plan, outputs);
        this.#options.onChange();
      },
    );
    await versions.untilUnreadRemoved();
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
      ...newJob(this.#options),
      mostKeptBytes: this.#mostKeptBytes(plan),
      inputs: plan.inputs.map(({ level, segments }) => ({
        level,
        segments: segments.map(plainInfo),
      })),
      outputLevel: plan.outputLevel,
      splitKeys: plan.splitKeys,
      ...plan.outputLevel > 0 ? { segmentSize: compaction.segmentSize } : {
        segmentSize: Infinity,
        outputNumbers: this.#flushes.takeLevel0Numbers(),
      },
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
    if (this.#flushes.areQuiet) return roomBytes;
    const cachedBytes = inputs.flatMap(({ segments }) => segments)
      .reduce((sum, { reader }) => sum + reader.cachedBytes, 0);
    return Math.min(cachedBytes, roomBytes);
  }
}
