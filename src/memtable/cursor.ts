import { compareSpans } from "../bytes/compare.ts";
import type { Cursor } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import type { MemTable } from "./memtable.ts";
import { type Chunks, lowerBound } from "./ordered_view.ts";

/**
 * Walks the keys of a MemTable in order, as they were when the cursor was made: keys and versions that came later
 * have ordinals past `maxOrdinal` and are passed over.
 */
export class MemTableCursor implements Cursor {
  readonly entry: EntryView = new EntryView();
  readonly #table: MemTable;
  readonly #maxOrdinal: number;
  readonly #chunks: Chunks;
  #chunk = 0;
  #index = 0;

  constructor(table: MemTable, maxOrdinal: number) {
    this.#table = table;
    this.#maxOrdinal = maxOrdinal;
    this.#chunks = table.sortedKeys();
  }

  seekToFirst(): boolean {
    return this.#goForward(0, 0);
  }

  seekToLast(): boolean {
    const last = this.#chunks.length - 1;
    return last >= 0 && this.#goBack(last, this.#chunks[last]!.length - 1);
  }

  seek(key: Uint8Array): boolean {
    this.#place(key);
    return this.#goForward(this.#chunk, this.#index);
  }

  seekBefore(key: Uint8Array): boolean {
    this.#place(key);
    return this.#goBack(this.#chunk, this.#index - 1);
  }

  next(): boolean {
    return this.#goForward(this.#chunk, this.#index + 1);
  }

  prev(): boolean {
    return this.#goBack(this.#chunk, this.#index - 1);
  }

  /** Sets the position to the first key at or after `key`, seen by this cursor or not. */
  #place(key: Uint8Array): void {
    const after = lowerBound(
      this.#chunks.length,
      (i) => this.#order(this.#chunks[i]![0]!, key),
    );
    this.#chunk = Math.max(0, after - 1);
    const chunk = this.#chunks[this.#chunk] ?? new Uint32Array(0);
    this.#index = lowerBound(chunk.length, (i) => this.#order(chunk[i]!, key));
  }

  #order(first: number, key: Uint8Array): number {
    const table = this.#table;
    return compareSpans(
      table.buffer,
      table.offset(first),
      table.length(first),
      key,
      0,
      key.length,
    );
  }

  /** Moves to the first visible key at the position or behind it. */
  #goForward(chunk: number, index: number): boolean {
    this.#chunk = chunk;
    this.#index = index;
    for (; this.#chunk < this.#chunks.length; this.#chunk++, this.#index = 0) {
      const keys = this.#chunks[this.#chunk]!;
      for (; this.#index < keys.length; this.#index++) {
        if (this.#showVersion(keys[this.#index]!)) return true;
      }
    }
    return false;
  }

  /** Moves to the last visible key at the position or before it. */
  #goBack(chunk: number, index: number): boolean {
    this.#chunk = chunk;
    this.#index = index;
    for (;;) {
      const keys = this.#chunks[this.#chunk];
      for (; keys !== undefined && this.#index >= 0; this.#index--) {
        if (this.#showVersion(keys[this.#index]!)) return true;
      }
      if (this.#chunk === 0) return false;
      this.#chunk--;
      this.#index = this.#chunks[this.#chunk]!.length - 1;
    }
  }

  #showVersion(first: number): boolean {
    const ordinal = this.#table.versionAt(first, this.#maxOrdinal);
    if (ordinal < 0) return false;
    this.#table.fill(ordinal, this.entry);
    return true;
  }
}
