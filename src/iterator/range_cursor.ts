import { compareBytes, compareSpans } from "../bytes/compare.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import type { KeyRange } from "../format/key_range.ts";
import { DELETE } from "../format/kind.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";

/** Which entries a {@linkcode RangeCursor} shows. */
export interface RangeCursorOptions {
  readonly range: KeyRange;
  readonly isReverse: boolean;
  /** The most entries to show. */
  readonly limit: number;
}

/**
 * What a user sees of a merged cursor: the keys of a range that have a value, in one direction, as
 * many as asked for.
 */
export class RangeCursor {
  readonly #source: Cursor;
  readonly #range: KeyRange;
  readonly #isReverse: boolean;
  #left: number;
  #isStarted = false;

  /** @param source Shows each key once, with its newest version. */
  constructor(source: Cursor, options: RangeCursorOptions) {
    this.#source = source;
    this.#range = options.range;
    this.#isReverse = options.isReverse;
    this.#left = options.limit;
  }

  /** The entry that the last {@linkcode RangeCursor.advance} came to. */
  get entry(): EntryView {
    return this.#source.entry;
  }

  /** Whether all entries that were asked for have been shown. */
  get isAtLimit(): boolean {
    return this.#left <= 0;
  }

  /** Moves to the next entry; false at the end, and from then on. */
  advance(): Awaitable<boolean> {
    if (this.#left <= 0) return false;
    let moved = this.#step();
    for (;;) {
      if (isPending(moved)) return moved.then((has) => this.#settle(has));
      if (!moved || this.#isPastEnd()) return this.#finish();
      if (this.#source.entry.kind !== DELETE) break;
      moved = this.#step();
    }
    this.#left--;
    return true;
  }

  /** Lets go of memory that others may have. The cursor is of no more use. */
  close(): void {
    this.#left = 0;
    this.#source.close?.();
  }

  /** The same as the loop of `advance` from a position that had to be waited for. */
  #settle(has: boolean): Awaitable<boolean> {
    if (!has || this.#isPastEnd()) return this.#finish();
    if (this.#source.entry.kind === DELETE) return this.advance();
    this.#left--;
    return true;
  }

  #finish(): false {
    this.#left = 0;
    return false;
  }

  #step(): Awaitable<boolean> {
    if (this.#isStarted) {
      return this.#isReverse ? this.#source.prev() : this.#source.next();
    }
    this.#isStarted = true;
    const { lower, upper } = this.#range;
    if (lower && upper && compareBytes(lower, upper) >= 0) return false;
    if (this.#isReverse) {
      return upper ? this.#source.seekBefore(upper) : this.#source.seekToLast();
    }
    return lower ? this.#source.seek(lower) : this.#source.seekToFirst();
  }

  #isPastEnd(): boolean {
    const bound = this.#isReverse ? this.#range.lower : this.#range.upper;
    if (bound === undefined) return false;
    const { keyBuffer, keyOffset, keyLength } = this.#source.entry;
    const order = compareSpans(
      keyBuffer,
      keyOffset,
      keyLength,
      bound,
      0,
      bound.length,
    );
    return this.#isReverse ? order < 0 : order >= 0;
  }
}
