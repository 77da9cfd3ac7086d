import { compareBytes, compareSpans } from "../bytes/compare.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";
import type { Fragments } from "../tombstones/fragment.ts";
import type { RangeTombstones } from "../tombstones/range_tombstones.ts";

/** What is known of a source without asking it. */
export interface SourceBounds {
  /** All its entries come from writes past this one. */
  readonly above: number;
  /** And none from a write past this one. */
  readonly ceiling: number;
  /** Its first and last key, if they are known. */
  readonly smallestKey?: Uint8Array;
  readonly largestKey?: Uint8Array;
}

/**
 * The entries of a source that no range tombstone covers. It does not step through a stretch that
 * is covered as a whole but seeks to its end, and where it can tell by the bounds of the source it
 * does not even ask.
 */
export class UncoveredCursor implements Cursor {
  readonly #source: Cursor;
  readonly #ranges: RangeTombstones;
  readonly #bounds: SourceBounds;
  #isReverse = false;
  /** Index of the fragment that covers the entry of the source. */
  #covering = 0;

  /** @param ranges What the reader sees: of each fragment only the newest delete counts. */
  constructor(source: Cursor, ranges: RangeTombstones, bounds: SourceBounds) {
    this.#source = source;
    this.#ranges = ranges;
    this.#bounds = bounds;
  }

  get entry(): EntryView {
    return this.#source.entry;
  }

  seekToFirst(): Awaitable<boolean> {
    const { smallestKey } = this.#bounds;
    if (smallestKey !== undefined) return this.seek(smallestKey);
    this.#isReverse = false;
    return this.#settle(this.#source.seekToFirst());
  }

  seekToLast(): Awaitable<boolean> {
    this.#isReverse = true;
    const { largestKey } = this.#bounds;
    const index = largestKey ? this.#wholeOver(largestKey) : -1;
    return this.#settle(
      index < 0 ? this.#source.seekToLast() : this.#leave(index),
    );
  }

  seek(key: Uint8Array): Awaitable<boolean> {
    this.#isReverse = false;
    const { smallestKey = key } = this.#bounds;
    const from = compareBytes(key, smallestKey) < 0 ? smallestKey : key;
    const index = this.#wholeOver(from);
    return this.#settle(
      index < 0 ? this.#source.seek(from) : this.#leave(index),
    );
  }

  seekBefore(key: Uint8Array): Awaitable<boolean> {
    const { largestKey = key } = this.#bounds;
    if (compareBytes(key, largestKey) > 0) return this.seekToLast();
    this.#isReverse = true;
    const index = this.#wholeBefore(key);
    return this.#settle(
      index < 0 ? this.#source.seekBefore(key) : this.#leave(index),
    );
  }

  next(): Awaitable<boolean> {
    return this.#settle(this.#source.next());
  }

  prev(): Awaitable<boolean> {
    return this.#settle(this.#source.prev());
  }

  close(): void {
    this.#source.close?.();
  }

  /** Goes on from a move of the source to the next entry that is not covered. */
  #settle(moved: Awaitable<boolean>): Awaitable<boolean> {
    for (let answer = moved;; answer = this.#pass()) {
      if (isPending(answer)) {
        return answer.then((has) => has && this.#settle(true));
      }
      if (!answer || !this.#isCovered()) return answer;
    }
  }

  #isCovered(): boolean {
    const { keyBuffer, keyOffset, keyLength, sequence } = this.#source.entry;
    const index = this.#indexOver(keyBuffer, keyOffset, keyLength);
    if (index < 0) return false;
    const newest = this.#fragments[index]!.sequences[0]!;
    const { above, ceiling } = this.#bounds;
    this.#covering = index;
    return newest > ceiling || newest > above && newest > sequence;
  }

  /** Moves the source on from an entry that is covered. */
  #pass(): Awaitable<boolean> {
    if (this.#isWhole(this.#covering)) return this.#leave(this.#covering);
    return this.#isReverse ? this.#source.prev() : this.#source.next();
  }

  /** Moves the source behind a stretch that is covered as a whole, and those that follow it. */
  #leave(index: number): Awaitable<boolean> {
    const { smallestKey, largestKey } = this.#bounds;
    if (this.#isReverse) {
      const start = this.#startOfWhole(index);
      const isOut = start.length === 0 ||
        smallestKey !== undefined && compareBytes(start, smallestKey) <= 0;
      return !isOut && this.#source.seekBefore(start);
    }
    const end = this.#endOfWhole(index);
    const isOut = end === undefined ||
      largestKey !== undefined && compareBytes(end, largestKey) > 0;
    return !isOut && this.#source.seek(end);
  }

  #startOfWhole(index: number): Uint8Array {
    let first = index;
    while (this.#isWhole(first - 1) && this.#isNeighbour(first - 1)) first--;
    return this.#fragments[first]!.start;
  }

  #endOfWhole(index: number): Uint8Array | undefined {
    let last = index;
    while (this.#isWhole(last + 1) && this.#isNeighbour(last)) last++;
    return this.#fragments[last]!.end;
  }

  /** Whether the fragment at `index` and the one behind it have no key between them. */
  #isNeighbour(index: number): boolean {
    const { end } = this.#fragments[index]!;
    return end !== undefined &&
      compareBytes(end, this.#fragments[index + 1]!.start) === 0;
  }

  /** Whether there is a fragment at `index` that covers all of the source in its stretch. */
  #isWhole(index: number): boolean {
    const fragment = this.#fragments[index];
    return fragment !== undefined &&
      fragment.sequences[0]! > this.#bounds.ceiling;
  }

  /** Index of the stretch around `key` if it is covered as a whole, else -1. */
  #wholeOver(key: Uint8Array): number {
    const index = this.#indexOver(key, 0, key.length);
    return this.#isWhole(index) ? index : -1;
  }

  /** The same for the stretch that the keys just before `key` lie in. */
  #wholeBefore(key: Uint8Array): number {
    let index = this.#ranges.indexOf(key, 0, key.length);
    const over = this.#fragments[index];
    if (over === undefined || compareBytes(over.start, key) >= 0) {
      const end = this.#fragments[--index]?.end;
      if (end === undefined || compareBytes(end, key) < 0) return -1;
    }
    return this.#isWhole(index) ? index : -1;
  }

  /** Index of the fragment that covers the key in `buffer`, or -1. */
  #indexOver(buffer: Uint8Array, offset: number, length: number): number {
    const index = this.#ranges.indexOf(buffer, offset, length);
    const start = this.#fragments[index]?.start;
    return start !== undefined &&
        compareSpans(start, 0, start.length, buffer, offset, length) <= 0
      ? index
      : -1;
  }

  get #fragments(): Fragments {
    return this.#ranges.fragments;
  }
}
