import {
  overlaps,
  rangeOf,
  type SegmentInfo,
  totalBytes,
} from "../manifest/segment_info.ts";
import { MAX_LEVELS, type Version } from "../manifest/version.ts";
import type { CompactionSettings } from "../options.ts";

/** Why a compaction is due. */
export type CompactionReason =
  | "level0"
  | "reads"
  | "size"
  | "range"
  | "garbage"
  | "full";

/** One compaction to carry out. */
export interface CompactionPlan<S extends SegmentInfo = SegmentInfo> {
  /**
   * What goes in, the newest level first and in each level's order, so that merging in this order
   * puts newer versions first.
   */
  readonly inputs: readonly {
    readonly level: number;
    readonly segments: readonly S[];
  }[];
  /** Where the output goes. */
  readonly outputLevel: number;
  /**
   * `merge`: the inputs are written anew. `move`: they only change their level, and all come from
   * one. `drop`: nothing of them is to be read any more.
   */
  readonly action: "merge" | "move" | "drop";
  /**
   * Ascending keys at which the output goes on in a new segment: the first key at or past one of
   * them starts it.
   */
  readonly splitKeys: readonly Uint8Array[];
  readonly reason: CompactionReason;
}

/** What a plan depends on beside the version. */
export interface CompactionContext {
  /** Sequence number of the oldest live snapshot, or `undefined` if there is none. */
  readonly oldestSnapshot: number | undefined;
  /**
   * Numbers of segments that no plan may touch for now: those of an import that is being installed.
   */
  readonly withheld: ReadonlySet<number>;
  /** How often scans have gone through a segment of level 0, of those that are there now. */
  readonly level0Reads: number;
  /** Whether there is a file number for what is merged in level 0 and stays there. */
  readonly mayMergeLevel0: boolean;
}

/** What planning looks at. */
export interface Planning<S extends SegmentInfo> {
  readonly version: Version<S>;
  readonly settings: CompactionSettings;
  readonly context: CompactionContext;
}

/** What a merge starts from: segments of one level that go one level deeper. */
export interface MergeSource<S extends SegmentInfo> {
  readonly level: number;
  readonly segments: readonly S[];
  readonly reason: CompactionReason;
  /** Whether to move what overlaps nothing rather than rewrite it, unless it is a fragment. */
  readonly mayMove: boolean;
}

/**
 * None of the segments that are merged beside one another is so many times as large as the others
 * together: much would be rewritten for little. Fragments of one size come down to a logarithm of
 * their number: 3,000 flushes of 10 KB in key order left 4 segments in a simulation, and rewrote
 * each entry 9 times.
 */
export const MOST_UNLIKE = 4;

/**
 * Plans to take segments one level deeper, or answers `undefined` if segments that are withheld are
 * in the way.
 */
export function planDescent<S extends SegmentInfo>(
  planning: Planning<S>,
  source: MergeSource<S>,
): CompactionPlan<S> | undefined {
  const { version, context } = planning;
  const { level, segments, reason } = source;
  const outputLevel = level + 1;
  const upper = { level, segments };
  const below = overlappedBy(version, outputLevel, segments);
  if (isAnyWithheld(context, segments) || isAnyWithheld(context, below)) return;
  if (isBetweenWithheld(planning, outputLevel, [...segments, ...below])) return;
  const canSink = source.mayMove && canMove(planning, upper, below);
  const lower = {
    level: outputLevel,
    segments: canSink && below.length === 0
      ? alikeBeside(planning, outputLevel, segments)
      : below,
  };
  const merged = [...segments, ...lower.segments];
  if (canSink && (below.length > 0 || !areFragments(planning, merged))) {
    return {
      inputs: [upper],
      outputLevel,
      action: "move",
      splitKeys: [],
      reason,
    };
  }
  return {
    inputs: lower.segments.length > 0 ? [upper, lower] : [upper],
    outputLevel,
    action: "merge",
    splitKeys: splitKeys(planning, outputLevel, merged),
    reason,
  };
}

/**
 * Plans to rewrite one segment, or several that are neighbors, in their level, which must not be
 * level 0: there the new file would pass for the newest.
 */
export function planRewrite<S extends SegmentInfo>(
  planning: Planning<S>,
  source: Omit<MergeSource<S>, "mayMove">,
): CompactionPlan<S> | undefined {
  const { level, segments, reason } = source;
  const { context } = planning;
  // Others may be about to write between neighbors.
  if (segments.length > 1 && context.withheld.size > 0) return undefined;
  if (isAnyWithheld(context, segments)) return undefined;
  return {
    inputs: [{ level, segments }],
    outputLevel: level,
    action: "merge",
    splitKeys: splitKeys(planning, level, segments),
    reason,
  };
}

