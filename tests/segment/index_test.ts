import { assert, assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { separatorBetween } from "../../src/segment/index.ts";
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
