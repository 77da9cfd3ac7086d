/**
 * What range tombstones leave of one source of a merge.
 *
 * The ceiling of a segment says two things: none of its entries comes from a later write, and range
 * tombstones up to it need not be looked at any more. A merge writes segments whose ceiling is the
 * last write in segments, so it has to apply all tombstones that there are:
 *
 * 1. A tombstone up to the ceiling of the source has been applied when the source was written. One
 *    past it came after all entries of the source, and covers those whose keys are in its range. In
 *    a table, where entries and range deletes come by turns, the sequence number of the entry
 *    itself is what a ceiling is to a segment.
 * 2. Of the tombstones that cover an entry the oldest decides, since it comes next in the history
 *    of the key. If it lies in the stripe of the entry, then no snapshot sees the entry, and it is
 *    dropped. Tombstones that were left out before because a newer one lies in the same stripe
 *    change nothing: the newer one lies in the stripe of the entry exactly if they did.
 * 3. Otherwise a snapshot was taken in between. The entry is kept for it, and to hide it from
 *    everybody else a tombstone of its key with the sequence number of the range delete is put
 *    before it. Then that goes through `Retention` like any version of the key.
 * 4. What came after the start of the job has a larger sequence number than everything in segments
 *    then, and so than the ceiling of what is written: it still applies to that.
 * 5. In the order of the merge the tombstone of step 3 comes where the entry comes. A source that
 *    is older may have had the same range delete applied before, and so have the same tombstone
 *    once more: `Retention` drops it, for its stripe is not below that of the entry. All that is
 *    older still in the history of the key is older than the range delete, too.
 * 6. Where no snapshot is older than the tombstone, all entries of a segment that it covers are
 *    dropped, and so they are not even read.
 *
 * @module
 */
import { compareSpans } from "../bytes/compare.ts";
import type { Cursor, EntrySource } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import { DELETE } from "../format/kind.ts";
import { stripeOf } from "../format/stripe.ts";
import { ForwardCursor } from "../iterator/forward_cursor.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";
import type { Fragment, Fragments } from "../tombstones/fragment.ts";
import { oldestAfter } from "../tombstones/range_tombstones.ts";

/** What is applied to a source, and who else looks at it. */
export interface AppliedTombstonesOptions {
  readonly rangeTombstones: Fragments;
  /** Sequence numbers of the live snapshots, ascending. */
  readonly snapshots: readonly number[];
  /**
   * The ceiling of the source, which can seek then; `undefined` for a table, whose entries show
   * their sequence numbers.
   */
  readonly ceiling: number | undefined;
}

/**
 * The entries of a source that a merge has to know of, and tombstones for those that only snapshots
 * see.
 */
export class AppliedTombstones extends ForwardCursor {
  readonly #source: EntrySource & Partial<Cursor>;
  readonly #options: AppliedTombstonesOptions;
  /** The first fragment that reaches past the last key. */
  #index = 0;
  readonly #tombstone = new EntryView();
  /** Whether a tombstone is shown, and the entry of the source comes next. */
  #isTombstone = false;

  constructor(
    source: EntrySource & Partial<Cursor>,
    options: AppliedTombstonesOptions,
  ) {
    super();
    this.#source = source;
    this.#options = options;
    this.#tombstone.kind = DELETE;
  }

  get entry(): EntryView {
    return this.#isTombstone ? this.#tombstone : this.#source.entry;
  }

  seekToFirst(): Awaitable<boolean> {
    return this.#settle(this.#source.seekToFirst());
  }

  next(): Awaitable<boolean> {
    if (this.#isTombstone) {
      this.#isTombstone = false;
      return true;
    }
    return this.#settle(this.#source.next());
  }

  /** Goes on from a move of the source to the next entry that is kept. */
  #settle(moved: Awaitable<boolean>): Awaitable<boolean> {
    for (let answer = moved;; answer = this.#pass()) {
      if (isPending(answer)) {
        return answer.then((has) => has && this.#settle(true));
      }
      if (!answer || this.#isKept()) return answer;
    }
  }

  /** Whether the entry of the source is to be shown, itself or a tombstone first. */
  #isKept(): boolean {
    const { entry } = this.#source;
    const fragment = this.#fragmentOver(entry);
    if (fragment === undefined) return true;
    const { ceiling, snapshots } = this.#options;
    const sequence = oldestAfter(fragment, ceiling ?? entry.sequence);
    if (sequence === 0) return true;
    if (
      stripeOf(snapshots, sequence) === stripeOf(snapshots, entry.sequence)
    ) return false;
    const tombstone = this.#tombstone;
    tombstone.keyBuffer = entry.keyBuffer;
    tombstone.keyOffset = entry.keyOffset;
    tombstone.keyLength = entry.keyLength;
    tombstone.sequence = sequence;
    return this.#isTombstone = true;
  }

  #fragmentOver(
    { keyBuffer, keyOffset, keyLength }: EntryView,
  ): Fragment | undefined {
    const fragments = this.#options.rangeTombstones;
    for (; this.#index < fragments.length; this.#index++) {
      const fragment = fragments[this.#index]!;
      const { start, end } = fragment;
      const isPast = end !== undefined &&
        compareSpans(end, 0, end.length, keyBuffer, keyOffset, keyLength) <= 0;
      if (isPast) continue;
      const order = compareSpans(
        start,
        0,
        start.length,
        keyBuffer,
        keyOffset,
        keyLength,
      );
      return order <= 0 ? fragment : undefined;
    }
    return undefined;
  }

  /** Moves on from an entry that is dropped. */
  #pass(): Awaitable<boolean> {
    const { rangeTombstones, ceiling, snapshots } = this.#options;
    const source = this.#source;
    if (ceiling === undefined || source.seek === undefined) {
      return source.next();
    }
    const fragment = rangeTombstones[this.#index]!;
    const isSeen = stripeOf(snapshots, oldestAfter(fragment, ceiling)) > 0;
    if (isSeen) return source.next();
    return fragment.end !== undefined && source.seek(fragment.end);
  }
}
