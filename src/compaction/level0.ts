/**
 * What to do about level 0, where each segment is one more to be looked into by every read.
 *
 * It is due when it has `threshold` segments, or when scans have paid as much for going through it
 * as a merge will cost: LevelDB's seek compaction, for level 0 alone. Then one of two things is
 * done:
 *
 * 1. All of it goes into level 1, with what it overlaps there. Were one segment left behind, older
 *    versions of a key could come to lie above newer ones.
 * 2. If that would rewrite more than `levelRatio` bytes of level 1 for each of level 0, as when a
 *    store is opened, written to a little and closed time and again, the newest segments are merged
 *    with one another and stay where they are: RocksDB's intra-L0 compaction. As in its universal
 *    compaction, a segment is left out that is much larger than all newer ones together: it would
 *    be rewritten for little. In a simulation of 1,000 flushes of one size each of them was
 *    rewritten 14 times; 42 times where all were left out that were larger.
 *
 * The output of the latter is newer than what was left out, and older than what is flushed
 * meanwhile; level 0 goes by file numbers, so it has to have one in between.
 *
 * @module
 */
import { type SegmentInfo, totalBytes } from "../manifest/segment_info.ts";
import {
  type CompactionPlan,
  type CompactionReason,
  isAnyWithheld,
  MOST_UNLIKE,
  overlappedBy,
  planDescent,
  type Planning,
} from "./plan.ts";

/**
 * Bytes of a merge that take about as long as it takes a scan to go through one segment more.
 * Measured with three segments over a level of 115 MB: 2 to 10 us a scan and segment, with merges
 * at 100 to 300 MB/s; without the three, scans took 30 to 45 % less.
 */
const BYTES_PER_READ = 1024;

/**
 * So many times the segments that make level 0 due, and it goes into level 1 even where a smaller
 * merge only waits for its number.
 */
const MOST_PATIENCE = 2;

/** What is due in level 0; `undefined` if nothing is, or cannot be done for now. */
export function planLevel0<S extends SegmentInfo>(
  planning: Planning<S>,
): CompactionPlan<S> | undefined {
  const { version, settings, context } = planning;
  const segments = version.levels[0]!;
  const bytes = totalBytes(segments);
  const paidBytes = context.level0Reads * BYTES_PER_READ;
  const isFull = segments.length >= settings.threshold;
  if (segments.length === 0 || (!isFull && paidBytes < bytes)) return undefined;
  const reason = isFull ? "level0" : "reads";
  const bytesBelow = totalBytes(overlappedBy(version, 1, segments));
  // Fragments that fit into gaps would stay there: each would be a file for good.
  const mayMove = bytesBelow === 0 || bytes > settings.segmentSize;
  const source = { level: 0, segments, reason, mayMove } as const;
  const descent = planDescent(planning, source);
  if (descent?.action === "move") return descent;
  if (bytesBelow > settings.levelRatio * bytes) {
    const run = isFull ? newestRun(segments) : segments;
    if (run.length > 1 && totalBytes(run) <= settings.segmentSize) {
      if (context.mayMergeLevel0) return planMergeWithin(planning, run, reason);
      if (segments.length < MOST_PATIENCE * settings.threshold) {
        return undefined;
      }
    }
  }
  return isFull || paidBytes >= bytes + bytesBelow ? descent : undefined;
}

/**
 * The newest segments, at least two, up to the last that is not much larger than all newer ones
 * together.
 */
function newestRun<S extends SegmentInfo>(segments: readonly S[]): S[] {
  let length = 2;
  let bytes = 0;
  segments.forEach(({ sizeBytes }, i) => {
    if (sizeBytes <= MOST_UNLIKE * bytes) length = i + 1;
    bytes += sizeBytes;
  });
  return segments.slice(0, length);
}

function planMergeWithin<S extends SegmentInfo>(
  { context }: Planning<S>,
  segments: readonly S[],
  reason: CompactionReason,
): CompactionPlan<S> | undefined {
  if (isAnyWithheld(context, segments)) return undefined;
  return {
    inputs: [{ level: 0, segments }],
    outputLevel: 0,
    action: "merge",
    splitKeys: [],
    reason,
  };
}
