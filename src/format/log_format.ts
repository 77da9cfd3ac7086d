/**
 * The layout of a write-ahead log: a header, then frames. A frame holds the records of one group
 * commit and is valid as a whole or not at all, so a batch that lies inside one frame is atomic.
 *
 *     log header, 40 bytes
 *     0         8          12     16       24               32         36     40
 *     | magic   | version  | salt | number | first sequence | reserved | crc  |
 *     | 8 bytes | u32      | u32  | u64    | u64            | u32      | u32  |
 *
 *     frame
 *     0      4        8        12      16               24                 32
 *     | crc  | length | count  | magic | first sequence | durable sequence | records ... |
 *     | u32  | u32    | u32    | u32   | u64            | u64              | `length` bytes |
 *
 * Integers are little-endian. `crc` of the header covers the bytes before it; `crc` of a frame
 * covers the frame's bytes behind it and is seeded with the log's salt, so a frame of another log
 * does not pass. The records of a frame have the sequence numbers `first sequence`, + 1, + 2 and so
 * on, without a gap from frame to frame. `durable sequence` says up to which write everything had
 * been synced when the frame was written: that is how recovery tells a tail that was torn by a
 * crash from damage to what had been promised. Behind the last frame there may be zeros: room that
 * was made for more.
 *
 * @module
 */
import { crc32 } from "../bytes/crc32.ts";
import {
  readUint32,
  readUint64,
  writeUint32,
  writeUint64,
} from "../bytes/fixed.ts";
import { MAX_SEQUENCE } from "./sequence.ts";

/**
 * Version of the log format that this engine writes. It reads version 1 too, in which no record is
 * a range delete.
 */
export const LOG_VERSION = 2;
export const LOG_HEADER_BYTES = 40;
export const FRAME_HEADER_BYTES = 32;

/** The longest log that is read: no arena is larger. */
export const MAX_LOG_BYTES: number = 2 ** 31;

// Where the parts stand in the header of a log.
const VERSION_OFFSET = 8;
export const LOG_SALT_OFFSET = 12;
export const LOG_NUMBER_OFFSET = 16;
export const LOG_FIRST_SEQUENCE_OFFSET = 24;
const RESERVED_OFFSET = 32;
export const LOG_CRC_OFFSET = 36;

// The same for a frame.
export const FRAME_CRC_BYTES = 4;
export const FRAME_LENGTH_OFFSET = 4;
const FRAME_COUNT_OFFSET = 8;
const FRAME_MAGIC_OFFSET = 12;
const FRAME_FIRST_SEQUENCE_OFFSET = 16;
const FRAME_DURABLE_SEQUENCE_OFFSET = 24;

const LOG_MAGIC = new TextEncoder().encode("PUREKVL\n");
const FRAME_MAGIC = 0x4d415246; // "FRAM"

/** What the header of a log says. */
export interface LogHeader {
  /** Random number that seeds the checksums of the frames. */
  readonly salt: number;
  /** File number of the log. */
  readonly number: number;
  /** Sequence number of the first record that the log can hold. */
  readonly firstSequence: number;
}

/** What the header of a frame says. */
export interface FrameHeader {
  /** Bytes of records. */
  readonly length: number;
  /** Number of records. */
  readonly count: number;
  readonly firstSequence: number;
  readonly durableSequence: number;
}

/**
 * Writes a log header at the start of `target`; of an older `version` for those who look for what
 * was there.
 */
export function writeLogHeader(
  target: Uint8Array,
  header: LogHeader,
  version: number = LOG_VERSION,
): void {
  target.set(LOG_MAGIC, 0);
  writeUint32(target, VERSION_OFFSET, version);
  writeUint32(target, LOG_SALT_OFFSET, header.salt);
  writeUint64(target, LOG_NUMBER_OFFSET, header.number);
  writeUint64(target, LOG_FIRST_SEQUENCE_OFFSET, header.firstSequence);
  writeUint32(target, RESERVED_OFFSET, 0);
  writeUint32(target, LOG_CRC_OFFSET, headerChecksum(target));
}

/** The checksum that a log header should have. */
function headerChecksum(header: Uint8Array): number {
  return crc32(header.subarray(0, LOG_CRC_OFFSET));
}

