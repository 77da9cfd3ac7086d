/**
 * Compaction of the whole store, planned one step at a time.
 *
 * 1. Level 0 goes into level 1.
 * 2. Each level from 1 on is gone through by ascending key, and what it holds goes one level
 *    deeper, until the deepest level that holds anything is reached.
 * 3. That level is gone through once: what holds garbage is rewritten, and neighbors that fit into
 *    one segment become one.
 *
 * Before each step all that range tombstones cover as a whole is dropped.
 *
 * It goes forward only, so it ends however much is written meanwhile. Flushes and compactions may
 * go on between two steps.
 *
 * @module
 */
import { compareBytes } from "../bytes/compare.ts";
import { type SegmentInfo, totalBytes } from "../manifest/segment_info.ts";
import type { Version } from "../manifest/version.ts";
import type { CompactionSettings } from "../options.ts";
import { hasUnappliedRanges, pickCovered } from "./covered_segments.ts";
import {
  type CompactionContext,
  type CompactionPlan,
  maxOverlapBytes,
  overlappedBy,
  planDescent,
  type Planning,
  planRewrite,
} from "./plan.ts";

/** How far a full compaction has come. */
export interface FullCompactionProgress {
  /** The level that is gone through. */
  readonly level: number;
  /** The last key of that level that is done with, or `undefined` if none is. */
  readonly after: Uint8Array | undefined;
  /**
   * Segments with a smaller file number were there at the start; later ones came with a flush, or
   * were written without garbage that nobody needs.
   */
  readonly firstNewNumber: number;
}

/** What a full compaction has to do next. */
export type FullCompactionStep<S extends SegmentInfo = SegmentInfo> =
  /** Nothing: all that was there at the start is compacted. */
  | { readonly state: "done" }
  /** Wait until segments that are withheld may be had, then ask again with the same progress. */
  | { readonly state: "busy" }
  /** Carry out `plan`, then ask again with `progress`. */
  | {
    readonly state: "plan";
    readonly plan: CompactionPlan<S>;
    readonly progress: FullCompactionProgress;
  };

/** The progress of a full compaction that has not begun. */
export function startFullCompaction(
  nextFileNumber: number,
): FullCompactionProgress {
  return { level: 0, after: undefined, firstNewNumber: nextFileNumber };
}

/** Plans the next step of a full compaction. */
export function planFullCompaction<S extends SegmentInfo>(
  version: Version<S>,
  settings: CompactionSettings,
  options: {
    readonly context: CompactionContext;
    readonly progress: FullCompactionProgress;
  },
): FullCompactionStep<S> {
  const planning: Planning<S> = { version, settings, context: options.context };
  const covered = pickCovered(planning);
  if (covered !== undefined) {
    return { state: "plan", plan: covered, progress: options.progress };
  }
  const { firstNewNumber } = options.progress;
  let { level, after } = options.progress;
  for (; level <= version.deepestLevel; level++, after = undefined) {
    const rest = segmentsAfter(version, level, after);
    const isDeepest = level > 0 && level === version.deepestLevel;
    const segments = isDeepest
      ? firstToRewrite(planning, rest, firstNewNumber)
      : firstRun(planning, level, rest);
    if (segments.length === 0) continue;
    const plan = isDeepest
      ? planRewrite(planning, { level, segments, reason: "full" })
      : planDescent(planning, {
        level,
        segments,
        reason: "full",
        mayMove: !segments.some((segment) => hasGarbage(version, segment)),
      });
    if (plan === undefined) return { state: "busy" };
    const progress = level === 0
      ? { level: 1, after: undefined, firstNewNumber }
      : { level, after: segments.at(-1)!.largestKey, firstNewNumber };
    return { state: "plan", plan, progress };
  }
  return { state: "done" };
}

/** The segments of a level that reach past `after`. */
function segmentsAfter<S extends SegmentInfo>(
  version: Version<S>,
  level: number,
  after: Uint8Array | undefined,
): readonly S[] {
  const segments = version.levels[level]!;
  if (after === undefined) return segments;
  return segments.filter(({ largestKey }) =>
    compareBytes(largestKey, after) > 0
  );
}

/**
 * The first of `segments` that holds garbage, or neighbors that come before it and fit into one.
 */
function firstToRewrite<S extends SegmentInfo>(
  { version, settings }: Planning<S>,
  segments: readonly S[],
  firstNewNumber: number,
): readonly S[] {
  for (let start = 0; start < segments.length; start++) {
    const first = segments[start]!;
    let end = start;
    for (let bytes = 0; end < segments.length; end++) {
      bytes += segments[end]!.sizeBytes;
      if (end > start && bytes > settings.segmentSize) break;
    }
    const isGarbage = first.number < firstNewNumber &&
      hasGarbage(version, first);
    if (isGarbage || end - start > 1) return segments.slice(start, end);
  }
  return [];
}

/**
 * The first of `segments`, and as many more as fit into one plan with what they overlap below; all
 * of level 0.
 */
function firstRun<S extends SegmentInfo>(
  { version, settings }: Planning<S>,
  level: number,
  segments: readonly S[],
): readonly S[] {
  if (level === 0) return segments;
  const limit = maxOverlapBytes(settings);
  let count = Math.min(1, segments.length);
  while (count < segments.length) {
    const run = segments.slice(0, count + 1);
    const below = overlappedBy(version, level + 1, run);
    if (totalBytes(run) + totalBytes(below) > limit) break;
    count++;
  }
  return segments.slice(0, count);
}

function hasGarbage(version: Version, segment: SegmentInfo): boolean {
  return segment.tombstones + segment.olderVersions > 0 ||
    hasUnappliedRanges(version, segment);
}
