/**
 * What range tombstones leave to be done: pure functions from a version to a plan.
 *
 * 1. A segment that tombstones past its ceiling cover from its first key to its last holds nothing
 *    that is to be read, unless a snapshot is older than they are. It goes without being read, as
 *    soon as possible.
 * 2. Other segments that such tombstones overlap are rewritten when nothing else is due: that gives
 *    space back, and raises their ceiling, so that the tombstones come to an end. What a snapshot
 *    still sees waits until that is let go of, and level 0 until it goes into level 1: to hurry
 *    would rewrite that with every flush.
 * 3. Tombstones cost every read a search and every change of the manifest their bytes. Where there
 *    are very many, rewriting goes first, whatever snapshots there are, and with level 0.
 *
 * @module
 */
import { compareBytes } from "../bytes/compare.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { MAX_LEVELS, type Version } from "../manifest/version.ts";
import type { Fragments } from "../tombstones/fragment.ts";
import { oldestAfter } from "../tombstones/range_tombstones.ts";
import {
  type CompactionPlan,
  isAnyWithheld,
  planDescent,
  type Planning,
  planRewrite,
} from "./plan.ts";

/** Range tombstones from which on resolving them goes before all other work. */
export const MOST_RANGE_TOMBSTONES = 1_000;

/** The same for the bytes of their bounds. */
export const MOST_RANGE_BYTES: number = 16 * 1024 * 1024;

/**
 * Plans to drop all segments that hold nothing any more, or answers `undefined` if there are none.
 */
export function pickCovered<S extends SegmentInfo>(
  planning: Planning<S>,
): CompactionPlan<S> | undefined {
  const { version } = planning;
  if (version.rangeTombstones.isEmpty) return undefined;
  const inputs = version.levels.map((segments, level) => ({
    level,
    segments: segments.filter((segment) => isCovered(planning, segment)),
  })).filter(({ segments }) => segments.length > 0);
  if (inputs.length === 0) return undefined;
  return {
    inputs,
    outputLevel: inputs[0]!.level,
    action: "drop",
    splitKeys: [],
    reason: "range",
  };
}

function isCovered<S extends SegmentInfo>(
  planning: Planning<S>,
  segment: S,
): boolean {
  if (isAnyWithheld(planning.context, [segment])) return false;
  const oldest = planning.context.oldestSnapshot ?? Infinity;
  let next: Uint8Array | undefined = segment.smallestKey;
  for (const fragment of overlapping(planning.version, segment)) {
    const sequence = oldestAfter(fragment, segment.ceiling);
    if (sequence === 0 || sequence > oldest) return false;
    if (compareBytes(fragment.start, next) > 0) return false;
    next = fragment.end;
    if (next === undefined) return true;
  }
  return compareBytes(next, segment.largestKey) > 0;
}

/** Whether there are so many range tombstones that they come first. */
export function hasTooManyRanges({ rangeTombstones }: Version): boolean {
  return rangeTombstones.size > MOST_RANGE_TOMBSTONES ||
    rangeTombstones.boundBytes > MOST_RANGE_BYTES;
}

/**
 * Plans to rewrite the segment that most range tombstones overlap.
 *
 * @param isUrgent Whether there is nothing to be waited for.
 */
export function pickOverlapped<S extends SegmentInfo>(
  planning: Planning<S>,
  isUrgent: boolean,
): CompactionPlan<S> | undefined {
  const { version, context } = planning;
  if (version.rangeTombstones.isEmpty) return undefined;
  let best: { level: number; segment: S } | undefined;
  let most = 0;
  for (let level = isUrgent ? 0 : 1; level < MAX_LEVELS; level++) {
    for (const segment of version.levels[level]!) {
      if (isAnyWithheld(context, [segment])) continue;
      const count = unappliedRanges(planning, segment, isUrgent);
      if (count <= most) continue;
      most = count;
      best = { level, segment };
    }
  }
  if (best === undefined) return undefined;
  const reason = "range";
  const { level, segment } = best;
  if (level > 0) {
    return planRewrite(planning, { level, segments: [segment], reason });
  }
  const segments = version.levels[0]!;
  return planDescent(planning, { level, segments, reason, mayMove: false });
}

/** How many range tombstones a rewrite of the segment would apply. */
function unappliedRanges<S extends SegmentInfo>(
  { version, context }: Planning<S>,
  segment: S,
  isUrgent: boolean,
): number {
  const oldest = isUrgent ? Infinity : context.oldestSnapshot ?? Infinity;
  let count = 0;
  for (const fragment of overlapping(version, segment)) {
    const sequence = oldestAfter(fragment, segment.ceiling);
    if (sequence > 0 && sequence <= oldest) count++;
  }
  return count;
}

/** Whether a range tombstone still hides something of the segment. */
export function hasUnappliedRanges(
  version: Version,
  segment: SegmentInfo,
): boolean {
  return overlapping(version, segment).some((fragment) =>
    oldestAfter(fragment, segment.ceiling) > 0
  );
}

function overlapping(
  { rangeTombstones }: Version,
  { smallestKey, largestKey, ceiling }: SegmentInfo,
): Fragments {
  if (rangeTombstones.newest <= ceiling) return [];
  return rangeTombstones.overlapping(smallestKey, largestKey);
}
