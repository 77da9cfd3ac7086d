import { newestPerStripe } from "../tombstones/fragment.ts";
import type { RangeTombstones } from "../tombstones/range_tombstones.ts";
import type { SegmentInfo } from "./segment_info.ts";
import type { Version } from "./version.ts";

/**
 * The version under `tombstones`, those of them that are still needed:
 *
 * 1. One hides nothing any more once every segment that it overlaps has a ceiling that it does not
 *    exceed.
 * 2. Of those that every live snapshot sees alike, the newest hides all that the older ones do.
 *
 * A tombstone of a version is in segments, so a snapshot that is taken later sees it: what is left
 * out now is never asked for again.
 *
 * @param snapshots Sequence numbers of the live snapshots, ascending.
 */
export function withNeeded<S extends SegmentInfo>(
  version: Version<S>,
  tombstones: RangeTombstones,
  snapshots: readonly number[],
): Version<S> {
  if (tombstones.isEmpty && version.rangeTombstones.isEmpty) return version;
  const needed = tombstones.filter(({ start, end, sequences }) => {
    const ceiling = version.lowestCeiling(start, end);
    const hiding = sequences[sequences.length - 1]! > ceiling
      ? sequences
      : sequences.filter((sequence) => sequence > ceiling);
    return newestPerStripe(hiding, snapshots);
  });
  return version.withRangeTombstones(needed);
}
