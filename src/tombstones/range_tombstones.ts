import { compareBytes, compareSpans } from "../bytes/compare.ts";
import {
  filterFragments,
  type Fragment,
  type Fragments,
  mergeFragments,
} from "./fragment.ts";

/** Memory of a fragment beside its bounds, in bytes; about what the three objects take. */
export const FRAGMENT_BYTES = 200;

/**
 * Which keys range deletes have covered, and when: disjoint fragments by ascending key. Never
 * changed, so that readers keep the one they began with.
 */
export class RangeTombstones {
  /** Those of a store without range deletes. */
  static readonly none: RangeTombstones = new RangeTombstones([]);

  readonly fragments: Fragments;
  /** Sequence number of the newest delete; 0 if there is none. */
  readonly newest: number;
  /** About the memory that they take, in bytes. */
  readonly memoryBytes: number;

  /** @param fragments By ascending key; they share none. */
  constructor(fragments: Fragments) {
    this.fragments = fragments;
    let newest = 0;
    let bytes = 0;
    for (const { start, end, sequences } of fragments) {
      newest = Math.max(newest, sequences[0]!);
      bytes += FRAGMENT_BYTES + start.length + (end?.length ?? 0);
    }
    this.newest = newest;
    this.memoryBytes = bytes;
  }

  get isEmpty(): boolean {
    return this.fragments.length === 0;
  }

  /** Bytes of their bounds. */
  get boundBytes(): number {
    return this.memoryBytes - FRAGMENT_BYTES * this.size;
  }

  /** Fragments. */
  get size(): number {
    return this.fragments.length;
  }

  /**
   * These and `others`, without what nobody can tell apart; `snapshots` are those that are live,
   * ascending.
   */
  with(others: RangeTombstones, snapshots: readonly number[]): RangeTombstones {
    if (others.isEmpty) return this;
    if (this.isEmpty) return others;
    return new RangeTombstones(
      mergeFragments(this.fragments, others.fragments, snapshots),
    );
  }

  /** What a reader sees who sees no write past `maxSequence`. */
  upTo(maxSequence: number): RangeTombstones {
    if (this.newest <= maxSequence) return this;
    return this.filter(({ sequences }) => {
      const first = sequences.findIndex((sequence) => sequence <= maxSequence);
      return first < 0 ? [] : sequences.slice(first);
    });
  }

  /** The deletes of each fragment that `wanted` names. */
  filter(
    wanted: (fragment: Fragment) => readonly number[],
  ): RangeTombstones {
    const fragments = filterFragments(this.fragments, wanted);
    return fragments.length === 0
      ? RangeTombstones.none
      : new RangeTombstones(fragments);
  }

  /**
   * Index of the first fragment that reaches past the key in `buffer`: that alone may cover it. The
   * number of fragments if there is none.
   */
  indexOf(buffer: Uint8Array, offset: number, length: number): number {
    let low = 0;
    let high = this.fragments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { end } = this.fragments[middle]!;
      if (
        end !== undefined &&
        compareSpans(end, 0, end.length, buffer, offset, length) <= 0
      ) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Sequence number of the newest delete up to `maxSequence` that covers the key in `buffer`; 0 if
   * there is none.
   */
  newestOver(
    buffer: Uint8Array,
    offset: number,
    length: number,
    maxSequence: number,
  ): number {
    const fragment = this.fragments[this.indexOf(buffer, offset, length)];
    if (fragment === undefined) return 0;
    const { start, sequences } = fragment;
    if (compareSpans(start, 0, start.length, buffer, offset, length) > 0) {
      return 0;
    }
    return sequences.find((sequence) => sequence <= maxSequence) ?? 0;
  }

  /** The fragments that have room for keys from `smallest` to `largest`, both included. */
  overlapping(smallest: Uint8Array, largest: Uint8Array): Fragments {
    const first = this.indexOf(smallest, 0, smallest.length);
    let end = first;
    while (
      end < this.fragments.length &&
      compareBytes(this.fragments[end]!.start, largest) <= 0
    ) end++;
    return this.fragments.slice(first, end);
  }
}

/** The oldest of the deletes that came after the write `sequence`; 0 if there is none. */
export function oldestAfter(
  { sequences }: Fragment,
  sequence: number,
): number {
  for (let i = sequences.length - 1; i >= 0; i--) {
    if (sequences[i]! > sequence) return sequences[i]!;
  }
  return 0;
}
