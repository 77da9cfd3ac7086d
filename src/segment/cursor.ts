import { invalidArgument } from "../errors.ts";
import type { Cursor } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import { type Awaitable, chain, isPending } from "../storage/awaitable.ts";
import { Block } from "./block.ts";
import { grown } from "./copy_span.ts";
import { ReadAhead } from "./read_ahead.ts";
import type { SegmentParts } from "./segment_parts.ts";

/** What a cursor yields. */
export interface SegmentCursorOptions {
  /** Of each key only the newest version with a sequence number up to this one is yielded. */
  readonly maxSequence: number;
  /** Yields every version, whatever `maxSequence` is. Such a cursor goes forward only. Default `false`. */
  readonly allVersions?: boolean;
  /** Whether blocks that are read are put into the cache. Default `true`. */
  readonly fillCache?: boolean;
}

/** The most bytes that a key buffer has at first. */
const KEY_BUFFER_BYTES = 64;

/**
 * A cursor over one segment. The key of its entry lies in a buffer of the cursor: the shared prefix is put there
 * once for each block, the suffix for each entry. The value lies in the block.
 */
export class SegmentCursor implements Cursor {
  readonly entry: EntryView = new EntryView();
  readonly #parts: SegmentParts;
  readonly #source: ReadAhead;
  readonly #maxSequence: number;
  readonly #allVersions: boolean;
  /** Every entry is yielded as it comes, without a look at its sequence. */
  readonly #unfiltered: boolean;
  #keyBuffer: Uint8Array = new Uint8Array(KEY_BUFFER_BYTES);

  /** The block of the position; `undefined` if there is no entry at the position. */
  #block: Block | undefined = undefined;
  #number = 0;
  /** Number of the entry's key in the block; means nothing with `allVersions`. */
  #key = 0;
  /** Where the next entry begins in the block. */
  #next = 0;

  constructor(parts: SegmentParts, options: SegmentCursorOptions) {
    const { entries, keys, maxSequence } = parts.properties;
    this.#parts = parts;
    this.#source = new ReadAhead(parts, options.fillCache ?? true);
    this.#maxSequence = options.maxSequence;
    this.#allVersions = options.allVersions ?? false;
    this.#unfiltered = this.#allVersions ||
      (entries === keys && maxSequence <= options.maxSequence);
  }

  seekToFirst(): Awaitable<boolean> {
    this.#block = undefined;
    return chain(this.#enter(0), () => this.#forwardFrom(0));
  }

  seekToLast(): Awaitable<boolean> {
    this.#assertGoesBack();
    this.#block = undefined;
    return chain(
      this.#enter(this.#parts.properties.blocks - 1),
      (block) => this.#backFrom(block.keys - 1),
    );
  }

  seek(key: Uint8Array): Awaitable<boolean> {
    this.#block = undefined;
    return chain(this.#parts.index(), (index) => {
      const number = index.blockFor(key, 0, key.length);
      if (number === index.blocks) return false;
      return chain(
        this.#enter(number),
        (block) =>
          this.#forwardFrom(block.lowerBound(key, 0, key.length, this.entry)),
      );
    });
  }

  seekBefore(key: Uint8Array): Awaitable<boolean> {
    this.#assertGoesBack();
    this.#block = undefined;
    return chain(this.#parts.index(), (index) => {
      const number = index.blockFor(key, 0, key.length);
      if (number === index.blocks) return this.seekToLast();
      return chain(
        this.#enter(number),
        (block) =>
          this.#backFrom(block.lowerBound(key, 0, key.length, this.entry) - 1),
      );
    });
  }

  next(): Awaitable<boolean> {
    const block = this.#block;
    if (block === undefined) return false;
    if (!this.#unfiltered) return this.#forwardFrom(this.#key + 1);
    if (this.#next === block.entriesEnd) return this.#forwardFrom(block.keys);
    this.#key++;
    this.#next = block.readEntry(this.#next, this.entry);
    this.#completeKey(block);
    return true;
  }

  prev(): Awaitable<boolean> {
    this.#assertGoesBack();
    if (this.#block === undefined) return false;
    return this.#backFrom(this.#key - 1);
  }

  /** Moves to the first visible entry at or after key number `from` of the block. */
  #forwardFrom(from: number): Awaitable<boolean> {
    const { blocks } = this.#parts.properties;
    let key = from;
    for (;;) {
      const block = this.#block!;
      for (; key < block.keys; key++) if (this.#stopAt(block, key)) return true;
      if (this.#number + 1 === blocks) return this.#leave();
      // Should the next block fail to load, a second try must not look at this one: its buffer may be overwritten.
      this.#key = block.keys;
      this.#next = block.entriesEnd;
      const entering = this.#enter(this.#number + 1);
      if (isPending(entering)) return entering.then(() => this.#forwardFrom(0));
      key = 0;
    }
  }

  /** Moves to the last visible entry at or before key number `from` of the block. */
  #backFrom(from: number): Awaitable<boolean> {
    let key = from;
    for (;;) {
      const block = this.#block!;
      for (; key >= 0; key--) if (this.#stopAt(block, key)) return true;
      if (this.#number === 0) return this.#leave();
      this.#key = -1;
      const entering = this.#enter(this.#number - 1);
      if (isPending(entering)) {
        return entering.then((block) => this.#backFrom(block.keys - 1));
      }
      key = entering.keys - 1;
    }
  }

  /** Makes a version of key number `key` the entry, if one is visible. */
  #stopAt(block: Block, key: number): boolean {
    if (this.#unfiltered) {
      this.#next = block.readEntry(block.entryOffset(key), this.entry);
    } else if (!block.readVisible(key, this.#maxSequence, this.entry)) {
      return false;
    }
    this.#key = key;
    this.#completeKey(block);
    return true;
  }

  /** Loads a block and makes it that of the position. If that fails the position stays, so that the move can be tried again. */
  #enter(number: number): Awaitable<Block> {
    return chain(this.#source.block(number), (payload) => {
      const block = new Block(payload);
      this.#block = block;
      this.#number = number;
      this.#keyBuffer = grown(this.#keyBuffer, 0, block.prefixLength);
      block.copyPrefix(this.#keyBuffer);
      return block;
    });
  }

  /** Says that there is no entry at the position. */
  #leave(): boolean {
    this.#block = undefined;
    return false;
  }

  /** Makes the key of the entry contiguous. An older version was read without a key: that of the newest one is still there. */
  #completeKey(block: Block): void {
    const entry = this.entry;
    if (entry.keyBuffer !== block.bytes) return;
    const length = block.prefixLength + entry.keyLength;
    if (length > this.#keyBuffer.length) {
      this.#keyBuffer = grown(this.#keyBuffer, block.prefixLength, length);
    }
    block.copySuffix(this.#keyBuffer, entry);
    entry.keyBuffer = this.#keyBuffer;
    entry.keyOffset = 0;
    entry.keyLength = length;
  }

  #assertGoesBack(): void {
    if (this.#allVersions) {
      throw invalidArgument(
        "Cannot move back: a cursor over all versions goes forward only",
      );
    }
  }
}
