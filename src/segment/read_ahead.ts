import { releaseMemory } from "../bytes/release.ts";
import type { AsciiParts } from "../format/entry.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import { asciiPartsIn, type CacheLease } from "./cache_shelf.ts";
import type { SegmentIndex } from "./index.ts";
import type { SegmentParts } from "./segment_parts.ts";

/**
 * How much is read at once when blocks are asked for in turn: this much first, then twice as much
 * each time.
 */
const FIRST_WINDOW_BYTES = 64 * 1024;
const LAST_WINDOW_BYTES = 256 * 1024;

const NOTHING = new Uint8Array(0);

/** So many blocks in turn are read, and cached, one by one before many are read at once. */
const SINGLE_BLOCKS = 4;

/**
 * Gives a cursor its blocks; each holds until the next one is there. When it asks for one block
 * after the other and they are not in memory, many are read with one call. Those lie in the buffer
 * of that read and are not cached: a long scan leaves the cache to others. Buffers that are done
 * with are given back at once: they are 448 KiB a segment.
 */
export class ReadAhead {
  readonly #parts: SegmentParts;
  readonly #fillCache: boolean;
  /** The block that comes next if the cursor goes on forward. */
  #expected = -1;
  /** How many blocks were asked for in turn. */
  #inTurn = 0;
  #windowBytes = FIRST_WINDOW_BYTES;

  // The window: sections of the blocks from `#first` up to, not including, `#end`.
  #buffer = NOTHING;
  #first = 0;
  #end = 0;

  /** Keeps the memory of the cached block that was given last from serving for another. */
  #lease: CacheLease | undefined;

  constructor(parts: SegmentParts, fillCache: boolean) {
    this.#parts = parts;
    this.#fillCache = fillCache;
  }

  /** The payload of the block with this number. */
  block(number: number): Awaitable<Uint8Array> {
    this.#inTurn = number === this.#expected ? this.#inTurn + 1 : 0;
    this.#expected = number + 1;
    if (this.#inTurn < SINGLE_BLOCKS) {
      this.#windowBytes = FIRST_WINDOW_BYTES;
      const block = this.#parts.block(number, this.#fillCache);
      return chain(block, (payload) => this.#leased(number, payload));
    }
    const cached = this.#parts.cachedBlock(number);
    if (cached !== undefined) return this.#leased(number, cached);
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

  /** What is known of the entries of the block that was given last. */
  get asciiParts(): AsciiParts | undefined {
    const number = this.#expected - 1;
    return this.#lease && asciiPartsIn(this.#parts.blocks.marks[number]!);
  }

  /** Gives back what was read ahead. Blocks that were given hold no longer. */
  release(): void {
    this.#end = 0;
    this.#replaceLease(undefined);
    this.#replaceBuffer(NOTHING);
  }

  #leased(number: number, payload: Uint8Array): Uint8Array {
    this.#replaceLease(this.#parts.blocks.lease(number));
    return payload;
  }

  #replaceLease(lease: CacheLease | undefined): void {
    if (this.#lease !== undefined) this.#parts.cache.endLease(this.#lease);
    this.#lease = lease;
  }

  #readWindow(first: number, index: SegmentIndex): Awaitable<void> {
    const start = index.blockStart(first);
    let end = first + 1;
    while (
      end < index.blocks && index.blockEnd(end) - start <= this.#windowBytes
    ) end++;
    const bytes = index.blockEnd(end - 1) - start;
    this.#end = 0;
    if (this.#buffer.length < bytes) {
      this.#replaceBuffer(new Uint8Array(bytes));
    }
    this.#windowBytes = Math.min(this.#windowBytes * 2, LAST_WINDOW_BYTES);
    const target = this.#buffer.subarray(0, bytes);
    return chain(this.#parts.file.readAt(target, start), () => {
      this.#first = first;
      this.#end = end;
    });
  }

  #replaceBuffer(buffer: Uint8Array<ArrayBuffer>): void {
    const old = this.#buffer;
    this.#buffer = buffer;
    if (old.length > 0) releaseMemory(old);
  }

  #openBlock(number: number, index: SegmentIndex): Uint8Array {
    const base = index.blockStart(this.#first);
    const start = index.blockStart(number) - base;
    const end = index.blockEnd(number) - base;
    const payload = this.#parts.openBlock(number, {
      section: this.#buffer.subarray(start, end),
      index,
      fillCache: false,
    });
    this.#replaceLease(undefined);
    return payload;
  }
}
