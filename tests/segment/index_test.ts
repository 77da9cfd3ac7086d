import { assert, assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import {
  IndexBuilder,
  SegmentIndex,
  separatorBetween,
} from "../../src/segment/index.ts";
import { test } from "../harness.ts";
import { bytes, hex, randomFrom, randomKey } from "./support.ts";

/** The length of the shortest byte string s with last <= s < next, found by trying. */
function shortestLength(last: Uint8Array, next: Uint8Array): number {
  for (let length = 0; length < last.length; length++) {
    // The smallest string of this length that is not before `last`: its prefix, counted up.
    const candidate = last.slice(0, length);
    let i = length - 1;
    while (i >= 0 && candidate[i] === 0xff) candidate[i--] = 0;
    if (i < 0) continue;
    candidate[i]!++;
    if (compareBytes(candidate, next) < 0) return length;
  }
  return last.length;
}

test("a separator lies between its keys and is as short as can be", () => {
  const random = randomFrom(11);
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [randomKey(random), randomKey(random)];
    const order = compareBytes(a, b);
    if (order === 0) continue;
    const [last, next] = order < 0 ? [a, b] : [b, a];
    const separator = separatorBetween(last, next);
    assert(compareBytes(last, separator) <= 0, hex(last));
    assert(compareBytes(separator, next) < 0, hex(next));
    assertEquals(separator.length, shortestLength(last, next));
  }
});

test("separators cut off what need not be told", () => {
  const cases: [string, string, string][] = [
    ["abcdef", "abxyz", "abx"],
    ["abcdef", "abd", "abce"],
    ["ab", "abc", "ab"],
    ["", "a", ""],
    ["azzz", "b", "a{"],
  ];
  for (const [last, next, expected] of cases) {
    const separator = separatorBetween(bytes(last), bytes(next));
    assertEquals(separator, bytes(expected));
  }
});

test("a search by codes finds the block that a look at each separator finds", () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = randomFrom(seed);
    // Codes hold six bytes behind what all have in common: some keys differ before, some in, and
    // some behind them.
    const common = bytes("common".slice(random(6)));
    const middle = seed % 3 === 0 ? bytes("0000000") : new Uint8Array(0);
    const newKey = () => {
      const parts = [common, random(8) < 7 ? middle : [], randomKey(random)];
      return Uint8Array.from(parts.flatMap((part) => [...part]));
    };
    const distinct = new Map<string, Uint8Array>();
    for (let i = 1 + random(60); i > 0; i--) {
      const key = newKey();
      distinct.set(hex(key), key);
    }
    const separators = [...distinct.values()].sort(compareBytes);
    const index = indexOf(separators);
    const others = ["", "com", "zzz"].map(bytes);
    const keys = Array.from({ length: 60 }, newKey);
    for (const key of [...keys, ...separators, ...others]) {
      const first = separators.findIndex((one) => compareBytes(one, key) >= 0);
      const expected = first < 0 ? separators.length : first;
      const shifted = Uint8Array.from([0xee, ...key, 0xee]);
      assertEquals(
        index.blockFor(shifted, 1, key.length),
        expected,
        `seed ${seed}: ${hex(key)}`,
      );
    }
  }
});

/** The index of blocks of one byte each with these separators behind them. */
function indexOf(separators: readonly Uint8Array[]): SegmentIndex {
  const builder = new IndexBuilder();
  for (const separator of separators) builder.add(1, separator);
  return new SegmentIndex(builder.finish(), {
    name: "test.seg",
    offset: 0,
    blocks: separators.length,
    dataEnd: separators.length,
    largestKey: separators.at(-1)!,
  });
}
