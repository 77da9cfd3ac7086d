import { compareSpans } from "../bytes/compare.ts";
import { VarintReader } from "../bytes/varint.ts";
import { corruption, type KvCorruptionError } from "../errors.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import { Block } from "./block.ts";
import {
  BLOCK_TRAILER_BYTES,
  isNewestTag,
  isPutTag,
  KNOWN_FLAGS,
} from "./block_format.ts";
import { MAX_SEGMENT_KEY_BYTES } from "./format.ts";

/**
 * Checks the payload of a block in a walk over all of its entries: offsets and lengths fit exactly, keys ascend, versions
 * of a key descend in sequence. Done once when a block is loaded, so that no later access has to check anything.
 * `fileOffset` is where its section begins.
 */
export function checkBlock(
  payload: Uint8Array,
  name: string,
  fileOffset: number,
): void {
  const flags = payload[payload.length - 1];
  if (payload.length < BLOCK_TRAILER_BYTES || (flags! & ~KNOWN_FLAGS) !== 0) {
    throw damaged(name, fileOffset, "its end is not that of a block");
  }
  const block = new Block(payload);
  if (block.keys === 0 || block.entriesEnd < 1) {
    throw damaged(name, fileOffset, "it has no room for its entries");
  }
  new BlockWalk(block, name, fileOffset).check();
}

class BlockWalk {
  readonly #block: Block;
  readonly #name: string;
  readonly #fileOffset: number;
  readonly #reader: VarintReader;
  #keys = 0;
  #suffixOffset = 0;
  #suffixLength = 0;
  #sequence = 0;

  constructor(block: Block, name: string, fileOffset: number) {
    this.#block = block;
    this.#name = name;
    this.#fileOffset = fileOffset;
    this.#reader = new VarintReader(block.bytes, 0, block.entriesEnd);
  }

  check(): void {
    const { entriesEnd, keys } = this.#block;
    const reader = this.#reader;
    while (reader.offset < entriesEnd) {
      const start = reader.offset;
      const tag = reader.read();
      const valueLength = isPutTag(tag) ? reader.read() : 0;
      const sequence = this.#block.sequenced ? reader.read() : 0;
      // Any of the three may be NaN, which fails every comparison.
      const suffixLength = Math.floor(tag / 4);
      const suffixOffset = reader.offset;
      if (
        !(suffixLength + this.#block.prefixLength <= MAX_SEGMENT_KEY_BYTES) ||
        !(sequence <= MAX_SEQUENCE) ||
        !(suffixLength + valueLength <= entriesEnd - suffixOffset)
      ) throw this.#damaged(`the entry at ${start} has no room`);
      if (isNewestTag(tag)) this.#enterKey(start, suffixLength);
      else this.#enterVersion(start, suffixLength, sequence);
      this.#sequence = sequence;
      reader.offset = suffixOffset + suffixLength + valueLength;
    }
    if (this.#keys !== keys) {
      throw this.#damaged(`it has ${this.#keys} keys instead of ${keys}`);
    }
  }

  #enterKey(start: number, suffixLength: number): void {
    const offset = this.#reader.offset;
    const { bytes, keys } = this.#block;
    if (
      this.#keys === keys || this.#block.entryOffset(this.#keys) !== start
    ) throw this.#damaged(`the entry at ${start} is in no list`);
    if (
      this.#keys > 0 &&
      compareSpans(
          bytes,
          this.#suffixOffset,
          this.#suffixLength,
          bytes,
          offset,
          suffixLength,
        ) >= 0
    ) throw this.#damaged(`the key at ${start} is out of order`);
    this.#keys++;
    this.#suffixOffset = offset;
    this.#suffixLength = suffixLength;
  }

  #enterVersion(start: number, suffixLength: number, sequence: number): void {
    if (
      this.#keys === 0 || suffixLength !== 0 || !(sequence < this.#sequence)
    ) throw this.#damaged(`the version at ${start} is out of order`);
  }

  #damaged(problem: string): KvCorruptionError {
    return damaged(this.#name, this.#fileOffset, problem);
  }
}

function damaged(
  name: string,
  fileOffset: number,
  problem: string,
): KvCorruptionError {
  return corruption(name, fileOffset, `the block is wrong: ${problem}`);
}
