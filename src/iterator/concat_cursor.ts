import type { Cursor, EntryRun } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";

/** How a {@linkcode ConcatCursor} goes through parts. */
export interface PartReading<P> {
  /**
   * Orders `key` against a part: negative before its first key, positive behind its last key, else
   * zero.
   */
  position(part: P, key: Uint8Array): number;
  /** Makes a cursor over a part. */
  cursor(part: P): Cursor;
}

/**
 * One cursor after another over parts whose key ranges ascend: a level below level 0. It opens a
 * part when it gets there.
 */
export class ConcatCursor<P> implements Cursor {
  readonly #parts: readonly P[];
  readonly #reading: PartReading<P>;
  #index = 0;
  #current: Cursor | undefined;
  readonly #nothing = new EntryView();

  /** @param parts Without a common key, in ascending order of their keys. */
  constructor(parts: readonly P[], reading: PartReading<P>) {
    this.#parts = parts;
    this.#reading = reading;
  }

  get entry(): EntryView {
    return this.#current?.entry ?? this.#nothing;
  }

  seekToFirst(): Awaitable<boolean> {
    return this.#enterForward(0);
  }

  seekToLast(): Awaitable<boolean> {
    return this.#enterBackward(this.#parts.length - 1);
  }

  seek(key: Uint8Array): Awaitable<boolean> {
    const index = this.#firstNotBefore(key);
    if (index === this.#parts.length) return false;
    const found = this.#open(index).seek(key);
    return found === true ? true : this.#goOn(found);
  }

  seekBefore(key: Uint8Array): Awaitable<boolean> {
    const index = this.#firstNotBefore(key);
    if (index === this.#parts.length) return this.#enterBackward(index - 1);
    return this.#goBack(this.#open(index).seekBefore(key));
  }

  next(): Awaitable<boolean> {
    const moved = this.#current!.next();
    return moved === true ? true : this.#goOn(moved);
  }

  prev(): Awaitable<boolean> {
    const moved = this.#current!.prev();
    return moved === true ? true : this.#goBack(moved);
  }

  close(): void {
    this.#current?.close?.();
  }

  run(bound: EntryView | undefined): EntryRun | undefined {
    return this.#current?.run?.(bound);
  }

  /** Goes on to the next part unless there was an entry in the current one. */
  #goOn(moved: Awaitable<boolean>): Awaitable<boolean> {
    return chain(moved, (has) => has || this.#enterForward(this.#index + 1));
  }

  /** The same backwards. */
  #goBack(moved: Awaitable<boolean>): Awaitable<boolean> {
    return chain(moved, (has) => has || this.#enterBackward(this.#index - 1));
  }

  /** Index of the first part that does not end before `key`. */
  #firstNotBefore(key: Uint8Array): number {
    let low = 0;
    let high = this.#parts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#reading.position(this.#parts[middle]!, key);
      if (order > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #open(index: number): Cursor {
    this.#index = index;
    this.close();
    this.#current = this.#reading.cursor(this.#parts[index]!);
    return this.#current;
  }

  #enterForward(index: number): Awaitable<boolean> {
    if (index >= this.#parts.length) return false;
    return this.#goOn(this.#open(index).seekToFirst());
  }

  #enterBackward(index: number): Awaitable<boolean> {
    if (index < 0) return false;
    return this.#goBack(this.#open(index).seekToLast());
  }
}
