import { assertEquals } from "@std/assert";
import { DELETE, PUT, RANGE_DELETE } from "../../src/format/kind.ts";
import { MAX_BOUND_BYTES } from "../../src/format/key_range.ts";
import {
  checkedRecordEnd,
  isRange,
  MAX_RECORD_KEY_BYTES,
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
  recordLength,
  recordValueLength,
  writeRecordHeader,
} from "../../src/format/record.ts";
import { MAX_STORED_KEY_BYTES } from "../../src/options.ts";
import { test } from "../harness.ts";

test("A record header is kind, key length and value length, little-endian", () => {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES);
  writeRecordHeader(bytes, 0, PUT, 0x030201, 0x07060504);
  assertEquals([...bytes], [1, 1, 2, 3, 4, 5, 6, 7]);
});

test("A record header comes back with the largest lengths it can name", () => {
  const bytes = new Uint8Array(3 + RECORD_HEADER_BYTES);
  for (const kind of [PUT, DELETE] as const) {
    for (const keyLength of [0, 255, 256, 65_536, MAX_RECORD_KEY_BYTES]) {
      for (const valueLength of [0, 1, 0x7fff_ffff, 0xffff_ffff]) {
        writeRecordHeader(bytes, 3, kind, keyLength, valueLength);
        assertEquals(recordKind(bytes, 3), kind);
        assertEquals(recordKeyLength(bytes, 3), keyLength);
        assertEquals(recordValueLength(bytes, 3), valueLength);
      }
    }
  }
});

test("A record that storage brings back ends where its lengths say", () => {
  const bytes = record(PUT, 3, 5);
  assertEquals(bytes.length, recordLength(3, 5));
  assertEquals(checkedRecordEnd(bytes, 0, bytes.length), bytes.length);
  assertEquals(checkedRecordEnd(record(DELETE, 3, 0), 0, 11), 11);
  assertEquals(checkedRecordEnd(record(PUT, 0, 0), 0, 8), 8);
  // Bytes that follow belong to somebody else.
  assertEquals(checkedRecordEnd(Uint8Array.of(...bytes, 9, 9), 0, 18), 16);
});

test("A record whose key is longer than any that a store takes is none", () => {
  for (const kind of [PUT, DELETE] as const) {
    const longest = record(kind, MAX_STORED_KEY_BYTES, 0);
    assertEquals(checkedRecordEnd(longest, 0, longest.length), longest.length);
    const longer = record(kind, MAX_STORED_KEY_BYTES + 1, 0);
    assertEquals(checkedRecordEnd(longer, 0, longer.length), -1);
  }
});

test("A record that is cut off anywhere is none", () => {
  const bytes = record(PUT, 3, 5);
  for (let end = 0; end < bytes.length; end++) {
    assertEquals(checkedRecordEnd(bytes, 0, end), -1, `end ${end}`);
  }
  assertEquals(checkedRecordEnd(bytes, bytes.length, bytes.length), -1);
});

test("A record of an unknown kind, or a delete with a value, is none", () => {
  for (let kind = 0; kind < 256; kind++) {
    const bytes = record(PUT, 2, 0);
    bytes[0] = kind;
    const isKnown = [PUT, DELETE, RANGE_DELETE].some((known) => known === kind);
    assertEquals(checkedRecordEnd(bytes, 0, 10), isKnown ? 10 : -1);
  }
  assertEquals(checkedRecordEnd(record(DELETE, 2, 1), 0, 11), -1);
});

test("A range delete with a bound that no key can have is none", () => {
  const most = MAX_BOUND_BYTES;
  const bytes = new Uint8Array(recordLength(2 * most + 2, 0));
  for (
    const [start, end, isOne] of [[most, most, true], [most + 1, 0, false], [
      0,
      most + 1,
      false,
    ]] as const
  ) {
    writeRecordHeader(bytes, 0, RANGE_DELETE, start, end);
    const length = recordLength(start, end);
    assertEquals(checkedRecordEnd(bytes, 0, bytes.length), isOne ? length : -1);
  }
});

test("A range delete without an end is a range, another only if it ends behind its start", () => {
  const range = (start: string, end: string) => {
    const bytes = new Uint8Array(recordLength(start.length, end.length) + 3);
    writeRecordHeader(bytes, 3, RANGE_DELETE, start.length, end.length);
    bytes.set(new TextEncoder().encode(start + end), 3 + 8);
    return isRange(bytes, 3);
  };
  assertEquals([range("", ""), range("b", ""), range("b", "ba")], [
    true,
    true,
    true,
  ]);
  assertEquals([range("b", "b"), range("b", "a"), range("ba", "b")], [
    false,
    false,
    false,
  ]);
});

test("Lengths that reach past the end are refused, however they add up in 32 bits", () => {
  const lengths = [6, 0xff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];
  for (const valueLength of lengths) {
    for (const keyLength of [0, 5, MAX_RECORD_KEY_BYTES]) {
      const bytes = new Uint8Array(13);
      writeRecordHeader(bytes, 0, PUT, keyLength, valueLength);
      assertEquals(checkedRecordEnd(bytes, 0, 13), -1);
    }
  }
});

function record(
  kind: typeof PUT | typeof DELETE,
  keyLength: number,
  valueLength: number,
): Uint8Array {
  const bytes = new Uint8Array(recordLength(keyLength, valueLength)).fill(7);
  writeRecordHeader(bytes, 0, kind, keyLength, valueLength);
  return bytes;
}
