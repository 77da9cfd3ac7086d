import { assert, assertEquals } from "@std/assert";
import { RANGE_DELETE } from "../../src/format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../../src/format/record.ts";
import { RangeDeletes } from "../../src/memtable/range_deletes.ts";
import { test } from "../harness.ts";
import { rangesOf } from "../tombstones/samples.ts";

function record(start: string, end: string): Uint8Array {
  const [key, value] = [start, end].map((text) =>
    new TextEncoder().encode(text)
  );
  const bytes = new Uint8Array(recordLength(key!.length, value!.length));
  writeRecordHeader(bytes, 0, RANGE_DELETE, key!.length, value!.length);
  bytes.set(key!, RECORD_HEADER_BYTES);
  bytes.set(value!, RECORD_HEADER_BYTES + key!.length);
  return bytes;
}

/** Adds ranges by their numbers, from the first sequence number on. */
function deletesOf(
  all: readonly (readonly [number, number])[],
  snapshots: readonly number[] = [],
): RangeDeletes {
  const deletes = new RangeDeletes(() => snapshots);
  const text = (number: number) => String(number).padStart(6, "0");
  all.forEach(([start, end], i) =>
    deletes.add(record(text(start), text(end)), 0, i + 1)
  );
  return deletes;
}

test("Range deletes are seen at once, and the bytes that they were read from may change", () => {
  const deletes = new RangeDeletes(() => []);
  assert(deletes.isEmpty);
  const bytes = record("b", "d");
  deletes.add(bytes, 0, 7);
  assert(!deletes.isEmpty && deletes.memoryBytes > 0);
  bytes.fill(0);
  assertEquals(rangesOf(deletes.tombstones), [["b", "d", 7]]);
  deletes.add(record("c", ""), 0, 8);
  assertEquals(rangesOf(deletes.tombstones), [["b", "c", 7], ["c", null, 8]]);
});

test("What a reader has taken does not change with later deletes", () => {
  const deletes = deletesOf([[1, 5]]);
  const before = deletes.tombstones;
  deletes.add(record("000003", ""), 0, 2);
  assertEquals(rangesOf(before), [["000001", "000005", 1]]);
  assertEquals(deletes.tombstones.size, 2);
});

const N = 5_000;
const shapes: [string, (i: number) => [number, number]][] = [
  ["one in the other, from the outside in", (i) => [i, 2 * N - i]],
  ["one in the other, from the inside out", (i) => [N - i, N + i + 1]],
  ["staggered", (i) => [i, i + N]],
  ["side by side", (i) => [2 * i, 2 * i + 1]],
  ["all the same", () => [1, 2]],
];

for (const [name, shape] of shapes) {
  test(`Many range deletes take memory as many do, not as many times many: ${name}`, () => {
    const all = Array.from({ length: N }, (_, i) => shape(i));
    for (const snapshots of [[], [N / 4, N / 2]]) {
      const { fragments } = deletesOf(all, snapshots).tombstones;
      assert(fragments.length <= 2 * N, `${fragments.length} fragments`);
      const lists = new Set(fragments.map(({ sequences }) => sequences));
      const numbers = [...lists].reduce((sum, list) => sum + list.length, 0);
      assert(numbers <= 6 * N, `${numbers} sequence numbers`);
    }
  });
}
