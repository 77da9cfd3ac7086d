import type { Awaitable } from "../storage/awaitable.ts";
import type { EntryView } from "./entry.ts";

/**
 * A sequence of entries that is gone through from the first to the last: keys ascend as unsigned
 * bytes, versions of one key descend in sequence number. It is not shared: wait for one answer
 * before the next move.
 */
export interface EntrySource {
  /**
   * The entry at the position, filled anew by each move. It means something only after a move that
   * answered true.
   */
  readonly entry: EntryView;

  /** Moves to the first entry. Answers whether there is one, as all moves do. */
  seekToFirst(): Awaitable<boolean>;

  /** Moves one entry forward. */
  next(): Awaitable<boolean>;
}

/**
 * A position in a sequence of entries that can be set, and moved in both directions. It goes one
 * way: after `seekToFirst` and `seek` only with `next`, after `seekToLast` and `seekBefore` only
 * with `prev`, and not on from where there was no entry.
 */
export interface Cursor extends EntrySource {
  /** Moves to the last entry. */
  seekToLast(): Awaitable<boolean>;

  /** Moves to the first entry whose key is at or after `key`. */
  seek(key: Uint8Array): Awaitable<boolean>;

  /** Moves to the last entry whose key is before `key`. */
  seekBefore(key: Uint8Array): Awaitable<boolean>;

  /** Moves one entry back. */
  prev(): Awaitable<boolean>;

  /**
   * Lets go of memory of the cache that others may have. The cursor, and a run of it, is of no more
   * use. Those for merges have no such method.
   */
  close?(): void;

  /**
   * The entries that follow, as far as they are at hand and sort before the key of `bound`. Only
   * after a forward move; a cursor may know of none although there are some.
   */
  run?(bound: EntryView | undefined): EntryRun | undefined;
}

/**
 * Entries that are known to come next, so that a cursor can be moved over them without a look at
 * others. It holds until the cursor is moved by other means, or closed.
 */
export interface EntryRun {
  /**
   * Moves the cursor to the next of the entries. Behind the last it stays where it is, and the
   * answer is false.
   */
  advance(): boolean;
}
