import { AppliedTombstones } from "../compaction/applied_tombstones.ts";
import type { JobContext } from "../compaction/job.ts";
import { writeMerged } from "../compaction/merge.ts";
import { Retention } from "../compaction/retention.ts";
import { SegmentSink } from "../compaction/segment_sink.ts";
import { isRangeDelete } from "../format/record.ts";
import { RangeDeletes } from "../memtable/range_deletes.ts";
import { RecordList } from "../memtable/record_list.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";

/** Records that are sorted at once, in bytes. */
const RUN_BYTES = 32 * 1024 * 1024;

/** And in number. */
const MOST_RECORDS = 1_000_000;

/** How all segments of a repaired store are written: as by an engine without options. */
export const SEGMENT_OPTIONS = {
  blockSize: 4096,
  compression: "none",
  // Whoever names the segments in a manifest knows it.
  ceiling: 0,
} as const;

/** A segment with the records of a run. */
export interface Run {
  /** File number of the segment. */
  readonly number: number;
  /** How many records there were up to its last one. */
  readonly ceiling: number;
}

/**
 * Sorts more records than memory may hold: runs of them are sorted and written to segments of their
 * own, to be merged later (external merge sort). The newest record of a key in a run is kept, a
 * tombstone too, unless a range delete that follows in the run covers it.
 */
export class RunWriter {
  readonly #context: JobContext;
  /** From old to new. */
  readonly runs: Run[] = [];
  /**
   * What the range deletes of all runs cover; their sequence numbers are those of the records,
   * counted from 1.
   */
  rangeTombstones: RangeTombstones = RangeTombstones.none;
  /** Records of the runs that are finished. */
  #finished = 0;
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
    const offsets = this.#offsets.subarray(0, this.#count);
    const firstSequence = this.#finished + 1;
    const ranges = new RangeDeletes(() => []);
    offsets.forEach((record, i) => {
      if (!isRangeDelete(this.#buffer, record)) return;
      ranges.add(this.#buffer, record, firstSequence + i);
    });
    const { tombstones } = ranges;
    const list = new RecordList({
      buffer: this.#buffer,
      offsets,
      firstSequence,
      hasRanges: !tombstones.isEmpty,
    });
    const segments = await writeMerged({
      source: new AppliedTombstones(list.versions(), {
        rangeTombstones: tombstones.fragments,
        snapshots: [],
        ceiling: undefined,
      }),
      retention: new Retention({ snapshots: [], mayHoldBelow: () => true }),
      sink: new SegmentSink(SEGMENT_OPTIONS, this.#context),
      pace: this.#context.pace,
    });
    this.#finished += this.#count;
    this.rangeTombstones = this.rangeTombstones.with(tombstones, []);
    const ceiling = this.#finished;
    this.runs.push(...segments.map(({ number }) => ({ number, ceiling })));
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
