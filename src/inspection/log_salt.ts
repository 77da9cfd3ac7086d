import { crc32 } from "../bytes/crc32.ts";
import { readUint32, readUint64 } from "../bytes/fixed.ts";
import {
  FRAME_CRC_BYTES,
  FRAME_HEADER_BYTES,
  frameChecksum,
  LOG_CRC_OFFSET,
  LOG_FIRST_SEQUENCE_OFFSET,
  LOG_HEADER_BYTES,
  LOG_SALT_OFFSET,
  LOG_VERSION,
  type LogHeader,
  readFrameHeader,
  writeLogHeader,
} from "../format/log_format.ts";
import { inverseOfBytes, multiply } from "./crc_algebra.ts";
import type { FileWindow } from "./file_window.ts";
import { type LogFrame, LogWalk } from "./log_walk.ts";

/** A longer first frame is not used to find a salt. */
const MOST_FRAME_BYTES = 64 * 1024 * 1024;

/**
 * Makes the header of a log whose own one is damaged. Its salt is what the frames need to be told
 * from other bytes, and a salt is right if a frame passes with it: the one that stands there, or
 * the one with which the checksum of the header is right, if nothing but the salt is damaged.
 * Answers `undefined` if neither is.
 */
export async function restoreHeader(
  window: FileWindow,
  number: number,
): Promise<LogHeader | undefined> {
  if (window.size < LOG_HEADER_BYTES + FRAME_HEADER_BYTES) return undefined;
  const bytes = (await window.span(0, LOG_HEADER_BYTES)).slice();
  const stored = readUint32(bytes, LOG_SALT_OFFSET);
  const salts = [stored];
  for (let version = LOG_VERSION; version > 0; version--) {
    salts.push(saltOfHeader(bytes, number, version));
  }
  for (const salt of salts) {
    const [first] = await someFrames(window, salt, 1);
    if (first !== undefined) return headerFor(first, salt, number);
  }
  return undefined;
}

/**
 * Makes a header with the salt with which the first frame is right, if another frame passes with it
 * too.
 */
export async function guessHeader(
  window: FileWindow,
  number: number,
): Promise<LogHeader | undefined> {
  if (window.size < LOG_HEADER_BYTES + FRAME_HEADER_BYTES) return undefined;
  const salt = await saltOfFirstFrame(window);
  if (salt === undefined) return undefined;
  const [first, second] = await someFrames(window, salt, 2);
  return first && second && headerFor(first, salt, number);
}

function headerFor(
  { header }: LogFrame,
  salt: number,
  number: number,
): LogHeader {
  return { salt, number, firstSequence: header.firstSequence };
}

/** The first valid frames of a log with this salt. */
async function someFrames(
  window: FileWindow,
  salt: number,
  most: number,
): Promise<LogFrame[]> {
  const walk = new LogWalk(window, { salt, number: 0, firstSequence: 0 });
  const found: LogFrame[] = [];
  for (let frame = await walk.next(); frame; frame = await walk.next()) {
    if (found.push(frame) === most) break;
  }
  return found;
}

/**
 * The salt with which the checksum of a header is right. A salt s adds s x^(8 n) to it, where n
 * bytes from the salt on are covered.
 */
function saltOfHeader(
  bytes: Uint8Array,
  number: number,
  version: number,
): number {
  const first = readUint64(bytes, LOG_FIRST_SEQUENCE_OFFSET);
  const firstSequence = Number.isNaN(first) ? 0 : first;
  const unsalted = new Uint8Array(LOG_HEADER_BYTES);
  writeLogHeader(unsalted, { salt: 0, number, firstSequence }, version);
  const difference = readUint32(bytes, LOG_CRC_OFFSET) ^
    readUint32(unsalted, LOG_CRC_OFFSET);
  const covered = LOG_CRC_OFFSET - LOG_SALT_OFFSET;
  return multiply(inverseOfBytes(covered), difference);
}

/** The salt with which the checksum of the first frame is right. */
async function saltOfFirstFrame(
  window: FileWindow,
): Promise<number | undefined> {
  const start = LOG_HEADER_BYTES;
  const head = await window.span(start, FRAME_HEADER_BYTES);
  const crc = frameChecksum(head, 0);
  const header = readFrameHeader(head, 0);
  if (header === undefined) return undefined;
  const length = FRAME_HEADER_BYTES - FRAME_CRC_BYTES + header.length;
  if (
    length > MOST_FRAME_BYTES || start + FRAME_CRC_BYTES + length > window.size
  ) {
    return undefined;
  }
  const unsalted = crc32(await window.span(start + FRAME_CRC_BYTES, length));
  return multiply(inverseOfBytes(length), crc ^ unsalted);
}
