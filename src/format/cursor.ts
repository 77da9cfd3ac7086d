import type { Awaitable } from "../storage/awaitable.ts";
import type { EntryView } from "./entry.ts";

/**
 * A position in a sorted sequence of entries: keys ascend as unsigned bytes, versions of one key descend in sequence number.
 *
 * Every moving method answers whether there is an entry at the new position; only then does {@linkcode Cursor.entry} mean anything.
 * A cursor is not shared: wait for one answer before the next move. It goes one way: after `seekToFirst` and `seek` only with `next`,
 * after `seekToLast` and `seekBefore` only with `prev`, and not on from where there was no entry.
 */
export interface Cursor {
  /** The entry at the position, filled anew by each move. */
  readonly entry: EntryView;

  /** Moves to the first entry. */
  seekToFirst(): Awaitable<boolean>;

  /** Moves to the last entry. */
  seekToLast(): Awaitable<boolean>;

  /** Moves to the first entry whose key is at or after `key`. */
  seek(key: Uint8Array): Awaitable<boolean>;

  /** Moves to the last entry whose key is before `key`. */
  seekBefore(key: Uint8Array): Awaitable<boolean>;

  /** Moves one entry forward. */
  next(): Awaitable<boolean>;

  /** Moves one entry back. */
  prev(): Awaitable<boolean>;
}
