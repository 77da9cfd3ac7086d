import { invalidArgument, type KvError } from "../errors.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import type { Awaitable } from "../storage/awaitable.ts";

/** A cursor for merges, which goes from the first entry to the last and nowhere else. */
export abstract class ForwardCursor implements Cursor {
  abstract readonly entry: EntryView;

  abstract seekToFirst(): Awaitable<boolean>;

  abstract next(): Awaitable<boolean>;

  seekToLast(): never {
    throw forwardOnly();
  }

  seek(_key: Uint8Array): Awaitable<boolean> {
    throw forwardOnly();
  }

  seekBefore(): never {
    throw forwardOnly();
  }

  prev(): never {
    throw forwardOnly();
  }
}

function forwardOnly(): KvError {
  return invalidArgument("Cannot move: the source is read forward only");
}
