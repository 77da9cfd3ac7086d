import { type Awaitable, chain } from "../storage/awaitable.ts";
import type { SegmentIndex } from "./index.ts";
import type { SegmentParts } from "./segment_parts.ts";

/** How much is read at once when blocks are asked for in turn: this much first, then twice as much each time. */
const FIRST_WINDOW_BYTES = 64 * 1024;
const LAST_WINDOW_BYTES = 256 * 1024;

/**
 * Gives a cursor its blocks. When it asks for one block after the other and they are not in memory, many are read
 * with one call. A block that is not to be cached lies in the buffer of that read, and holds until the next call.
 */
export class ReadAhead {
  readonly #parts: SegmentParts;
  readonly #fillCache: boolean;
  /** The block that comes next if the cursor goes on forward. */
  #expected = -1;
  #windowBytes = FIRST_WINDOW_BYTES;

  // The window: sections of the blocks from `#first` up to, not including, `#end`.
  #buffer = new Uint8Array(0);
  #first = 0;
  #end = 0;

  constructor(parts: SegmentParts, fillCache: boolean) {
    this.#parts = parts;
    this.#fillCache = fillCache;
  }

  /** The payload of the block with this number. */
  block(number: number): Awaitable<Uint8Array> {
    const isInTurn = number === this.#expected;
    this.#expected = number + 1;
    if (!isInTurn) {
      this.#windowBytes = FIRST_WINDOW_BYTES;
      return this.#parts.block(number, this.#fillCache);
    }
    const cached = this.#parts.cachedBlock(number);
    if (cached !== undefined) return cached;
    return chain(this.#parts.index(), (index) => {
      this.#parts.cache.misses++;
      if (number >= this.#first && number < this.#end) {
        return this.#openBlock(number, index);
      }
      return chain(
        this.#readWindow(number, index),
        () => this.#openBlock(number, index),
      );
    });
  }

  #readWindow(first: number, index: SegmentIndex): Awaitable<void> {
    const start = index.blockStart(first);
    let end = first + 1;
    while (
      end < index.blocks && index.blockEnd(end) - start <= this.#windowBytes
    ) end++;
    const bytes = index.blockEnd(end - 1) - start;
    this.#end = 0;
    if (this.#buffer.length < bytes) this.#buffer = new Uint8Array(bytes);
    this.#windowBytes = Math.min(this.#windowBytes * 2, LAST_WINDOW_BYTES);
    const target = this.#buffer.subarray(0, bytes);
    return chain(this.#parts.file.readAt(target, start), () => {
      this.#first = first;
      this.#end = end;
    });
  }

  #openBlock(number: number, index: SegmentIndex): Uint8Array {
    const base = index.blockStart(this.#first);
    const start = index.blockStart(number) - base;
    const end = index.blockEnd(number) - base;
    const section = this.#fillCache
      ? this.#buffer.slice(start, end)
      : this.#buffer.subarray(start, end);
    return this.#parts.openBlock(number, {
      section,
      index,
      fillCache: this.#fillCache,
    });
  }
}
