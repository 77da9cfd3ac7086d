import { readUint32 } from "../bytes/fixed.ts";
import { corruption, KvError } from "../errors.ts";
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  hasFrameMagic,
  LOG_HEADER_BYTES,
  LOG_NUMBER_OFFSET,
  LOG_VERSION,
  type LogHeader,
  readFrame,
  readLogHeader,
} from "../format/log_format.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";

/** While looking for frames behind damage, how often the bytes of the log may be read over. */
export const MOST_SEARCH_READS = 16;

/**
 * Reads the header of the log image `image`, or answers `undefined` if it is torn or damaged.
 *
 * @throws {KvError} `KV_UNSUPPORTED` for a log of a newer format; `KV_CORRUPTION` for a log that
 * was made under another number.
 */
export function openLogImage(
  image: Uint8Array,
  name: string,
  number: number,
): LogHeader | undefined {
  const header = readLogHeader(image);
  if (header === undefined) return undefined;
  if ("unknownVersion" in header) {
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot read ${name}: its format version is ${header.unknownVersion}, this engine knows ${LOG_VERSION}; use a newer purekv`,
    );
  }
  if (header.number !== number) {
    throw corruption(
      name,
      LOG_NUMBER_OFFSET,
      `the log was written as number ${header.number}`,
    );
  }
  return header;
}

/**
 * Steps through the frames of a log image for as long as they are valid and their sequence numbers
 * go on without a gap. Where it stops short of the end of the image there is a torn tail or damage:
 * {@linkcode LogReader.promisedBehind} helps to tell which.
 */
export class LogReader {
  readonly #image: Uint8Array;
  readonly #salt: number;
  /** Where the next frame is expected: the end of what is valid so far. */
  offset: number = LOG_HEADER_BYTES;
  /** Sequence number that the next frame has to begin with. */
  nextSequence: number;
  /** The largest sequence number that a frame read so far says to have been durable before it. */
  durableSequence = 0;

  /** @param image The whole log. @param header Its header. */
  constructor(image: Uint8Array, header: LogHeader) {
    this.#image = image;
    this.#salt = header.salt;
    this.nextSequence = header.firstSequence;
  }

  /** Whether every byte of the image belongs to a valid frame. */
  get isWhole(): boolean {
    return this.offset === this.#image.length;
  }

  /**
   * The next frame, which lies before {@linkcode LogReader.offset} afterwards, or `undefined` where
   * no valid one follows.
   */
  next(): FrameHeader | undefined {
    const frame = readFrame(this.#image, this.offset, this.#salt);
    if (frame === undefined || frame.firstSequence !== this.nextSequence) {
      return undefined;
    }
    this.offset += FRAME_HEADER_BYTES + frame.length;
    this.nextSequence += frame.count;
    this.durableSequence = frame.durableSequence;
    return frame;
  }

  /**
   * Looks behind the place where the frames end for valid frames all the same, and answers with the
   * largest sequence number that one of them says to have been durable before it was written; 0 if
   * there is none. Bytes that were made to keep the search busy count as a promise of everything:
   * better refused than cut.
   */
  promisedBehind(): number {
    const image = this.#image;
    let promised = 0;
    let budget = MOST_SEARCH_READS * image.length;
    for (let at = this.offset; at < image.length - FRAME_HEADER_BYTES; at++) {
      if (!hasFrameMagic(image, at)) continue;
      budget -= Math.min(readUint32(image, at + 4), image.length - at);
      if (budget < 0) return MAX_SEQUENCE;
      const frame = readFrame(image, at, this.#salt);
      if (frame === undefined) continue;
      promised = Math.max(promised, frame.durableSequence);
      at += FRAME_HEADER_BYTES + frame.length - 1;
    }
    return promised;
  }
}
