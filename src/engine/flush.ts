import { type Pace, writeMerged } from "../compaction/merge.ts";
import { Retention } from "../compaction/retention.ts";
import {
  SegmentSink,
  type SegmentSinkOptions,
} from "../compaction/segment_sink.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import type { MemTable } from "../memtable/memtable.ts";
import type { VersionSet } from "./version_set.ts";

/** What background work needs besides its input. */
export interface WorkContext {
  readonly versions: VersionSet;
  readonly sinkOptions: SegmentSinkOptions;
  /** Sequence numbers of the snapshots that are held, ascending. */
  readonly snapshots: readonly number[];
  readonly pace: Pace;
}

/**
 * Writes a full MemTable to one segment of level 0. Answers with nothing if the table held only what nobody can see,
 * such as deletes of keys that no segment has.
 */
export async function writeTable(
  table: MemTable,
  context: WorkContext,
): Promise<SegmentInfo | undefined> {
  const { versions, snapshots, pace } = context;
  const [segment] = await writeMerged({
    source: table.versions(),
    retention: new Retention({
      snapshots,
      mayHoldBelow: (buffer, offset, length) =>
        versions.version.mayHoldBelow(-1, buffer, offset, length),
    }),
    sink: new SegmentSink({
      ...context.sinkOptions,
      segmentSize: Infinity,
    }),
    pace,
  });
  return segment;
}
