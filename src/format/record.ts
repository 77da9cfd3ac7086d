/**
 * The record: one put or delete, laid out alike in the write-ahead log and in the MemTable's arena.
 *
 *     0        1               4                8
 *     | kind   | key length    | value length   | key | value |
 *     | u8     | u24           | u32            |
 *
 * Integers are little-endian. A delete has no value and a value length of 0.
 *
 * @module
 */
import { readUint32, writeUint32 } from "../bytes/fixed.ts";
import { DELETE, type EntryKind, PUT } from "./kind.ts";

/** Bytes of a record before its key. */
export const RECORD_HEADER_BYTES = 8;

/** The longest key that a record can name, in bytes. */
export const MAX_RECORD_KEY_BYTES = 0xff_ffff;

/** Bytes that a record takes. */
export function recordLength(keyLength: number, valueLength: number): number {
  return RECORD_HEADER_BYTES + keyLength + valueLength;
}

/** Writes the header of a record at `offset`. */
export function writeRecordHeader(
  target: Uint8Array,
  offset: number,
  kind: EntryKind,
  keyLength: number,
  valueLength: number,
): void {
  target[offset] = kind;
  target[offset + 1] = keyLength;
  target[offset + 2] = keyLength >>> 8;
  target[offset + 3] = keyLength >>> 16;
  writeUint32(target, offset + 4, valueLength);
}

/** Kind of the record at `offset`. */
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
 * Checks a record that comes from storage and returns the offset behind it, or -1 if it is none
 * or reaches past `end`.
 */
export function checkedRecordEnd(
  source: Uint8Array,
  offset: number,
  end: number,
): number {
  if (end - offset < RECORD_HEADER_BYTES) return -1;
  const kind = source[offset];
  const valueLength = recordValueLength(source, offset);
  if (kind !== PUT && !(kind === DELETE && valueLength === 0)) return -1;
  const left = end - offset - RECORD_HEADER_BYTES -
    recordKeyLength(source, offset);
  return valueLength <= left ? end - left + valueLength : -1;
}

/**
 * Lists where the `count` records between `start` and `end`, which come from storage, begin: in `target`, from index `first` on. Answers
 * with the offset of the first that is none, or -1 if all are records and fill the space.
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
    target[first + i] = at;
    at = next;
  }
  return at === end ? -1 : at;
}
