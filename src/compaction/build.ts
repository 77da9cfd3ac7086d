import type { SegmentInfo } from "../manifest/segment_info.ts";
import { placesOf } from "../segment/record_blocks.ts";
import type { BuildJob, JobContext } from "./job.ts";
import { writeBlocks } from "./write_blocks.ts";

/**
 * Writes puts that stand in order to one segment, which every snapshot may see. After a failure
 * nothing of it is left.
 */
export function buildSegment(
  job: BuildJob,
  context: JobContext,
): Promise<SegmentInfo> {
  const records = placesOf(new Uint8Array(job.buffer, 0, job.length));
  return writeBlocks(records, { ...job, ceiling: 0 }, context);
}
