import { assert, assertEquals } from "@std/assert";
import { hashSpan } from "../../src/bytes/hash.ts";
import { PUT } from "../../src/format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../../src/format/record.ts";
import { HashIndex, slotsFor } from "../../src/memtable/hash_index.ts";
import { test } from "../harness.ts";

const KEY_BYTES = 2;
const KEYS = 100;

/** Records with the keys 0 to 99 as two bytes each, and where they begin. */
function records(): { arena: Uint8Array; starts: number[] } {
  const length = recordLength(KEY_BYTES, 0);
  const arena = new Uint8Array(length * (KEYS + 1));
  const starts = Array.from({ length: KEYS }, (_, i) => (i + 1) * length);
  starts.forEach((start, i) => {
    writeRecordHeader(arena, start, PUT, KEY_BYTES, 0);
    arena[start + RECORD_HEADER_BYTES] = i;
  });
  return { arena, starts };
}

for (const arenaBytes of [2 ** 12, 2 ** 24, 2 ** 31, 2 ** 32]) {
  test(`HashIndex finds every key and no other where ${arenaBytes} bytes leave that much room for hashes`, () => {
    const { arena, starts } = records();
    const index = new HashIndex(128, arenaBytes);
    const find = (start: number) => {
      const key = start + RECORD_HEADER_BYTES;
      const hash = hashSpan(arena, key, KEY_BYTES);
      return index.find(arena, hash, arena, key, KEY_BYTES);
    };
    const [unused = 0, ...used] = starts;
    used.forEach((start, i) => {
      const hash = hashSpan(arena, start + RECORD_HEADER_BYTES, KEY_BYTES);
      index.insert(hash, start, i);
    });
    assertEquals(find(unused), -1);
    used.forEach((start, i) => {
      const slot = find(start);
      assertEquals(index.newestRecord(slot), start);
      assertEquals(index.firstOrdinal(slot), i);
    });
  });
}

test("HashIndex keeps places past 2 GiB", () => {
  const index = new HashIndex(8, 2 ** 32);
  index.insert(5, 0x8000_0001, 7);
  assertEquals(index.newestRecord(5), 0x8000_0001);
  index.replace(5, 0xffff_fff0);
  assertEquals(index.newestRecord(5), 0xffff_fff0);
  assertEquals(index.firstOrdinal(5), 7);
});

test("slotsFor leaves a slot free however few the keys are", () => {
  for (let keys = 0; keys < 300; keys++) {
    const index = new HashIndex(slotsFor(keys), 2 ** 20);
    let used = 0;
    for (; !index.isFull; used++) index.insert(used, used + 1, used);
    assert(used >= keys && used < slotsFor(keys), `${keys} keys`);
  }
});

test("HashIndex is full with seven of eight slots in use", () => {
  const index = new HashIndex(8, 2 ** 20);
  for (let i = 0; i < 7; i++) {
    assertEquals(index.isFull, false);
    index.insert(i, i + 1, i);
  }
  assertEquals(index.isFull, true);
  index.clearAndDouble();
  assertEquals([index.size, index.isFull], [0, false]);
});
