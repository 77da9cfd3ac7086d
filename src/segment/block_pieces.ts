import type { AsciiParts } from "../format/entry.ts";
import { Block } from "./block.ts";
import { PART_OVERHEAD_BYTES } from "./block_cache.ts";

/** How many bytes of blocks are gathered for one piece. */
const PIECE_BYTES = 512 * 1024;

/** Blocks of one segment that follow one another: from who has written them to who caches them. */
export interface BlockPiece {
  /** Number of the segment. */
  readonly segment: number;
  /** Number of the first of the blocks. */
  readonly first: number;
  /**
   * Their payloads, one behind the other from the start on. No view, since Deno goes through every
   * element of one that is sent.
   */
  readonly buffer: ArrayBuffer;
  /** How many bytes each of them has. */
  readonly lengths: readonly number[];
  /** What of the entries of each is ASCII. */
  readonly asciiParts: readonly AsciiParts[];
}

/**
 * Gathers the blocks of segments, as they are written, to pieces. Those too large for one are left
 * out.
 */
export class BlockPieces {
  readonly #send: (piece: BlockPiece) => void;
  #bytesLeft: number;
  #segment = 0;
  /** Number of the next block of the segment. */
  #next = 0;
  /** Number of the first block that is gathered. */
  #first = 0;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #used = 0;
  #lengths: number[] = [];
  #asciiParts: AsciiParts[] = [];

  /**
   * @param mostBytes How many bytes of the cache the blocks of all pieces may take; what comes
   * after them is left out.
   * @param send Takes over a piece, and its buffer with it.
   */
  constructor(mostBytes: number, send: (piece: BlockPiece) => void) {
    this.#bytesLeft = mostBytes;
    this.#send = send;
  }

  /** Adds the next block of a segment; the segments come one after the other. */
  add(segment: number, payload: Uint8Array): void {
    if (segment !== this.#segment) {
      this.end();
      this.#segment = segment;
      this.#next = 0;
    }
    const number = this.#next++;
    if (payload.length > PIECE_BYTES - this.#used) this.end();
    if (payload.length > PIECE_BYTES) return;
    const cachedBytes = payload.length + PART_OVERHEAD_BYTES;
    if (cachedBytes > this.#bytesLeft) {
      this.#bytesLeft = 0;
      return;
    }
    this.#bytesLeft -= cachedBytes;
    if (this.#buffer === undefined) {
      this.#buffer = new Uint8Array(PIECE_BYTES);
      this.#first = number;
    }
    this.#buffer.set(payload, this.#used);
    this.#used += payload.length;
    this.#lengths.push(payload.length);
    this.#asciiParts.push(new Block(payload).findAsciiParts());
  }

  /** Sends what has been gathered. */
  end(): void {
    if (this.#buffer === undefined) return;
    this.#send({
      segment: this.#segment,
      first: this.#first,
      buffer: this.#buffer.buffer,
      lengths: this.#lengths,
      asciiParts: this.#asciiParts,
    });
    this.#buffer = undefined;
    this.#used = 0;
    this.#lengths = [];
    this.#asciiParts = [];
  }
}
