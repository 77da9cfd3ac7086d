/**
 * What to compact next: a pure function from a version to a plan.
 *
 * Leveled compaction as in LevelDB and RocksDB:
 *
 * 1. Level 0 is due when it has `threshold` segments, or when scans have gone through it often: see
 *    `level0.ts`.
 * 2. Level n from 1 on is due when it is larger than its target,
 *    `levelSize * levelRatio ** (n - 1)`. One segment is merged into level n + 1: the one that
 *    rewrites the fewest bytes there for each of its own (RocksDB's `kMinOverlappingRatio`). Going
 *    round the keys in turn (LevelDB) needs a state to remember and wrote no less: 1 to 2 % more in
 *    simulations of uniformly random writes.
 * 3. Of the levels that are due, the one furthest past its bound goes first.
 * 4. When none is due, garbage is collected: see `garbage.ts`.
 *
 * What range tombstones cover goes before all of that, or when none is due: see
 * `covered_segments.ts`.
 *
 * A segment that overlaps nothing where it goes is moved there without being rewritten, unless it
 * is small: then it is joined with its neighbors of about the same size. Outputs are cut where they
 * would overlap too much of the level below them, so that later plans stay small.
 *
 * Every plan takes entries a level deeper, drops some, applies range tombstones, or leaves fewer
 * segments, so planning comes to an end by itself.
 *
 * @module
 */
import { type SegmentInfo, totalBytes } from "../manifest/segment_info.ts";
import { MAX_LEVELS, type Version } from "../manifest/version.ts";
import type { CompactionSettings } from "../options.ts";
import {
  hasTooManyRanges,
  pickCovered,
  pickOverlapped,
} from "./covered_segments.ts";
import { pickGarbage } from "./garbage.ts";
import { planLevel0 } from "./level0.ts";
import {
  type CompactionContext,
  type CompactionPlan,
  isAnyWithheld,
  overlappedBy,
  planDescent,
  type Planning,
} from "./plan.ts";

/** The compaction that is due most, or `undefined` if none is. */
export function pickCompaction<S extends SegmentInfo>(
  version: Version<S>,
  settings: CompactionSettings,
  context: CompactionContext,
): CompactionPlan<S> | undefined {
  const planning: Planning<S> = { version, settings, context };
  const first = pickCovered(planning) ??
    (hasTooManyRanges(version) ? pickOverlapped(planning, true) : undefined);
  if (first !== undefined) return first;
  const level0 = planLevel0(planning);
  for (const level of levelsThatAreDue(planning, level0 !== undefined)) {
    const plan = level === 0 ? level0 : planLevel(planning, level);
    if (plan !== undefined) return plan;
  }
  return pickOverlapped(planning, false) ?? pickGarbage(planning);
}

/** Bytes that a level from 1 on is kept to. */
export function levelTargetBytes(
  settings: CompactionSettings,
  level: number,
): number {
  return settings.levelSize * settings.levelRatio ** (level - 1);
}

/** Levels past their bound, the furthest first; level 0 before others that are as far. */
function levelsThatAreDue<S extends SegmentInfo>(
  { version, settings }: Planning<S>,
  isLevel0Due: boolean,
): number[] {
  const due: { level: number; score: number }[] = [];
  if (isLevel0Due) {
    const count = version.levels[0]!.length;
    due.push({ level: 0, score: count / settings.threshold });
  }
  for (let level = 1; level < MAX_LEVELS - 1; level++) {
    const score = version.levelBytes(level) / levelTargetBytes(settings, level);
    if (score > 1) due.push({ level, score });
  }
  return due.sort((a, b) => b.score - a.score).map(({ level }) => level);
}

function planLevel<S extends SegmentInfo>(
  planning: Planning<S>,
  level: number,
): CompactionPlan<S> | undefined {
  const { version, context } = planning;
  let best: S | undefined;
  let leastRatio = Infinity;
  for (const segment of version.levels[level]!) {
    const below = overlappedBy(version, level + 1, [segment]);
    const ratio = totalBytes(below) / segment.sizeBytes;
    if (ratio >= leastRatio || isAnyWithheld(context, [segment, ...below])) {
      continue;
    }
    leastRatio = ratio;
    best = segment;
  }
  if (best === undefined) return undefined;
  const segments = [best];
  return planDescent(planning, {
    level,
    segments,
    reason: "size",
    mayMove: true,
  });
}
