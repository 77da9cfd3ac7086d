import { compactSegments } from "../../compaction/compactor.ts";
import { writeRecords } from "../../compaction/flush.ts";
import { buildSegment } from "../../compaction/build.ts";
import type {
  BuildJob,
  CompactionJob,
  FileNumbers,
  FlushJob,
  JobContext,
} from "../../compaction/job.ts";
import type { Pace } from "../../compaction/merge.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";
import type { MemTable } from "../../memtable/memtable.ts";
import type { KvStats } from "../api/stats.ts";
import { Pacer } from "../runtime/event_loop.ts";

/**
 * Where flushes, compactions and builds run. A job that is ended by its signal rejects with the
 * signal's reason and leaves no files.
 */
export interface JobRunner {
  /**
   * Jobs with less input than this, in bytes, run on the event loop, where they slow writers by
   * themselves; `Infinity` if all do.
   */
  readonly leastParallelBytes: number;
  /** What there is to tell of the worker. */
  readonly stats: KvStats["worker"];
  /** Runs a flush of `table`. */
  flush(
    table: MemTable,
    job: FlushJob,
    signal: AbortSignal,
  ): Promise<SegmentInfo | undefined>;
  /** Runs a compaction. */
  compact(job: CompactionJob, signal: AbortSignal): Promise<SegmentInfo[]>;
  /** Writes a segment. The records must not change until the answer. */
  build(job: BuildJob, signal: AbortSignal): Promise<SegmentInfo>;
  /** Says that jobs with so many bytes of input will come soon. */
  prepare(bytes: number): void;
  /** Lets go of what the runner holds; no job is under way. */
  close(): Promise<void>;
}

/** What jobs share of the engine that they work for. */
export type JobHost = Omit<JobContext, "pace">;

/** Runs jobs on the event loop, in slices. */
export class InlineRunner implements JobRunner {
  readonly leastParallelBytes = Infinity;
  readonly stats = { jobs: 0, running: false };
  readonly #host: JobHost;

  constructor(host: JobHost) {
    this.#host = host;
  }

  flush(
    table: MemTable,
    job: FlushJob,
    signal: AbortSignal,
  ): Promise<SegmentInfo | undefined> {
    const context = this.#context(job.outputNumbers, signal);
    return writeRecords(table.list(), job, context);
  }

  compact(job: CompactionJob, signal: AbortSignal): Promise<SegmentInfo[]> {
    return compactSegments(job, this.#context(job.outputNumbers, signal));
  }

  build(job: BuildJob, signal: AbortSignal): Promise<SegmentInfo> {
    return buildSegment(job, this.#context(undefined, signal));
  }

  #context(
    numbers: FileNumbers | undefined,
    signal: AbortSignal,
  ): JobContext {
    const context = { ...this.#host, pace: paceUntil(signal) };
    if (numbers === undefined) return context;
    const [, number] = numbers;
    return { ...context, takeFileNumber: () => number };
  }

  prepare(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A pace that gives way to the event loop and ends the work when `signal` is aborted. */
export function paceUntil(signal: AbortSignal): Pace {
  return paceWhile(() => signal.throwIfAborted());
}

/** A pace that gives way to the event loop and ends the work when `assertWanted` throws. */
export function paceWhile(assertWanted: () => void): Pace {
  const pacer = new Pacer();
  return {
    isDue: (units) => pacer.isDue(units),
    pause: async () => {
      await pacer.pause();
      assertWanted();
    },
  };
}
