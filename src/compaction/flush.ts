import type { EntrySource } from "../format/cursor.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { Version } from "../manifest/version.ts";
import { AppliedTombstones } from "./applied_tombstones.ts";
import type { FlushJob, JobContext } from "./job.ts";
import { writeMerged } from "./merge.ts";
import { Retention } from "./retention.ts";
import { SegmentSink } from "./segment_sink.ts";

/**
 * Writes the records of a full MemTable to one segment of level 0. What its range deletes cover is left out. Answers with nothing if they are only what nobody can see,
 * such as deletes of keys that no segment has.
 */
export async function writeRecords(
  records: EntrySource,
  job: FlushJob,
  context: JobContext,
): Promise<SegmentInfo | undefined> {
  const version = new Version(job.levels);
  const [segment] = await writeMerged({
    source: applied(records, job),
    retention: new Retention({
      snapshots: job.snapshots,
      mayHoldBelow: (buffer, offset, length) =>
        version.mayHoldBelow(-1, buffer, offset, length),
    }),
    sink: new SegmentSink(job, context),
    pace: context.pace,
  });
  return segment;
}

/** Of the records of a table each knows when it was written. */
function applied(records: EntrySource, job: FlushJob): EntrySource {
  return job.rangeTombstones.length === 0
    ? records
    : new AppliedTombstones(records, { ...job, ceiling: undefined });
}
