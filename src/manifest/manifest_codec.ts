/**
 * The manifest: the one file that says which segments and logs make up the store. It is written anew for each change and
 * put in place by a rename, so it is always whole.
 *
 *     header, 20 bytes
 *     0         8          12       16     20
 *     | magic   | version  | length | crc  | body ...       |
 *     | 8 bytes | u32      | u32    | u32  | `length` bytes |
 *
 *     body
 *     | store id | key codec   | value codec | next file number | flushed sequence | oldest log |
 *     | 16 bytes | u8 + UTF-8  | u8 + UTF-8  | varint           | varint           | varint     |
 *     | logs                         | levels                                              |
 *     | varint count, varint numbers | u8 count, then for each: varint count, its segments |
 *
 *     segment
 *     | number | size   | entries | tombstones | older versions | max sequence | smallest key    | largest key     |
 *     | varint | varint | varint  | varint     | varint         | varint       | varint + bytes  | varint + bytes  |
 *
 * Fixed integers are little-endian. `crc` covers the first 16 bytes and the body. Nothing follows the body. A manifest of any later
 * version has the same header, so that a newer file is told from a damaged one. A checksum stops accidents but no attacker, so the
 * decoder also refuses whatever an engine cannot have written.
 *
 * @module
 */
import { crc32 } from "../bytes/crc32.ts";
import { readUint32, writeUint32 } from "../bytes/fixed.ts";
import { MAX_VARINT_BYTES, writeVarint } from "../bytes/varint.ts";
import {
  corruption,
  invalidArgument,
  KvCorruptionError,
  KvError,
} from "../errors.ts";
import { MANIFEST_NAME } from "../format/file_names.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import { BodyReader, FileNumbers } from "./body_reader.ts";
import { type SegmentInfo, segmentProblem } from "./segment_info.ts";
import { MAX_LEVELS, orderProblem } from "./version.ts";

/** Version of the manifest format that this engine writes. */
export const MANIFEST_VERSION = 1;

/** Largest manifest that is read or written, in bytes. */
export const MAX_MANIFEST_BYTES: number = 256 * 1024 * 1024;

const MAGIC = new TextEncoder().encode("PUREKVM\n");
const HEADER_BYTES = 20;
const CRC_OFFSET = 16;
const STORE_ID_BYTES = 16;
const MAX_NAME_BYTES = 255;
const NUMBERS_OF_A_SEGMENT = 8;
const NUMBERS_OF_A_STORE = 4;

/** All that a manifest says. */
export interface ManifestState {
  /** 16 random bytes that tell this store from any other. */
  readonly storeId: Uint8Array;
  /** Name of the codec that all keys are written with. */
  readonly keyCodec: string;
  /** Name of the codec that all values are written with. */
  readonly valueCodec: string;
  /** The number that the next new file gets; larger than that of any file there is. */
  readonly nextFileNumber: number;
  /** Every write up to this sequence number is in segments. */
  readonly flushedSequence: number;
  /** Logs with a smaller number are not needed any more. */
  readonly oldestLog: number;
  /** Numbers of the logs that are known to be there and needed, ascending. */
  readonly logs: readonly number[];
  /** The live segments of each level, in the order of a `Version`. */
  readonly levels: readonly (readonly SegmentInfo[])[];
}

