import type { EntrySource } from "../format/cursor.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { isPending } from "../storage/awaitable.ts";
import type { Retention } from "./retention.ts";
import type { SegmentSink } from "./segment_sink.ts";

/** Gives way to others during long work, and ends it early by throwing. */
export interface Pace {
  /** Counts units of work, one for each entry; whether {@linkcode Pace.pause} is due. Default 1. */
  isDue(units?: number): boolean;
  /** Resolves when the work may go on; rejects to end it. */
  pause(): Promise<void>;
}

/** Where merged entries come from and go to. */
export interface Merge {
  /** All versions of all keys. */
  readonly source: EntrySource;
  /** Which of them are still needed. */
  readonly retention: Retention;
  /** Where those go. */
  readonly sink: SegmentSink;
  readonly pace: Pace;
}

/**
 * The work of flush and compaction: reads a sorted stream, drops what nobody can see any more, and
 * writes the rest to segments. Answers with what it has written; after a failure nothing of that is
 * left.
 */
export async function writeMerged(merge: Merge): Promise<SegmentInfo[]> {
  const { source, retention, sink, pace } = merge;
  try {
    const started = source.seekToFirst();
    let has = isPending(started) ? await started : started;
    while (has) {
      if (retention.admit(source.entry)) {
        const added = sink.add(source.entry);
        if (isPending(added)) await added;
      }
      if (pace.isDue()) await pace.pause();
      const moved = source.next();
      has = isPending(moved) ? await moved : moved;
    }
    return await sink.finish();
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}
