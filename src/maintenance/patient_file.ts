import { isShortage, KvIoError } from "../errors.ts";
import type { Awaitable } from "../storage/awaitable.ts";
import type { ReadableFile } from "../storage/storage.ts";

/**
 * What cannot be read is found out down to pieces of this size, that of a page and of most sectors.
 */
const PIECE_BYTES = 4096;

/**
 * So many reads of a file may fail before what fails next is given up as a whole: on a disk that
 * dies each takes its time.
 */
const MOST_FAILURES = 256;

/** A stretch of a file that cannot be read. */
export interface Unreadable {
  readonly start: number;
  readonly end: number;
  readonly error: KvIoError;
}

/** Who hears of a file. */
export interface PatientFileContext {
  onRead(): void;
  onUnreadable(part: Unreadable): void;
}

/**
 * A file of which some bytes may be refused by the storage: they are read as zeros, and told of.
 */
export class PatientFile implements ReadableFile {
  readonly size: number;
  readonly #file: ReadableFile;
  readonly #context: PatientFileContext;
  #failures = 0;

  constructor(file: ReadableFile, context: PatientFileContext) {
    this.size = file.size;
    this.#file = file;
    this.#context = context;
  }

  async readAt(target: Uint8Array, position: number): Promise<void> {
    try {
      await this.#file.readAt(target, position);
      this.#context.onRead();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#readAround(target, position, error);
    }
  }

  close(): Awaitable<void> {
    return this.#file.close();
  }

  /** Reads what can be read of a stretch that cannot be read as a whole. */
  async #readAround(
    target: Uint8Array,
    position: number,
    error: KvIoError,
  ): Promise<void> {
    const { length } = target;
    if (isInPiece(position, length)) {
      return await this.#readAgain(target, position, error);
    }
    if (++this.#failures > MOST_FAILURES) {
      return this.#giveUp(target, position, error);
    }
    const half = borderIn(position, length) - position;
    await this.readAt(target.subarray(0, half), position);
    await this.readAt(target.subarray(half), position + half);
  }

  /** Disks also fail now and then, and not the next time. */
  async #readAgain(
    target: Uint8Array,
    position: number,
    error: KvIoError,
  ): Promise<void> {
    if (this.#failures > MOST_FAILURES) {
      return this.#giveUp(target, position, error);
    }
    try {
      await this.#file.readAt(target, position);
      this.#context.onRead();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#giveUp(target, position, error);
    }
  }

  #giveUp(target: Uint8Array, start: number, error: KvIoError): void {
    target.fill(0);
    this.#context.onUnreadable({ start, end: start + target.length, error });
  }
}

/** Whether no border between pieces lies inside a stretch, however short it is. */
function isInPiece(position: number, length: number): boolean {
  const nextBorder = (Math.floor(position / PIECE_BYTES) + 1) * PIECE_BYTES;
  return position + length <= nextBorder;
}

/** A border between pieces, about in the middle of a stretch that has one inside. */
function borderIn(position: number, length: number): number {
  const middle = position + length / 2;
  const border = Math.floor(middle / PIECE_BYTES) * PIECE_BYTES;
  return border > position ? border : border + PIECE_BYTES;
}

/**
 * Whether the storage refuses a file or a part of it, and not for want of something that the
 * process has run out of.
 */
export function isRefusal(error: unknown): error is KvIoError {
  return error instanceof KvIoError && !isShortage(error);
}