/** Encodes a manifest. Throws rather than encode what {@linkcode decodeManifest} would refuse. */
export function encodeManifest(state: ManifestState): Uint8Array {
  const keyCodec = encodeName("keys", state.keyCodec);
  const valueCodec = encodeName("values", state.valueCodec);
  const most = mostBytes(state);
  if (most > MAX_MANIFEST_BYTES) {
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot write ${MANIFEST_NAME}: it would take ${most} bytes, which is past ${MAX_MANIFEST_BYTES}; the keys are too long for so many segments`,
    );
  }
  if (state.storeId.length !== STORE_ID_BYTES) {
    throw new Error(`Cannot write ${MANIFEST_NAME}: the store id is no id`);
  }
  const bytes = new Uint8Array(most);
  let at = HEADER_BYTES;
  bytes.set(state.storeId, at);
  at = writeName(bytes, at + STORE_ID_BYTES, keyCodec);
  at = writeName(bytes, at, valueCodec);
  at = writeNumber(bytes, at, state.nextFileNumber);
  at = writeNumber(bytes, at, state.flushedSequence);
  at = writeNumber(bytes, at, state.oldestLog);
  at = writeNumber(bytes, at, state.logs.length);
  for (const log of state.logs) at = writeNumber(bytes, at, log);
  bytes[at++] = state.levels.length;
  for (const segments of state.levels) {
    at = writeNumber(bytes, at, segments.length);
    for (const segment of segments) at = writeSegment(bytes, at, segment);
  }
  const manifest = bytes.subarray(0, at);
  writeHeader(manifest);
  refuseUnreadable(manifest);
  return manifest;
}

/**
 * Decodes a whole manifest. Throws {@linkcode KvCorruptionError} for bytes that no engine wrote, and
 * {@linkcode KvError} `KV_UNSUPPORTED` for a newer format.
 */
export function decodeManifest(bytes: Uint8Array): ManifestState {
  checkHeader(bytes);
  return decodeBody(bytes);
}

/**
 * What a damaged manifest seems to say: its header and checksum are not looked at, and `undefined` is the answer if the rest makes no sense.
 * Whatever is in it may be wrong.
 */
export function salvageManifest(bytes: Uint8Array): ManifestState | undefined {
  try {
    return decodeBody(bytes);
  } catch (error) {
    if (error instanceof KvCorruptionError) return undefined;
    throw error;
  }
}

function decodeBody(bytes: Uint8Array): ManifestState {
  const reader = new BodyReader(bytes, HEADER_BYTES);
  const storeId = reader.bytes(STORE_ID_BYTES, "the store id");
  const keyCodec = reader.name("the name of the key codec");
  const valueCodec = reader.name("the name of the value codec");
  const nextFileNumber = reader.number("the next file number");
  const flushedSequence = reader.number("the flushed sequence number");
  const oldestLog = reader.number("the number of the oldest log");
  if (oldestLog > nextFileNumber) {
    throw reader.damage("the oldest log is past the next file number");
  }
  const files = new FileNumbers(reader, nextFileNumber);
  const logs = readLogs(reader, files, oldestLog);
  const levels = readLevels(reader, files);
  if (reader.left > 0) throw reader.damage("bytes follow the end");
  return {
    storeId,
    keyCodec,
    valueCodec,
    nextFileNumber,
    flushedSequence,
    oldestLog,
    logs,
    levels,
  };
}

function checkHeader(bytes: Uint8Array): void {
  if (bytes.length < HEADER_BYTES) {
    throw damage(bytes.length, "the header is cut off");
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw damage(0, "this is no manifest");
  }
  const end = HEADER_BYTES + readUint32(bytes, 12);
  if (bytes.length < end) throw damage(bytes.length, "the body is cut off");
  if (bytes.length > end) throw damage(end, "bytes follow the end");
  if (readUint32(bytes, CRC_OFFSET) !== checksum(bytes)) {
    throw damage(CRC_OFFSET, "the checksum does not match");
  }
  const version = readUint32(bytes, 8);
  if (version > MANIFEST_VERSION) {
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot read ${MANIFEST_NAME}: its format version is ${version}, and this release knows versions up to ${MANIFEST_VERSION}`,
    );
  }
  if (version === 0) throw damage(8, "there is no format version 0");
}

function writeHeader(bytes: Uint8Array): void {
  bytes.set(MAGIC);
  writeUint32(bytes, 8, MANIFEST_VERSION);
  writeUint32(bytes, 12, bytes.length - HEADER_BYTES);
  writeUint32(bytes, CRC_OFFSET, checksum(bytes));
}

function checksum(bytes: Uint8Array): number {
  const header = crc32(bytes.subarray(0, CRC_OFFSET));
  return crc32(bytes.subarray(HEADER_BYTES), header);
}

function readLogs(
  reader: BodyReader,
  files: FileNumbers,
  oldestLog: number,
): number[] {
  const count = reader.number("the number of logs");
  const logs: number[] = [];
  for (let i = 0; i < count; i++) {
    const log = reader.number("the number of a log");
    files.add(log);
    if (log < oldestLog) throw reader.damage("a log is older than the oldest");
    if (i > 0 && log < logs[i - 1]!) {
      throw reader.damage("the logs are not in order");
    }
    logs.push(log);
  }
  return logs;
}

