import type { Job } from "../../compaction/job.ts";
import type { CompactionPlan } from "../../compaction/plan.ts";
import {
  plainInfo,
  type SegmentInfo,
  totalBytes,
} from "../../manifest/segment_info.ts";
import type { CompactionSettings, Compression } from "../../options.ts";
import type { Backpressure, BackpressureReason } from "./backpressure.ts";
import type { JobRunner } from "./job_runner.ts";
import type { Snapshots } from "../state/snapshots.ts";
import type { Tables } from "../state/tables.ts";
import type { VersionSet } from "../state/version_set.ts";

/** What background work goes by and on. */
export interface BackgroundOptions {
  readonly tables: Tables;
  readonly versions: VersionSet;
  readonly snapshots: Snapshots;
  readonly runner: JobRunner;
  readonly blockSize: number;
  readonly compression: Compression;
  readonly compaction: CompactionSettings;
  /** Is told how fast flushes are. */
  readonly backpressure: Backpressure;
  readonly removeLog: (name: string) => Promise<void>;
  /** Called in the turn in which tables or segments have changed. */
  readonly onChange: () => void;
  /**
   * Throws once a write or a sync has failed, which may have taken with it what a later sync would
   * say to be durable.
   */
  readonly assertSound: () => void;
  /** Called when work has failed: no more is begun. */
  readonly onFailure: (error: unknown) => void;
}

/** What all jobs that begin now have in common. */
export function newJob(
  { versions, snapshots, blockSize, compression }: BackgroundOptions,
): Job {
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
export function noteRate(
  { runner, backpressure }: BackgroundOptions,
  work: BackpressureReason,
  bytes: number,
  startMs: number,
): void {
  if (bytes < runner.leastParallelBytes) return;
  backpressure.noteRate(work, bytes, performance.now() - startMs);
}

/** What background work has done so far. */
export interface BackgroundCounts {
  flushes: number;
  flushBytesWritten: number;
  compactions: number;
  moves: number;
  drops: number;
  compactionBytesRead: number;
  compactionBytesWritten: number;
}

/** The counts of a store that was just opened. */
export function newCounts(): BackgroundCounts {
  return {
    flushes: 0,
    flushBytesWritten: 0,
    compactions: 0,
    moves: 0,
    drops: 0,
    compactionBytesRead: 0,
    compactionBytesWritten: 0,
  };
}

/** Counts a compaction that is done. */
export function countPlan(
  counts: BackgroundCounts,
  { action, inputs }: CompactionPlan,
  outputs: readonly SegmentInfo[],
): void {
  const segments = inputs.flatMap(({ segments }) => segments);
  if (action === "move") {
    counts.moves++;
  } else if (action === "drop") {
    counts.drops += segments.length;
  } else {
    counts.compactions++;
    counts.compactionBytesRead += totalBytes(segments);
    counts.compactionBytesWritten += totalBytes(outputs);
  }
}
