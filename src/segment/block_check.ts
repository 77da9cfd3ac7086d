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
  RESTART_INTERVAL,
} from "./block_format.ts";
import { MAX_SEGMENT_KEY_BYTES } from "./format.ts";

/**
 * Checks the payload of a block in a walk over all of its entries: offsets and lengths fit exactly,
 * keys ascend, versions of a key descend in sequence. Done once when a block is loaded, so that no
 * later access has to check anything. `fileOffset` is where its section begins. Answers where the
 * entry of the last key begins.
 */
export function checkBlock(
  payload: Uint8Array,
  name: string,
  fileOffset: number,
): number {
  const flags = payload[payload.length - 1];
  if (payload.length < BLOCK_TRAILER_BYTES || (flags! & ~KNOWN_FLAGS) !== 0) {
    throw damaged(name, fileOffset, "its trailer is invalid");
  }
  const block = new Block(payload);
  if (block.entriesEnd < 1) {
    throw damaged(name, fileOffset, "it is too short for its entries");
  }
  return new BlockWalk(block, name, fileOffset).check();
}

class BlockWalk {
  readonly #block: Block;
  readonly #name: string;
  readonly #fileOffset: number;
  readonly #reader: VarintReader;
  #keys = 0;
  #lastKey = 0;
  #suffixOffset = 0;
  #suffixLength = 0;
  #sequence = 0;

  constructor(block: Block, name: string, fileOffset: number) {
    this.#block = block;
    this.#name = name;
    this.#fileOffset = fileOffset;
    this.#reader = new VarintReader(block.bytes, 0, block.entriesEnd);
  }

  check(): number {
    const { entriesEnd, restarts } = this.#block;
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
      ) throw this.#damaged(`the entry at ${start} does not fit`);
      if (isNewestTag(tag)) this.#enterKey(start, suffixLength);
      else this.#enterVersion(start, suffixLength, sequence);
      this.#sequence = sequence;
      reader.offset = suffixOffset + suffixLength + valueLength;
    }
    if (Math.ceil(this.#keys / RESTART_INTERVAL) !== restarts) {
      throw this.#damaged(`it has ${restarts} restarts for ${this.#keys} keys`);
    }
    return this.#lastKey;
  }

  #enterKey(start: number, suffixLength: number): void {
    const offset = this.#reader.offset;
    const { bytes, restarts } = this.#block;
    if (this.#keys % RESTART_INTERVAL === 0) {
      const restart = this.#keys / RESTART_INTERVAL;
      if (
        restart >= restarts || this.#block.restartOffset(restart) !== start
      ) throw this.#damaged(`the key at ${start} is not a restart`);
    }
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
    this.#lastKey = start;
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