function readLevels(reader: BodyReader, files: FileNumbers): SegmentInfo[][] {
  const count = reader.bytes(1, "the number of levels")[0]!;
  if (count > MAX_LEVELS) throw reader.damage(`${count} levels are too many`);
  const levels: SegmentInfo[][] = [];
  for (let level = 0; level < count; level++) {
    const segmentCount = reader.number("the number of segments");
    const segments: SegmentInfo[] = [];
    for (let i = 0; i < segmentCount; i++) {
      const segment = readSegment(reader);
      files.add(segment.number);
      const previous = segments[i - 1];
      const problem = previous && orderProblem(level, previous, segment);
      if (problem !== undefined) throw reader.damage(problem);
      segments.push(segment);
    }
    levels.push(segments);
  }
  return levels;
}

function readSegment(reader: BodyReader): SegmentInfo {
  const segment: SegmentInfo = {
    number: reader.number("the number of a segment"),
    sizeBytes: reader.number("the size of a segment"),
    entries: reader.number("the entries of a segment"),
    tombstones: reader.number("the tombstones of a segment"),
    olderVersions: reader.number("the older versions of a segment"),
    maxSequence: reader.number("the sequence number of a segment"),
    smallestKey: reader.key("the smallest key of a segment"),
    largestKey: reader.key("the largest key of a segment"),
  };
  const problem = segmentProblem(segment);
  if (problem !== undefined) throw reader.damage(problem);
  return segment;
}

function writeSegment(
  target: Uint8Array,
  offset: number,
  segment: SegmentInfo,
): number {
  let at = writeNumber(target, offset, segment.number);
  at = writeNumber(target, at, segment.sizeBytes);
  at = writeNumber(target, at, segment.entries);
  at = writeNumber(target, at, segment.tombstones);
  at = writeNumber(target, at, segment.olderVersions);
  at = writeNumber(target, at, segment.maxSequence);
  for (const key of [segment.smallestKey, segment.largestKey]) {
    at = writeNumber(target, at, key.length);
    target.set(key, at);
    at += key.length;
  }
  return at;
}

/** `writeVarint` that refuses what would come back as another number. */
function writeNumber(
  target: Uint8Array,
  offset: number,
  value: number,
): number {
  if (Number.isInteger(value) && value >= 0 && value <= MAX_SEQUENCE) {
    return writeVarint(target, offset, value);
  }
  throw new Error(`Cannot write ${MANIFEST_NAME}: ${value} is out of bounds`);
}

function encodeName(option: string, name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > MAX_NAME_BYTES || !name.isWellFormed()) {
    throw invalidArgument(
      `Invalid option ${option}: the name of its codec must be well-formed text of at most ${MAX_NAME_BYTES} bytes`,
    );
  }
  return bytes;
}

function writeName(
  target: Uint8Array,
  offset: number,
  name: Uint8Array,
): number {
  target[offset] = name.length;
  target.set(name, offset + 1);
  return offset + 1 + name.length;
}

/** The most bytes that the manifest can take; mostly about twice what it does. */
function mostBytes({ logs, levels }: ManifestState): number {
  let bytes = HEADER_BYTES + STORE_ID_BYTES + 2 * (1 + MAX_NAME_BYTES) + 1;
  let numbers = NUMBERS_OF_A_STORE + logs.length + levels.length;
  for (const segments of levels) {
    numbers += segments.length * NUMBERS_OF_A_SEGMENT;
    for (const { smallestKey, largestKey } of segments) {
      bytes += smallestKey.length + largestKey.length;
    }
  }
  return bytes + numbers * MAX_VARINT_BYTES;
}

/** The last line of defence: a fault of the engine must not replace a good manifest by a bad one. */
function refuseUnreadable(manifest: Uint8Array): void {
  try {
    decodeManifest(manifest);
  } catch (cause) {
    throw new Error(
      `Cannot write ${MANIFEST_NAME}: it could not be read back`,
      {
        cause,
      },
    );
  }
}

function damage(offset: number, problem: string): KvCorruptionError {
  return corruption(MANIFEST_NAME, offset, problem);
}