/** Whether segments that are neighbors fit into one. */
function areFragments<S extends SegmentInfo>(
  { settings }: Planning<S>,
  segments: readonly SegmentInfo[],
): boolean {
  return segments.length > 1 && totalBytes(segments) <= settings.segmentSize;
}

/**
 * The segments of `level` beside `segments`, which overlap none of them, that are to become one
 * with them: short sessions and flushes on demand leave many small ones side by side.
 */
function alikeBeside<S extends SegmentInfo>(
  { version, settings, context }: Planning<S>,
  level: number,
  segments: readonly SegmentInfo[],
): readonly S[] {
  // Others may be about to write between these and those beside them.
  if (context.withheld.size > 0) return [];
  const others = version.levels[level]!;
  const { smallestKey } = segments[0]!;
  let start = version.lowerBound(level, smallestKey, 0, smallestKey.length);
  let end = start;
  let bytes = totalBytes(segments);
  const isAlike = (other: S | undefined): other is S =>
    other !== undefined &&
    Math.max(bytes, other.sizeBytes) <=
      MOST_UNLIKE * Math.min(bytes, other.sizeBytes) &&
    bytes + other.sizeBytes <= settings.segmentSize;
  for (;;) {
    const before = others[start - 1];
    const behind = others[end];
    if (isAlike(before)) {
      start--;
      bytes += before.sizeBytes;
    } else if (isAlike(behind)) {
      end++;
      bytes += behind.sizeBytes;
    } else return others.slice(start, end);
  }
}

/** Segments of `level` that lie between the smallest and the largest key of `segments`. */
export function overlappedBy<S extends SegmentInfo>(
  version: Version<S>,
  level: number,
  segments: readonly SegmentInfo[],
): readonly S[] {
  const { smallestKey, largestKey } = rangeOf(segments);
  return version.overlapping(level, smallestKey, largestKey);
}

/**
 * Whether segments on both sides of `segments` are withheld, in `level` or the one above: they may
 * be about to become one, which would reach over the gap that `segments` go to.
 */
function isBetweenWithheld<S extends SegmentInfo>(
  { version, context: { withheld } }: Planning<S>,
  level: number,
  segments: readonly SegmentInfo[],
): boolean {
  if (withheld.size === 0) return false;
  const { smallestKey, largestKey } = rangeOf(segments);
  let isBehindOne = false;
  let isBeforeOne = false;
  for (let at = Math.max(level - 1, 1); at <= level; at++) {
    const others = version.levels[at]!;
    const start = version.lowerBound(at, smallestKey, 0, smallestKey.length);
    const end = start + version.overlapping(at, smallestKey, largestKey).length;
    isBehindOne ||= withheld.has(others[start - 1]?.number ?? -1);
    isBeforeOne ||= withheld.has(others[end]?.number ?? -1);
  }
  return isBehindOne && isBeforeOne;
}

/** Whether any of `segments` are withheld. */
export function isAnyWithheld(
  { withheld }: CompactionContext,
  segments: readonly SegmentInfo[],
): boolean {
  return withheld.size > 0 &&
    segments.some(({ number }) => withheld.has(number));
}

/**
 * Bytes of the next level that a segment may overlap, and so about the size of a plan: two and a
 * half times the `levelRatio` segments that it overlaps when the levels are full. RocksDB's
 * `max_compaction_bytes` is the same 25 segments.
 */
export function maxOverlapBytes(settings: CompactionSettings): number {
  return 2.5 * settings.levelRatio * settings.segmentSize;
}

function canMove<S extends SegmentInfo>(
  { version, settings }: Planning<S>,
  { level, segments }: { level: number; segments: readonly S[] },
  below: readonly S[],
): boolean {
  const limit = maxOverlapBytes(settings);
  return segments.every((segment, i) => {
    const rivals = level === 0 ? [...segments.slice(i + 1), ...below] : below;
    if (rivals.some((rival) => overlaps(segment, rival))) return false;
    if (level + 2 >= MAX_LEVELS) return true;
    return totalBytes(overlappedBy(version, level + 2, [segment])) <= limit;
  });
}

/**
 * Cuts the range of `inputs` so that no output overlaps much more than {@linkcode maxOverlapBytes}
 * of the level below it.
 */
function splitKeys<S extends SegmentInfo>(
  { version, settings }: Planning<S>,
  outputLevel: number,
  inputs: readonly S[],
): Uint8Array[] {
  if (outputLevel + 1 >= MAX_LEVELS) return [];
  const limit = maxOverlapBytes(settings);
  const keys: Uint8Array[] = [];
  let bytes = 0;
  for (const segment of overlappedBy(version, outputLevel + 1, inputs)) {
    if (bytes > 0 && bytes + segment.sizeBytes > limit) {
      keys.push(segment.smallestKey);
      bytes = 0;
    }
    bytes += segment.sizeBytes;
  }
  return keys;
}
