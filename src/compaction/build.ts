import type { EntrySource } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import { PUT } from "../format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordValueLength,
} from "../format/record.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import type { BuildJob, JobContext } from "./job.ts";
import { writeMerged } from "./merge.ts";
import { SegmentSink } from "./segment_sink.ts";

/** Writes puts that stand in order to one segment, which every snapshot may see. */
export async function buildSegment(
  job: BuildJob,
  context: JobContext,
): Promise<SegmentInfo> {
  const [segment] = await writeMerged({
    source: new OrderedPuts(new Uint8Array(job.buffer, 0, job.length)),
    sink: new SegmentSink({ ...job, ceiling: 0 }, context),
    pace: context.pace,
  });
  return segment!;
}

/** Puts that stand one behind the other, at least one. */
class OrderedPuts implements EntrySource {
  readonly entry: EntryView = new EntryView();
  readonly #records: Uint8Array;
  #next = 0;

  constructor(records: Uint8Array) {
    this.#records = records;
    this.entry.kind = PUT;
    this.entry.keyBuffer = records;
    this.entry.valueBuffer = records;
  }

  seekToFirst(): boolean {
    this.#next = 0;
    return this.next();
  }

  next(): boolean {
    const records = this.#records;
    const start = this.#next;
    if (start === records.length) return false;
    const { entry } = this;
    entry.keyOffset = start + RECORD_HEADER_BYTES;
    entry.keyLength = recordKeyLength(records, start);
    entry.valueOffset = entry.keyOffset + entry.keyLength;
    entry.valueLength = recordValueLength(records, start);
    this.#next = entry.valueOffset + entry.valueLength;
    return true;
  }
}
