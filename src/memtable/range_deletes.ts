import {
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordValueLength,
} from "../format/record.ts";
import type { Fragment } from "../tombstones/fragment.ts";
import {
  FRAGMENT_BYTES,
  RangeTombstones,
} from "../tombstones/range_tombstones.ts";

/**
 * How many deletes are put aside before they are laid over one another: until then they count in
 * full.
 */
const MOST_PENDING = 1024;

/**
 * The range deletes of a MemTable, laid over one another only for those who ask: many in one batch
 * cost no more than sorting them.
 */
export class RangeDeletes {
  readonly #snapshots: () => readonly number[];
  #tombstones = RangeTombstones.none;
  #pending: RangeTombstones[] = [];
  #pendingBytes = 0;

  /**
   * @param snapshots Tells the sequence numbers of the live snapshots, ascending. Nobody else may
   * read a state of the past but those who have asked for {@linkcode RangeDeletes.tombstones} then.
   */
  constructor(snapshots: () => readonly number[]) {
    this.#snapshots = snapshots;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Fragments, at the most. */
  get size(): number {
    return this.#tombstones.size + this.#pending.length;
  }

  /** About the memory that they take, in bytes. */
  get memoryBytes(): number {
    return this.#tombstones.memoryBytes + this.#pendingBytes;
  }

  /** Bytes of their bounds, at the most. */
  get boundBytes(): number {
    return this.memoryBytes - FRAGMENT_BYTES * this.size;
  }

  /** Adds the one that stands at `offset`, which is newer than those before. */
  add(records: Uint8Array, offset: number, sequence: number): void {
    const added = new RangeTombstones([fragmentAt(records, offset, sequence)]);
    this.#pending.push(added);
    this.#pendingBytes += added.memoryBytes;
    if (this.#pending.length >= MOST_PENDING) this.#gather();
  }

  /** All of them as of now. */
  get tombstones(): RangeTombstones {
    if (this.#pending.length > 0) this.#gather();
    return this.#tombstones;
  }

  /** Lays pairs over one another, then pairs of pairs: the work for n deletes grows as n log n. */
  #gather(): void {
    const snapshots = this.#snapshots();
    let round = this.#pending;
    while (round.length > 1) {
      round = Array.from(
        { length: Math.ceil(round.length / 2) },
        (_, i) =>
          round[2 * i]!.with(
            round[2 * i + 1] ?? RangeTombstones.none,
            snapshots,
          ),
      );
    }
    this.#tombstones = this.#tombstones.with(round[0]!, snapshots);
    this.#pending = [];
    this.#pendingBytes = 0;
  }
}

/**
 * What the range delete at `offset` covers. The bounds are copied: the arena serves for another
 * table some day.
 */
function fragmentAt(
  records: Uint8Array,
  offset: number,
  sequence: number,
): Fragment {
  const start = offset + RECORD_HEADER_BYTES;
  const end = start + recordKeyLength(records, offset);
  const length = recordValueLength(records, offset);
  return {
    start: records.slice(start, end),
    end: length === 0 ? undefined : records.slice(end, end + length),
    sequences: [sequence],
  };
}
