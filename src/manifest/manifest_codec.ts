/**
 * The manifest: the one file that says which segments and logs make up the store. It is written
 * anew for each change and put in place by a rename, so it is always whole.
 *
 *     header, 20 bytes
 *     0         8          12       16     20
 *     | magic   | version  | length | crc  | body ...       |
 *     | 8 bytes | u32      | u32    | u32  | `length` bytes |
 *
 *     body
 *     | store id | key codec   | value codec | next file number | flushed sequence | oldest log |
 *     | 16 bytes | u8 + UTF-8  | u8 + UTF-8  | varint           | varint           | varint     |
 *     | logs                         | levels                                              | range tombstones       |
 *     | varint count, varint numbers | u8 count, then for each: varint count, its segments | from version 2 on      |
 *
 * Segments are laid out in `segment_codec.ts`, range tombstones in `tombstone_codec.ts`. Fixed
 * integers are little-endian. `crc` covers the first 16 bytes and the body. Nothing follows the
 * body. A manifest of any later version has the same header, so that a newer file is told from a
 * damaged one. A checksum stops accidents but no attacker, so the decoder also refuses whatever an
 * engine cannot have written.
 *
 * @module
 */
import { crc32 } from "../bytes/crc32.ts";
import { readUint32, writeUint32 } from "../bytes/fixed.ts";
import { MAX_VARINT_BYTES } from "../bytes/varint.ts";
import {
  corruption,
  invalidArgument,
  KvCorruptionError,
  KvError,
} from "../errors.ts";
import { MANIFEST_NAME } from "../format/file_names.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import { BodyReader, FileNumbers } from "./body_reader.ts";
import { BodyWriter } from "./body_writer.ts";
import {
  NUMBERS_OF_A_SEGMENT,
  readSegment,
  writeSegment,
} from "./segment_codec.ts";
import type { SegmentInfo } from "./segment_info.ts";
import {
  readTombstones,
  sizeOfTombstones,
  writeTombstones,
} from "./tombstone_codec.ts";
import { MAX_LEVELS, orderProblem } from "./version.ts";

/** Version of the manifest format that this engine writes. It reads version 1 too. */
export const MANIFEST_VERSION = 2;

/** Largest manifest that is read or written, in bytes. */
export const MAX_MANIFEST_BYTES: number = 256 * 1024 * 1024;

const MAGIC = new TextEncoder().encode("PUREKVM\n");
const HEADER_BYTES = 20;
const VERSION_OFFSET = 8;
const CRC_OFFSET = 16;
const STORE_ID_BYTES = 16;
const MAX_NAME_BYTES = 255;
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
  /** The range tombstones of a `Version`. */
  readonly rangeTombstones: RangeTombstones;
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
    throw new Error(
      `Cannot write ${MANIFEST_NAME}: the store id must be ${STORE_ID_BYTES} bytes`,
    );
  }
  const bytes = new Uint8Array(most);
  const writer = new BodyWriter(bytes, HEADER_BYTES);
  writer.bytes(state.storeId);
  writeName(writer, keyCodec);
  writeName(writer, valueCodec);
  writer.number(state.nextFileNumber);
  writer.number(state.flushedSequence);
  writer.number(state.oldestLog);
  writer.number(state.logs.length);
  for (const log of state.logs) writer.number(log);
  writer.byte(state.levels.length);
  for (const segments of state.levels) {
    writer.number(segments.length);
    for (const segment of segments) writeSegment(writer, segment);
  }
  writeTombstones(writer, state.rangeTombstones);
  const manifest = bytes.subarray(0, writer.offset);
  writeHeader(manifest);
  refuseUnreadable(manifest);
  return manifest;
}

/** The format version of a whole manifest. */
export function manifestVersion(bytes: Uint8Array): number {
  return readUint32(bytes, VERSION_OFFSET);
}

/**
 * Decodes a whole manifest. Throws {@linkcode KvCorruptionError} for bytes that no engine wrote,
 * and {@linkcode KvError} `KV_UNSUPPORTED` for a newer format.
 */
