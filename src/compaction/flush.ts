import type { EntrySource } from "../format/cursor.ts";
import { DELETE } from "../format/kind.ts";
import {
  type NewestRecords,
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
  type RecordPlaces,
} from "../format/record.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { Version } from "../manifest/version.ts";
import { AppliedTombstones } from "./applied_tombstones.ts";
import type { JobContext, RecordsJob } from "./job.ts";
import { writeMerged } from "./merge.ts";
import { Retention } from "./retention.ts";
import { SegmentSink } from "./segment_sink.ts";
import { writeBlocks } from "./write_blocks.ts";

/** The records of a full MemTable. Range deletes are not among them. */
export interface FlushSource {
  /** Every version of every key, with sequence numbers. */
  versions(): EntrySource;
  /** The newest record of each key, by key. */
  newest(): NewestRecords;
}

/**
 * Writes the records of a full MemTable to one segment of level 0. What its range deletes cover is
 * left out. Answers with nothing if they are only what nobody can see, such as deletes of keys that
 * no segment has.
 */
export function writeRecords(
  source: FlushSource,
  job: RecordsJob,
  context: JobContext,
): Promise<SegmentInfo | undefined> {
  // Snapshots and range deletes cut through the history. Without them only the newest version of a
  // key matters, and no sequence number.
  return job.snapshots.length === 0 && job.rangeTombstones.length === 0
    ? writeNewest(source.newest(), job, context)
    : writeVersions(source.versions(), job, context);
}

/** The plain way, which is right for all jobs. */
export async function writeVersions(
  versions: EntrySource,
  job: RecordsJob,
  context: JobContext,
): Promise<SegmentInfo | undefined> {
  const below = new Version(job.levels);
  const [segment] = await writeMerged({
    source: job.rangeTombstones.length === 0
      ? versions
      : new AppliedTombstones(versions, { ...job, ceiling: undefined }),
    retention: new Retention({
      snapshots: job.snapshots,
      mayHoldBelow: (buffer, offset, length) =>
        job.keepsDeletes || below.mayHoldBelow(-1, buffer, offset, length),
    }),
    sink: new SegmentSink(job, context),
    pace: context.pace,
  });
  return segment;
}

/** The fast way. */
async function writeNewest(
  newest: NewestRecords,
  job: RecordsJob,
  context: JobContext,
): Promise<SegmentInfo | undefined> {
  const records = newest.hasDeletes && !job.keepsDeletes
    ? withNeededDeletes(newest, new Version(job.levels))
    : newest;
  if (records.places.length === 0) return undefined;
  return await writeBlocks(records, job, context);
}

/** Leaves out deletes of keys that no segment can have. */
function withNeededDeletes(
  { buffer, places }: RecordPlaces,
  below: Version,
): RecordPlaces {
  const isNeeded = (record: number) => {
    if (recordKind(buffer, record) !== DELETE) return true;
    const offset = record + RECORD_HEADER_BYTES;
    const length = recordKeyLength(buffer, record);
    return below.mayHoldBelow(-1, buffer, offset, length);
  };
  return { buffer, places: places.filter(isNeeded) };
}
