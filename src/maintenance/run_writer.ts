import type { JobContext } from "../compaction/job.ts";
import { writeMerged } from "../compaction/merge.ts";
import { Retention } from "../compaction/retention.ts";
import { SegmentSink } from "../compaction/segment_sink.ts";
import { type RecordList, SortedRecords } from "../memtable/sorted_records.ts";

/** Records that are sorted at once, in bytes. */
const RUN_BYTES = 32 * 1024 * 1024;

/** And in number. */
const MOST_RECORDS = 1_000_000;

/** How all segments of a repaired store are written: as by an engine without options. */
export const SEGMENT_OPTIONS = {
  blockSize: 4096,
  compression: "none",
} as const;

/**
 * Sorts more records than memory may hold: runs of them are sorted and written to segments of their own, to be merged later (external merge sort). The
 * newest record of a key in a run is kept, a tombstone too.
 */
export class RunWriter {
  readonly #context: JobContext;
  /** Numbers of the segments, from old to new. */
  readonly runs: number[] = [];
  #buffer: Uint8Array = new Uint8Array(64 * 1024);
  #used = 0;
  #offsets: Uint32Array = new Uint32Array(1024);
  #count = 0;

  constructor(context: JobContext) {
    this.#context = context;
  }

  /** Adds a record that is newer than those before. */
  async add(record: Uint8Array): Promise<void> {
    const isFull = this.#count === MOST_RECORDS ||
      this.#used + record.length > RUN_BYTES;
    if (isFull) await this.finish();
    this.#reserve(record.length);
    this.#buffer.set(record, this.#used);
    this.#offsets[this.#count++] = this.#used;
    this.#used += record.length;
  }

  /** Writes what is left. */
  async finish(): Promise<void> {
    if (this.#count === 0) return;
    const list: RecordList = {
      buffer: this.#buffer,
      offsets: this.#offsets.subarray(0, this.#count),
      firstSequence: 0,
    };
    const segments = await writeMerged({
      source: new SortedRecords(list, false),
      retention: new Retention({ snapshots: [], mayHoldBelow: () => true }),
      sink: new SegmentSink(SEGMENT_OPTIONS, this.#context),
      pace: this.#context.pace,
    });
    this.runs.push(...segments.map(({ number }) => number));
    this.#used = 0;
    this.#count = 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#used));
      this.#buffer = larger;
    }
    if (this.#count === this.#offsets.length) {
      const larger = new Uint32Array(2 * this.#offsets.length);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
  }
}
