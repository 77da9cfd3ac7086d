import { EntryView } from "../format/entry.ts";
import { Block } from "./block.ts";
import { grown } from "./copy_span.ts";

/**
 * Goes through the entries of blocks, all versions included. The key of its entry lies in a buffer
 * of its own, the value in the block.
 */
export class BlockEntries {
  readonly entry: EntryView = new EntryView();
  /** Where the entry begins in the payload. */
  offset = 0;
  /** Whether the entry is the newest version of its key in the segment. */
  isNewest = false;
  #block: Block | undefined;
  #next = 0;
  #keyBuffer: Uint8Array = new Uint8Array(64);

  /** Goes to the start of a block whose payload was checked by `checkBlock`. */
  enter(payload: Uint8Array): void {
    const block = new Block(payload);
    this.#block = block;
    this.#next = 0;
    this.#keyBuffer = grown(this.#keyBuffer, 0, block.prefixLength);
    block.copyPrefix(this.#keyBuffer);
  }

  /** Moves to the next entry of the block; answers whether there is one. */
  next(): boolean {
    const block = this.#block;
    if (block === undefined || this.#next >= block.entriesEnd) return false;
    this.offset = this.#next;
    this.isNewest = block.isNewestAt(this.offset);
    this.#next = block.readEntry(this.offset, this.entry);
    // An older version has no key: that of the newest one is still there.
    if (this.isNewest) this.#completeKey(block);
    return true;
  }

  #completeKey(block: Block): void {
    const { entry } = this;
    const length = block.prefixLength + entry.keyLength;
    this.#keyBuffer = grown(this.#keyBuffer, block.prefixLength, length);
    block.copySuffix(this.#keyBuffer, entry);
    entry.keyBuffer = this.#keyBuffer;
    entry.keyOffset = 0;
    entry.keyLength = length;
  }
}

/**
 * The key of the entry at `offset`, which is the newest version of its key, of a payload that was
 * checked.
 */
export function keyAt(payload: Uint8Array, offset: number): Uint8Array {
  const block = new Block(payload);
  const view = new EntryView();
  block.readEntry(offset, view);
  const key = new Uint8Array(block.prefixLength + view.keyLength);
  block.copyPrefix(key);
  block.copySuffix(key, view);
  return key;
}
