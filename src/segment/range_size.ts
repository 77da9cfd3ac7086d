import { compareBytes } from "../bytes/compare.ts";
import type { KeyRange } from "../format/key_range.ts";
import type { SegmentIndex } from "./index.ts";
import type { SegmentProperties } from "./properties.ts";

/**
 * What share of a segment's data lies from `lower` on and before `upper`, going by the index alone:
 * of the blocks that the bounds fall into, half is taken to be in the range. So it is wrong by one
 * block at the most.
 */
export function shareOfRange(
  index: SegmentIndex,
  { smallestKey, largestKey }: SegmentProperties,
  { lower, upper }: KeyRange,
): { blocks: number; bytes: number } {
  const { blocks } = index;
  const isFromStart = lower === undefined ||
    compareBytes(lower, smallestKey) <= 0;
  const isToEnd = upper === undefined || compareBytes(upper, largestKey) > 0;
  const first = isFromStart ? 0 : index.blockFor(lower, 0, lower.length);
  const last = isToEnd ? blocks - 1 : index.blockFor(upper, 0, upper.length);
  if (first > last || first === blocks) return { blocks: 0, bytes: 0 };
  if (upper !== undefined && compareBytes(upper, smallestKey) <= 0) {
    return { blocks: 0, bytes: 0 };
  }
  const half = (block: number) =>
    (index.blockEnd(block) - index.blockStart(block)) / 2;
  let bytes = index.blockEnd(last) - index.blockStart(first);
  let count = last - first + 1;
  if (!isFromStart) {
    bytes -= half(first);
    count -= 0.5;
  }
  if (!isToEnd && (isFromStart || first < last)) {
    bytes -= half(last);
    count -= 0.5;
  }
  return {
    blocks: count / blocks,
    bytes: bytes / index.blockEnd(blocks - 1),
  };
}