/** The format version that a log with this header has. */
export function logVersion(header: Uint8Array): number {
  return readUint32(header, VERSION_OFFSET);
}

/**
 * Reads the log header at the start of `source`: the header, the version if it is a whole header
 * of a version that is not known here, or `undefined` if it is torn or damaged.
 */
export function readLogHeader(
  source: Uint8Array,
): LogHeader | { readonly unknownVersion: number } | undefined {
  if (source.length < LOG_HEADER_BYTES) return undefined;
  if (LOG_MAGIC.some((byte, i) => source[i] !== byte)) return undefined;
  if (headerChecksum(source) !== readUint32(source, LOG_CRC_OFFSET)) {
    return undefined;
  }
  const version = logVersion(source);
  if (version < 1 || version > LOG_VERSION) return { unknownVersion: version };
  const number = readUint64(source, LOG_NUMBER_OFFSET);
  const firstSequence = readUint64(source, LOG_FIRST_SEQUENCE_OFFSET);
  // The log of a store that has used up its sequence numbers begins behind the last one.
  if (!(number <= MAX_SEQUENCE && firstSequence <= MAX_SEQUENCE + 1)) {
    return undefined;
  }
  return { salt: readUint32(source, LOG_SALT_OFFSET), number, firstSequence };
}

/** Completes the frame whose header room starts at `start` and whose records lie before `end`. */
export function sealFrame(
  target: Uint8Array,
  start: number,
  salt: number,
  header: FrameHeader,
): void {
  writeUint32(target, start + FRAME_LENGTH_OFFSET, header.length);
  writeUint32(target, start + FRAME_COUNT_OFFSET, header.count);
  writeUint32(target, start + FRAME_MAGIC_OFFSET, FRAME_MAGIC);
  writeUint64(
    target,
    start + FRAME_FIRST_SEQUENCE_OFFSET,
    header.firstSequence,
  );
  writeUint64(
    target,
    start + FRAME_DURABLE_SEQUENCE_OFFSET,
    header.durableSequence,
  );
  const end = start + FRAME_HEADER_BYTES + header.length;
  const covered = target.subarray(start + FRAME_CRC_BYTES, end);
  writeUint32(target, start, crc32(covered, salt));
}

/** Whether the bytes at `start`, of which there are enough, look like the header of a frame. */
export function hasFrameMagic(source: Uint8Array, start: number): boolean {
  return readUint32(source, start + FRAME_MAGIC_OFFSET) === FRAME_MAGIC;
}

/**
 * Reads the frame at `start`, checksum and all, or answers `undefined` if there is no valid frame.
 */
export function readFrame(
  source: Uint8Array,
  start: number,
  salt: number,
): FrameHeader | undefined {
  const left = source.length - start - FRAME_HEADER_BYTES;
  if (left < 0) return undefined;
  const header = readFrameHeader(source, start);
  if (header === undefined || header.length > left) return undefined;
  const end = start + FRAME_HEADER_BYTES + header.length;
  const body = source.subarray(start + FRAME_CRC_BYTES, end);
  return crc32(body, salt) === frameChecksum(source, start)
    ? header
    : undefined;
}

/**
 * Reads the header of the frame at `start`, of which there is enough; `undefined` if it cannot be
 * one. The checksum is not looked at.
 */
export function readFrameHeader(
  source: Uint8Array,
  start: number,
): FrameHeader | undefined {
  if (!hasFrameMagic(source, start)) return undefined;
  const length = readUint32(source, start + FRAME_LENGTH_OFFSET);
  const count = readUint32(source, start + FRAME_COUNT_OFFSET);
  const firstSequence = readUint64(source, start + FRAME_FIRST_SEQUENCE_OFFSET);
  const durableSequence = readUint64(
    source,
    start + FRAME_DURABLE_SEQUENCE_OFFSET,
  );
  const lastSequence = firstSequence + count - 1;
  if (count === 0 || !(lastSequence <= MAX_SEQUENCE)) return undefined;
  if (!(durableSequence < firstSequence)) return undefined;
  return { length, count, firstSequence, durableSequence };
}

/**
 * The checksum that the frame at `start` should have: of all that follows it, seeded with the salt
 * of the log.
 */
export function frameChecksum(source: Uint8Array, start: number): number {
  return readUint32(source, start);
}
