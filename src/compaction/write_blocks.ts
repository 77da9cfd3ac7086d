import type { RecordPlaces } from "../format/record.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { RecordBlocks } from "../segment/record_blocks.ts";
import { isPending } from "../storage/awaitable.ts";
import type { JobContext } from "./job.ts";
import { SegmentSink, type SegmentSinkOptions } from "./segment_sink.ts";

/**
 * Writes records, at least one and by strictly ascending key, to one segment, block by block: all
 * readers see them, whatever they have been written after. After a failure nothing of it is left.
 */
export async function writeBlocks(
  records: RecordPlaces,
  options: Omit<SegmentSinkOptions, "segmentSize" | "splitKeys">,
  { pace, ...context }: JobContext,
): Promise<SegmentInfo> {
  const { blockSize, compression, ceiling } = options;
  const blocks = new RecordBlocks(records, blockSize);
  const sink = new SegmentSink({ blockSize, compression, ceiling }, context);
  try {
    for (let block = blocks.next(); block; block = blocks.next()) {
      const added = sink.addBlock(block);
      if (isPending(added)) await added;
      if (pace.isDue(block.hashes.length)) await pace.pause();
    }
    const [segment] = await sink.finish();
    return segment!;
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}