export function decodeManifest(bytes: Uint8Array): ManifestState {
  return decodeBody(bytes, checkHeader(bytes));
}

/**
 * What a damaged manifest seems to say: its header and checksum are not looked at, and `undefined`
 * is the answer if the rest makes no sense in any version. Whatever is in it may be wrong.
 */
export function salvageManifest(bytes: Uint8Array): ManifestState | undefined {
  for (let version = MANIFEST_VERSION; version > 0; version--) {
    try {
      return decodeBody(bytes, version);
    } catch (error) {
      if (!(error instanceof KvCorruptionError)) throw error;
    }
  }
  return undefined;
}

function decodeBody(bytes: Uint8Array, version: number): ManifestState {
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
  const levels = readLevels(
    reader,
    files,
    () => readSegment(reader, version, flushedSequence),
  );
  const rangeTombstones = version === 1
    ? RangeTombstones.none
    : readTombstones(reader, flushedSequence);
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
    rangeTombstones,
  };
}

/** Checks the header and answers with the format version. */
function checkHeader(bytes: Uint8Array): number {
  if (bytes.length < HEADER_BYTES) {
    throw damage(bytes.length, "the header is cut off");
  }
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw damage(0, "not a manifest");
  }
  const end = HEADER_BYTES + readUint32(bytes, 12);
  if (bytes.length < end) throw damage(bytes.length, "the body is cut off");
  if (bytes.length > end) throw damage(end, "bytes follow the end");
  if (readUint32(bytes, CRC_OFFSET) !== checksum(bytes)) {
    throw damage(CRC_OFFSET, "the checksum does not match");
  }
  const version = manifestVersion(bytes);
  if (version > MANIFEST_VERSION) {
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot read ${MANIFEST_NAME}: its format version is ${version}, and this release knows versions up to ${MANIFEST_VERSION}`,
    );
  }
  if (version === 0) {
    throw damage(VERSION_OFFSET, "format version 0 does not exist");
  }
  return version;
}

function writeHeader(bytes: Uint8Array): void {
  bytes.set(MAGIC);
  writeUint32(bytes, VERSION_OFFSET, MANIFEST_VERSION);
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

function readLevels(
  reader: BodyReader,
  files: FileNumbers,
  readNext: () => SegmentInfo,
): SegmentInfo[][] {
  const count = reader.bytes(1, "the number of levels")[0]!;
  if (count > MAX_LEVELS) throw reader.damage(`${count} levels are too many`);
  const levels: SegmentInfo[][] = [];
  for (let level = 0; level < count; level++) {
    const segmentCount = reader.number("the number of segments");
    const segments: SegmentInfo[] = [];
    for (let i = 0; i < segmentCount; i++) {
      const segment = readNext();
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

function encodeName(option: string, name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > MAX_NAME_BYTES || !name.isWellFormed()) {
    throw invalidArgument(
      `Cannot use option ${option}: the name of its codec must be well-formed text of at most ${MAX_NAME_BYTES} bytes`,
    );
  }
  return bytes;
}

function writeName(writer: BodyWriter, name: Uint8Array): void {
  writer.byte(name.length);
  writer.bytes(name);
}

/** The most bytes that the manifest can take; mostly about twice what it does. */
function mostBytes({ logs, levels, rangeTombstones }: ManifestState): number {
  const tombstones = sizeOfTombstones(rangeTombstones);
  let bytes = HEADER_BYTES + STORE_ID_BYTES + 2 * (1 + MAX_NAME_BYTES) + 1 +
    tombstones.bytes;
  let numbers = NUMBERS_OF_A_STORE + logs.length + levels.length +
    tombstones.numbers;
  for (const segments of levels) {
    numbers += segments.length * NUMBERS_OF_A_SEGMENT;
    for (const { smallestKey, largestKey } of segments) {
      bytes += smallestKey.length + largestKey.length;
    }
  }
  return bytes + numbers * MAX_VARINT_BYTES;
}

/**
 * The last line of defence: a fault of the engine must not replace a good manifest by a bad one.
 */
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
