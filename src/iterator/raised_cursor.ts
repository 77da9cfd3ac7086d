import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import { ForwardCursor } from "./forward_cursor.ts";

/** The entries of a source, for merges, each as if it came from the write `sequence`. */
export class RaisedCursor extends ForwardCursor {
  readonly #source: Cursor;
  readonly #sequence: number;

  constructor(source: Cursor, sequence: number) {
    super();
    this.#source = source;
    this.#sequence = sequence;
  }

  get entry(): EntryView {
    return this.#source.entry;
  }

  seekToFirst(): Awaitable<boolean> {
    return this.#raise(this.#source.seekToFirst());
  }

  override seek(key: Uint8Array): Awaitable<boolean> {
    return this.#raise(this.#source.seek(key));
  }

  next(): Awaitable<boolean> {
    return this.#raise(this.#source.next());
  }

  #raise(moved: Awaitable<boolean>): Awaitable<boolean> {
    return chain(moved, (has) => {
      if (has) this.entry.sequence = this.#sequence;
      return has;
    });
  }
}
