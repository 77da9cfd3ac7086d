import { crc32 } from "../bytes/crc32.ts";
import { readUint32 } from "../bytes/fixed.ts";
import {
  FRAME_CRC_BYTES,
  FRAME_HEADER_BYTES,
  FRAME_LENGTH_OFFSET,
  frameChecksum,
  type FrameHeader,
  hasFrameMagic,
  LOG_HEADER_BYTES,
  type LogHeader,
  readFrameHeader,
} from "../format/log_format.ts";
import { MOST_SEARCH_READS } from "../wal/log_reader.ts";
import type { FileWindow } from "./file_window.ts";

/** How much of a frame is checked at once. */
const CHUNK_BYTES = 32 * 1024;

/** How much is looked through for frames at once. */
const SEARCH_BYTES = 32 * 1024;

/** Whether a log has nothing but zeros from `start` on: room for frames that were never written. */
export async function isBlank(
  window: FileWindow,
  start: number,
): Promise<boolean> {
  for (let at = start; at < window.size; at += SEARCH_BYTES) {
    const length = Math.min(SEARCH_BYTES, window.size - at);
    const span = await window.span(at, length);
    if (span.some((byte) => byte !== 0)) return false;
  }
  return true;
}

/** A valid frame of a log. */
export interface LogFrame {
  readonly header: FrameHeader;
  /** Where it begins and ends in the file. */
  readonly start: number;
  readonly end: number;
}

/**
 * Goes through the valid frames of a log piece by piece, whatever its size, and on behind damage.
 * It comes to the same frames as a `LogReader`: those up to {@linkcode LogWalk.intactEnd} follow
 * one another without a gap, all others lie behind damage.
 */
export class LogWalk {
  readonly #window: FileWindow;
  readonly #salt: number;
  #offset = LOG_HEADER_BYTES;
  /** Sequence number that the next frame has to begin with. */
  #nextSequence: number;
  #budgetBytes: number;
  /** Where the frames end that follow one another without a gap. */
  #intactEnd: number | undefined;
  #gaveUp = false;

  constructor(window: FileWindow, header: LogHeader) {
    this.#window = window;
    this.#salt = header.salt;
    this.#nextSequence = header.firstSequence;
    this.#budgetBytes = MOST_SEARCH_READS * window.size;
  }

  /**
   * Up to where the log is whole: the end of the file if nothing is wrong. Known once the walk has
   * passed it.
   */
  get intactEnd(): number {
    return this.#intactEnd ?? this.#offset;
  }

  /** Sequence number behind that of the last write before {@linkcode LogWalk.intactEnd}. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Whether the search behind damage was ended because bytes were made to keep it busy. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  /** The next valid frame. */
  async next(): Promise<LogFrame | undefined> {
    if (this.#intactEnd !== undefined) return await this.#search();
    const frame = await this.#frameAt(this.#offset);
    if (frame?.header.firstSequence === this.#nextSequence) {
      this.#nextSequence += frame.header.count;
      return this.#pass(frame);
    }
    this.#intactEnd = this.#offset;
    return await this.#search();
  }

  #pass(frame: LogFrame): LogFrame {
    this.#offset = frame.end;
    return frame;
  }

  /** Looks for the next frame at any place. */
  async #search(): Promise<LogFrame | undefined> {
    const { size } = this.#window;
    while (size - this.#offset > FRAME_HEADER_BYTES) {
      const start = this.#offset;
      const length = Math.min(SEARCH_BYTES, size - start);
      const places = length - FRAME_HEADER_BYTES;
      const span = await this.#window.span(start, length);
      let at = 0;
      while (at < places && !hasFrameMagic(span, at)) at++;
      this.#offset = start + at;
      if (at === places) continue;
      this.#budgetBytes -= Math.min(
        readUint32(span, at + FRAME_LENGTH_OFFSET),
        size - this.#offset,
      );
      if (this.#budgetBytes < 0) {
        this.#gaveUp = true;
        break;
      }
      const frame = await this.#frameAt(this.#offset);
      if (frame !== undefined) return this.#pass(frame);
      this.#offset++;
    }
    this.#offset = size;
    return undefined;
  }

  /** The frame that begins at `start`, if it is valid. */
  async #frameAt(start: number): Promise<LogFrame | undefined> {
    const left = this.#window.size - start - FRAME_HEADER_BYTES;
    if (left < 0) return undefined;
    const head = await this.#window.span(start, FRAME_HEADER_BYTES);
    const header = readFrameHeader(head, 0);
    if (header === undefined || header.length > left) return undefined;
    const end = start + FRAME_HEADER_BYTES + header.length;
    const crc = frameChecksum(head, 0);
    return await this.#checksum(start + FRAME_CRC_BYTES, end) === crc
      ? { header, start, end }
      : undefined;
  }

  async #checksum(start: number, end: number): Promise<number> {
    let crc = this.#salt;
    for (let at = start; at < end; at += CHUNK_BYTES) {
      const length = Math.min(CHUNK_BYTES, end - at);
      crc = crc32(await this.#window.span(at, length), crc);
    }
    return crc;
  }
}
