import { writeMerged } from "../compaction/merge.ts";
import { Retention } from "../compaction/retention.ts";
import { SegmentSink } from "../compaction/segment_sink.ts";
import type { CompactionPlan } from "../compaction/plan.ts";
import type { Cursor } from "../format/cursor.ts";
import { ConcatCursor } from "../iterator/concat_cursor.ts";
import { MergingCursor } from "../iterator/merging_cursor.ts";
import { totalBytes } from "../manifest/segment_info.ts";
import type { WorkContext } from "./flush.ts";
import type { Segment } from "./segment.ts";

/** What a compaction has read and written, in bytes; both 0 for a move. */
export interface CompactionResult {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** Carries out a plan: writes the merged segments and makes them take the place of the inputs. */
export async function carryOut(
  plan: CompactionPlan<Segment>,
  context: WorkContext,
): Promise<CompactionResult> {
  const { versions, snapshots, pace, sinkOptions } = context;
  const inputs = plan.inputs.flatMap(({ segments }) => segments);
  const remove = plan.inputs.flatMap(({ level, segments }) =>
    segments.map(({ number }) => ({ level, number }))
  );
  if (plan.move) {
    const add = inputs.map((segment) => ({ level: plan.outputLevel, segment }));
    await versions.change({ edit: { add, remove } });
    return { bytesRead: 0, bytesWritten: 0 };
  }
  const held = versions.live;
  held.retain();
  try {
    const infos = await writeMerged({
      source: new MergingCursor(plan.inputs.flatMap(inputCursors), true),
      retention: new Retention({
        snapshots,
        mayHoldBelow: (buffer, offset, length) =>
          held.version.mayHoldBelow(plan.outputLevel, buffer, offset, length),
      }),
      sink: new SegmentSink({ ...sinkOptions, splitKeys: plan.splitKeys }),
      pace,
    });
    const add = await Promise.all(infos.map(async (info) => ({
      level: plan.outputLevel,
      segment: await versions.openSegment(info),
    })));
    await versions.change({ edit: { add, remove } });
    return { bytesRead: totalBytes(inputs), bytesWritten: totalBytes(infos) };
  } finally {
    held.release();
  }
}

/** Level 0 gives a cursor for each segment, newest first; a deeper level, whose segments share no key, gives one. */
function inputCursors(
  { level, segments }: CompactionPlan<Segment>["inputs"][number],
): Cursor[] {
  const parts = segments.map((segment) => ({
    position: (key: Uint8Array) => segment.position(key),
    cursor: () =>
      segment.reader.cursor({
        maxSequence: Infinity,
        allVersions: true,
        fillCache: false,
      }),
  }));
  return level === 0
    ? parts.map((part) => part.cursor())
    : [new ConcatCursor(parts)];
}
