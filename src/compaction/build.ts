import type { SegmentInfo } from "../manifest/segment_info.ts";
import { PutBlocks } from "../segment/put_blocks.ts";
import { isPending } from "../storage/awaitable.ts";
import type { BuildJob, JobContext } from "./job.ts";
import { SegmentSink } from "./segment_sink.ts";

/** Writes puts that stand in order to one segment, which every snapshot may see. After a failure nothing of it is left. */
export async function buildSegment(
  job: BuildJob,
  { pace, ...context }: JobContext,
): Promise<SegmentInfo> {
  const records = new Uint8Array(job.buffer, 0, job.length);
  const blocks = new PutBlocks(records, job.blockSize);
  const sink = new SegmentSink({ ...job, ceiling: 0 }, context);
  try {
    for (let block = blocks.next(); block; block = blocks.next()) {
      const added = sink.addBlock(block);
      if (isPending(added)) await added;
      if (pace.isDue()) await pace.pause();
    }
    const [segment] = await sink.finish();
    return segment!;
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}
