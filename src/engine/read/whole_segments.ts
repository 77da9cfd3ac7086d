import { compareBytes } from "../../bytes/compare.ts";
import { type KeyRange, successor } from "../../format/key_range.ts";
import { hasKeyIn } from "../../memtable/range_size.ts";
import type { ScanSource } from "./scan.ts";
import type { Segment } from "../state/segment.ts";

/** What is to be counted, and in which versions of it. */
type Source = Pick<
  ScanSource,
  "state" | "maxSequence" | "ranges" | "range"
>;

/** A range in two parts: keys whose number is known, and what is left to be gone through. */
export interface CountPlan {
  readonly known: number;
  /** Ascending, each with the segments that reach into it, by level. */
  readonly gaps: readonly Gap[];
}

/** A stretch between segments whose keys are known. */
export interface Gap {
  readonly range: KeyRange;
  readonly levels: readonly (readonly Segment[])[];
}

/**
 * Finds the segments of a range whose keys need not be gone through to be counted: they lie in it
 * as a whole, all that they hold is visible, with one version of each key, and nothing else has
 * room for a key among theirs. After a full compaction that is all of them but those at the ends.
 */
export function planCount(source: Source): CountPlan {
  const { levels } = source.state.live.version;
  const whole = wholeSegments(source);
  const isWhole = new Set(whole);
  const known = whole.reduce(
    (sum, { entries, tombstones }) => sum + entries - tombstones,
    0,
  );
  let { lower } = source.range;
  const ranges: KeyRange[] = [];
  for (const { smallestKey, largestKey } of whole) {
    ranges.push({ lower, upper: smallestKey });
    lower = successor(largestKey);
  }
  ranges.push({ lower, upper: source.range.upper });
  const gaps = ranges.map((range) => ({
    range,
    levels: levels.map((level) =>
      level.filter((segment) =>
        !isWhole.has(segment) && reachesInto(segment, range)
      )
    ),
  }));
  return { known, gaps };
}

/** By ascending key. */
function wholeSegments(source: Source): Segment[] {
  const { state, range, maxSequence, ranges } = source;
  const { lower, upper } = range;
  const near = state.live.version.levels.flat()
    .filter((segment) => reachesInto(segment, range))
    .sort((a, b) => compareBytes(a.smallestKey, b.smallestKey));
  let largestBefore: Uint8Array | undefined;
  return near.filter((segment, i) => {
    const { smallestKey, largestKey, olderVersions } = segment;
    const next = near[i + 1]?.smallestKey;
    const before = largestBefore;
    if (!before || compareBytes(before, largestKey) < 0) {
      largestBefore = largestKey;
    }
    return olderVersions === 0 && segment.maxSequence <= maxSequence &&
      segment.visibleFrom <= maxSequence &&
      (!before || compareBytes(before, smallestKey) < 0) &&
      (!next || compareBytes(next, largestKey) > 0) &&
      (!lower || compareBytes(lower, smallestKey) <= 0) &&
      (!upper || compareBytes(upper, largestKey) > 0) &&
      ranges.overlapping(smallestKey, largestKey).length === 0 &&
      state.tables.every((table) => !hasKeyIn(table, smallestKey, largestKey));
  });
}

function reachesInto(
  { smallestKey, largestKey }: Segment,
  { lower, upper }: KeyRange,
): boolean {
  return (!lower || compareBytes(largestKey, lower) >= 0) &&
    (!upper || compareBytes(smallestKey, upper) < 0);
}
