import type { SegmentInfo } from "../manifest/segment_info.ts";
import { MAX_LEVELS } from "../manifest/version.ts";
import {
  type CompactionContext,
  type CompactionPlan,
  isAnyWithheld,
  overlappedBy,
  planDescent,
  type Planning,
  planRewrite,
} from "./plan.ts";

/**
 * Finds tombstones and older versions that a compaction is sure to drop, or tombstones that it pays
 * to bring down to what they hide.
 *
 * A segment comes into question only when its largest stored sequence number is within sight of the
 * oldest snapshot. Then every entry is visible to all snapshots, so that a rewrite drops every
 * older version, and every tombstone with nothing below it. Entries whose sequence number was set
 * to 0 are visible to all for good: newer snapshots see more, never less. So no other number needs
 * to be kept with a segment to know that a rewrite makes progress.
 */
export function pickGarbage<S extends SegmentInfo>(
  planning: Planning<S>,
): CompactionPlan<S> | undefined {
  return pickRewrite(planning) ?? pickDescent(planning);
}

/**
 * The segment with the largest share of entries that a rewrite in its own level is sure to drop.
 */
function pickRewrite<S extends SegmentInfo>(
  planning: Planning<S>,
): CompactionPlan<S> | undefined {
  const { version, context } = planning;
  let best: { level: number; segment: S } | undefined;
  let bestShare = 0;
  for (let level = 1; level < MAX_LEVELS; level++) {
    for (const segment of version.levels[level]!) {
      if (!isSettled(context, segment)) continue;
      const { tombstones, olderVersions, entries } = segment;
      // The search below costs something; most segments are without garbage.
      if (tombstones + olderVersions === 0) continue;
      const dropped = hidesNothing(planning, level, segment)
        ? tombstones + olderVersions
        : olderVersions;
      if (dropped / entries > bestShare) {
        bestShare = dropped / entries;
        best = { level, segment };
      }
    }
  }
  if (best === undefined) return undefined;
  const { level, segment } = best;
  const reason = "garbage";
  return planRewrite(planning, { level, segments: [segment], reason });
}

/**
 * Segments that are tombstones for the most part go down before their level is full: what they hide
 * wastes space, and every scan must step over them (RocksDB's `CompactOnDeletionCollector`).
 */
function pickDescent<S extends SegmentInfo>(
  planning: Planning<S>,
): CompactionPlan<S> | undefined {
  const { version, context } = planning;
  const newest = version.levels[0]!;
  if (
    isMostlyTombstones(newest) && paysBelow(planning, newest) &&
    newest.every((segment) => isSettled(context, segment))
  ) {
    const plan = descent(planning, 0, newest);
    if (plan !== undefined) return plan;
  }
  for (let level = 1; level < MAX_LEVELS - 1; level++) {
    for (const segment of version.levels[level]!) {
      if (
        !isMostlyTombstones([segment]) || !isSettled(context, segment) ||
        hidesNothing(planning, level, segment)
      ) continue;
      const plan = descent(planning, level, [segment]);
      if (plan !== undefined) return plan;
    }
  }
  return undefined;
}

function descent<S extends SegmentInfo>(
  planning: Planning<S>,
  level: number,
  segments: readonly S[],
): CompactionPlan<S> | undefined {
  const reason = "garbage";
  return planDescent(planning, { level, segments, reason, mayMove: true });
}

/** Whether every live snapshot sees every entry of a segment that is free to be compacted. */
function isSettled(context: CompactionContext, segment: SegmentInfo): boolean {
  const { oldestSnapshot } = context;
  return !isAnyWithheld(context, [segment]) &&
    (oldestSnapshot === undefined || segment.maxSequence <= oldestSnapshot);
}

function isMostlyTombstones(segments: readonly SegmentInfo[]): boolean {
  let surplus = 0;
  for (const { tombstones, entries } of segments) {
    surplus += 2 * tombstones - entries;
  }
  return surplus > 0;
}

/**
 * Whether no more than `levelRatio` entries of level 1 are rewritten for each tombstone of level 0:
 * a session that deletes a few keys rewrites no store.
 */
function paysBelow<S extends SegmentInfo>(
  { version, settings }: Planning<S>,
  segments: readonly S[],
): boolean {
  const sum = (
    of: readonly SegmentInfo[],
    count: (segment: SegmentInfo) => number,
  ) => of.reduce((total, segment) => total + count(segment), 0);
  const below = overlappedBy(version, 1, segments);
  return sum(below, ({ entries }) => entries) <=
    settings.levelRatio * sum(segments, ({ tombstones }) => tombstones);
}

/** Whether nothing deeper overlaps the segment, so that its tombstones have nothing to hide. */
function hidesNothing<S extends SegmentInfo>(
  { version }: Planning<S>,
  level: number,
  segment: S,
): boolean {
  for (let below = level + 1; below < MAX_LEVELS; below++) {
    if (overlappedBy(version, below, [segment]).length > 0) return false;
  }
  return true;
}
