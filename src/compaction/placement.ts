/**
 * Where segments go that were built of an import, and share no key with anything there is: a pure
 * function from a version to levels.
 *
 * 1. Into the level that has room for them by its target, or the deepest that holds anything, if
 *    that is deeper: there they need not be rewritten soon, and what is written over them later
 *    comes down to them as to any others.
 * 2. A level where the range of a segment overlaps that of another one cannot take it, though they
 *    share no key; nor can one that a running compaction is about to write into that range. Then a
 *    level further up does, and level 0 in the end.
 *
 * @module
 */
import { compareBytes } from "../bytes/compare.ts";
import { type SegmentInfo, totalBytes } from "../manifest/segment_info.ts";
import {
  MAX_LEVELS,
  type Version,
  type VersionEdit,
} from "../manifest/version.ts";
import type { CompactionSettings } from "../options.ts";
import type { CompactionPlan } from "./plan.ts";
import { levelTargetBytes } from "./strategy.ts";

/** What a placement depends on. */
export interface PlacementContext {
  readonly settings: CompactionSettings;
  /** The compaction that is under way. */
  readonly running: CompactionPlan | undefined;
}

/** Places segments, which share no key with one another either. */
export function placeSegments<S extends SegmentInfo>(
  version: Version<S>,
  segments: readonly S[],
  { settings, running }: PlacementContext,
): VersionEdit<S> {
  const deepest = Math.max(
    version.deepestLevel,
    levelWithRoom(version, totalBytes(segments), settings),
  );
  const isTaken = (level: number, segment: S) =>
    version.overlapping(level, segment.smallestKey, segment.largestKey)
        .length > 0 ||
    running !== undefined && isOutput(running, level, segment);
  const add = segments.map((segment) => {
    let level = deepest;
    while (level > 0 && isTaken(level, segment)) level--;
    return { level, segment };
  });
  return { add, remove: [] };
}

/** The first level from 1 on that stays within its target. */
function levelWithRoom(
  version: Version,
  bytes: number,
  settings: CompactionSettings,
): number {
  for (let level = 1; level < MAX_LEVELS - 1; level++) {
    if (
      version.levelBytes(level) + bytes <= levelTargetBytes(settings, level)
    ) {
      return level;
    }
  }
  return MAX_LEVELS - 1;
}

/**
 * Whether a compaction may write into the range of `segment`: its outputs lie between the first and
 * the last key of all its inputs.
 */
function isOutput(
  { inputs, outputLevel }: CompactionPlan,
  level: number,
  segment: SegmentInfo,
): boolean {
  if (level !== outputLevel) return false;
  const all = inputs.flatMap(({ segments }) => segments);
  return all.some(({ smallestKey }) =>
    compareBytes(smallestKey, segment.largestKey) <= 0
  ) && all.some(({ largestKey }) =>
    compareBytes(largestKey, segment.smallestKey) >= 0
  );
}
