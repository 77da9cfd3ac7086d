/**
 * The record: one put, delete or range delete, laid out alike in the write-ahead log and in the
 * MemTable's arena.
 *
 *     0        1               4                8
 *     | kind   | key length    | value length   | key | value |
 *     | u8     | u24           | u32            |
 *
 * Integers are little-endian. A delete has no value and a value length of 0. In a range delete the
 * place of the key has the first key of the range, which may be empty, and that of the value the
 * first key behind it, or nothing where the range goes on to the last key.
 *
 * @module
 */
import { compareSpans } from "../bytes/compare.ts";
import { readUint32, writeUint32 } from "../bytes/fixed.ts";
import { MAX_STORED_KEY_BYTES } from "../options.ts";
import { MAX_BOUND_BYTES } from "./key_range.ts";
import {
  DELETE,
  type EntryKind,
  PUT,
  RANGE_DELETE,
  type RecordKind,
} from "./kind.ts";

/** Bytes of a record before its key. */
export const RECORD_HEADER_BYTES = 8;

/** The longest key that a record can name, in bytes. */
export const MAX_RECORD_KEY_BYTES = 0xff_ffff;

/** Some of the records in a buffer, in an order of their own. */
export interface RecordPlaces {
  readonly buffer: Uint8Array;
  /** Where each of them begins. */
  readonly places: Uint32Array;
}

/** Records of which no two have the same key. */
export interface NewestRecords extends RecordPlaces {
  /**
   * Whether there are deletes among them. To look for them takes as long as to sort the records.
   */
  readonly hasDeletes: boolean;
}

/** Bytes that a record takes. */
export function recordLength(keyLength: number, valueLength: number): number {
  return RECORD_HEADER_BYTES + keyLength + valueLength;
}

/** Writes the header of a record at `offset`. */
export function writeRecordHeader(
  target: Uint8Array,
  offset: number,
  kind: RecordKind,
  keyLength: number,
  valueLength: number,
): void {
  target[offset] = kind;
  target[offset + 1] = keyLength;
  target[offset + 2] = keyLength >>> 8;
  target[offset + 3] = keyLength >>> 16;
  writeUint32(target, offset + 4, valueLength);
}

/** Whether the record at `offset` is a range delete. */
export function isRangeDelete(source: Uint8Array, offset: number): boolean {
  return source[offset] === RANGE_DELETE;
}

/** Kind of the record at `offset`, which is no range delete. */
export function recordKind(source: Uint8Array, offset: number): EntryKind {
  return source[offset] as EntryKind;
}

/** Key length of the record at `offset`, in bytes. */
export function recordKeyLength(source: Uint8Array, offset: number): number {
  return source[offset + 1]! | (source[offset + 2]! << 8) |
    (source[offset + 3]! << 16);
}

/** Value length of the record at `offset`, in bytes. */
export function recordValueLength(source: Uint8Array, offset: number): number {
  return readUint32(source, offset + 4);
}

/**
 * Checks the header of a record that comes from storage and returns the offset behind the record,
 * or -1 if it is none or reaches past `end`. Of a range delete, {@linkcode isRange} has still to be
 * asked.
 */
export function checkedRecordEnd(
  source: Uint8Array,
  offset: number,
  end: number,
): number {
  if (end - offset < RECORD_HEADER_BYTES) return -1;
  const valueLength = recordValueLength(source, offset);
  const keyLength = recordKeyLength(source, offset);
  if (!isPossible(source[offset]!, keyLength, valueLength)) return -1;
  const left = end - offset - RECORD_HEADER_BYTES - keyLength;
  return valueLength <= left ? end - left + valueLength : -1;
}

function isPossible(
  kind: number,
  keyLength: number,
  valueLength: number,
): boolean {
  switch (kind) {
    case PUT:
      return keyLength <= MAX_STORED_KEY_BYTES;
    case DELETE:
      return keyLength <= MAX_STORED_KEY_BYTES && valueLength === 0;
    case RANGE_DELETE:
      return keyLength <= MAX_BOUND_BYTES && valueLength <= MAX_BOUND_BYTES;
    default:
      return false;
  }
}

/** Whether the whole range delete at `offset` is of a range that has keys. */
export function isRange(source: Uint8Array, offset: number): boolean {
  const keyLength = recordKeyLength(source, offset);
  const valueLength = recordValueLength(source, offset);
  const start = offset + RECORD_HEADER_BYTES;
  const end = start + keyLength;
  return valueLength === 0 ||
    compareSpans(source, start, keyLength, source, end, valueLength) < 0;
}

/**
 * Lists where the `count` records between `start` and `end`, which come from storage, begin: in
 * `target`, from index `first` on. Answers with the offset of the first that is none, or -1 if all
 * are records and fill the space.
 */
export function listRecords(
  source: Uint8Array,
  { start, end, count }: { start: number; end: number; count: number },
  target: Uint32Array,
  first: number,
): number {
  let at = start;
  for (let i = 0; i < count; i++) {
    const next = checkedRecordEnd(source, at, end);
    if (next < 0) return at;
    if (isRangeDelete(source, at) && !isRange(source, at)) return at;
    target[first + i] = at;
    at = next;
  }
  return at === end ? -1 : at;
}
