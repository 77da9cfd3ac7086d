/**
 * The index: where each data block lies and a separator behind each, for searches by order.
 *
 *     for each block | stored length | separator length | separator |
 *                    | varint        | varint           |           |
 *
 * The stored length is that of the block's section; the blocks lie one after another from the start
 * of the file. A separator is a short byte string: last key of the block <= separator < first key
 * of the next block. That of the last block is its last key.
 *
 * @module
 */
import { CodedKeys } from "../bytes/coded_keys.ts";
import { compareSpans, sharedPrefixLength } from "../bytes/compare.ts";
import { VarintReader, writeVarint } from "../bytes/varint.ts";
import { corruption, type KvCorruptionError } from "../errors.ts";
import { copySpan, grown } from "./copy_span.ts";

/** The most bytes of the two lengths of an index entry. */
const LENGTHS_ROOM_BYTES = 16;

/**
 * The shortest byte string s with `last` <= s < `next`, or nearly so. `last` sorts before `next`.
 */
export function separatorBetween(
  last: Uint8Array,
  next: Uint8Array,
): Uint8Array {
  const shared = sharedPrefixLength(
    last,
    0,
    last.length,
    next,
    0,
    next.length,
  );
  if (shared === last.length) return last;
  if (next.length > shared + 1) return next.subarray(0, shared + 1);
  // `next` ends with the byte that differs, so a separator is `last` cut off behind a byte that is
  // counted up.
  let at = shared;
  if (last[at]! + 1 === next[at]) {
    at++;
    while (at < last.length && last[at] === 0xff) at++;
  }
  if (at + 1 >= last.length) return last;
  const separator = last.slice(0, at + 1);
  separator[at]!++;
  return separator;
}

/** Builds the payload of the index. */
export class IndexBuilder {
  #buffer: Uint8Array = new Uint8Array(4096);
  #used = 0;
  #blocks = 0;

  /** Number of blocks added. */
  get blocks(): number {
    return this.#blocks;
  }

  /** Bytes of the payload so far. */
  get sizeBytes(): number {
    return this.#used;
  }

  /** Adds the next block: the length of its section in bytes and the separator behind it. */
  add(storedLength: number, separator: Uint8Array): void {
    const needed = this.#used + LENGTHS_ROOM_BYTES + separator.length;
    this.#buffer = grown(this.#buffer, this.#used, needed);
    const at = writeVarint(this.#buffer, this.#used, storedLength);
    const start = writeVarint(this.#buffer, at, separator.length);
    copySpan(this.#buffer, start, separator, 0, separator.length);
    this.#used = start + separator.length;
    this.#blocks++;
  }

  /** The payload. */
  finish(): Uint8Array {
    return this.#buffer.subarray(0, this.#used);
  }
}

/** What an index must agree with. */
export interface IndexExpectation {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Where the index lies in the file, for messages. */
  readonly offset: number;
  readonly blocks: number;
  /** Where the last data block ends. */
  readonly dataEnd: number;
  readonly largestKey: Uint8Array;
}

/** A checked index in memory. */
export class SegmentIndex {
  readonly #payload: Uint8Array;
  /** Start of each block in the file, and the end of the last one. */
  readonly #blockStarts: Uint32Array;
  readonly #separatorStarts: Uint32Array;
  readonly #separatorEnds: Uint32Array;
  readonly #separators: CodedKeys;

  /**
   * Reads and checks an index: the blocks fill the data area, the separators ascend and end with
   * the largest key.
   */
  constructor(payload: Uint8Array, expected: IndexExpectation) {
    this.#payload = payload;
    this.#blockStarts = new Uint32Array(expected.blocks + 1);
    this.#separatorStarts = new Uint32Array(expected.blocks);
    this.#separatorEnds = new Uint32Array(expected.blocks);
    this.#decode(expected);
    const starts = this.#separatorStarts;
    const ends = this.#separatorEnds;
    this.#separators = new CodedKeys({
      buffer: payload,
      size: expected.blocks,
      offset: (block) => starts[block]!,
      length: (block) => ends[block]! - starts[block]!,
    });
  }

  /** Number of blocks. */
  get blocks(): number {
    return this.#separatorStarts.length;
  }

  /** Memory that it takes, in bytes: the codes are twice as long as each of the other arrays. */
  get sizeBytes(): number {
    return this.#payload.length + 5 * this.#blockStarts.byteLength;
  }

  /** Where the section of a block begins in the file. */
  blockStart(block: number): number {
    return this.#blockStarts[block]!;
  }

  /** Where the section of a block ends in the file. */
  blockEnd(block: number): number {
    return this.#blockStarts[block + 1]!;
  }

  /** The separator behind `block`. */
  separator(block: number): Uint8Array {
    return this.#payload.subarray(
      this.#separatorStarts[block]!,
      this.#separatorEnds[block]!,
    );
  }

  /** Orders the separator behind `block` and a key. */
  compareSeparator(
    block: number,
    key: Uint8Array,
    keyOffset: number,
    keyLength: number,
  ): number {
    const start = this.#separatorStarts[block]!;
    return compareSpans(
      this.#payload,
      start,
      this.#separatorEnds[block]! - start,
      key,
      keyOffset,
      keyLength,
    );
  }

  /**
   * The only block that can hold the key, which is also the first with a key behind it; the number
   * of blocks if there is none.
   */
  blockFor(key: Uint8Array, keyOffset: number, keyLength: number): number {
    return this.#separators.lowerBound(key, keyOffset, keyLength);
  }

  #decode(expected: IndexExpectation): void {
    const { blocks, dataEnd, largestKey } = expected;
    const payload = this.#payload;
    const reader = new VarintReader(payload, 0, payload.length);
    let start = 0;
    for (let block = 0; block < blocks; block++) {
      const storedLength = reader.read();
      const separatorLength = reader.read();
      if (!(storedLength > 0 && storedLength <= dataEnd - start)) {
        throw damaged(expected, `block ${block} reaches past the data`);
      }
      if (!(separatorLength <= payload.length - reader.offset)) {
        throw damaged(expected, `the separator of block ${block} is cut off`);
      }
      start += storedLength;
      this.#blockStarts[block + 1] = start;
      this.#separatorStarts[block] = reader.offset;
      reader.offset += separatorLength;
      this.#separatorEnds[block] = reader.offset;
      if (block > 0 && !this.#ascends(block)) {
        throw damaged(expected, `the separator of block ${block} is unordered`);
      }
    }
    if (start !== dataEnd || reader.offset !== payload.length) {
      throw damaged(expected, "it does not describe the data area");
    }
    const last = this.compareSeparator(
      blocks - 1,
      largestKey,
      0,
      largestKey.length,
    );
    if (last !== 0) {
      throw damaged(expected, "it does not end with the last key");
    }
  }

  #ascends(block: number): boolean {
    const start = this.#separatorStarts[block]!;
    const length = this.#separatorEnds[block]! - start;
    return this.compareSeparator(block - 1, this.#payload, start, length) < 0;
  }
}

function damaged(
  { name, offset }: IndexExpectation,
  problem: string,
): KvCorruptionError {
  return corruption(name, offset, `the index is wrong: ${problem}`);
}
