import { assert, assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import {
  type KeyBounds,
  lowerBound,
  SortedLevel,
} from "../../src/manifest/sorted_level.ts";
import { test } from "../harness.ts";
import { randomNumbers } from "./random.ts";

/** The first of the segments that does not end before the key, without a search. */
function firstReaching(
  segments: readonly KeyBounds[],
  key: Uint8Array,
): KeyBounds | undefined {
  return segments.find(({ largestKey }) => compareBytes(largestKey, key) >= 0);
}

function find(
  segments: readonly KeyBounds[],
  key: Uint8Array,
): { byCodes: KeyBounds | undefined; compared: KeyBounds | undefined } {
  const padded = new Uint8Array([0xff, 0, ...key, 0xff, 0]);
  const level = new SortedLevel(segments);
  return {
    byCodes: level.segmentFor(padded, 2, key.length),
    compared: segments[lowerBound(segments, padded, 2, key.length)],
  };
}

test("A level finds the segment that can hold a key as a comparison with each does", () => {
  const random = randomNumbers(1);
  for (let round = 0; round < 400; round++) {
    const prefix = new Uint8Array(random(6)).fill(random(256));
    // Few different bytes, so that keys share many; at times the signs of their codes differ.
    const bytes = [0, 1, 0x7f, 0x80, 0xff].slice(0, 1 + random(5));
    const randomKey = (start = prefix) =>
      new Uint8Array([
        ...start,
        ...Array.from(
          { length: random(9) },
          () => bytes[random(bytes.length)]!,
        ),
      ]);
    const keys = Array.from({ length: 2 + random(60) }, () => randomKey())
      .sort(compareBytes)
      .filter((key, i, all) => i === 0 || compareBytes(all[i - 1]!, key) !== 0);
    const segments: KeyBounds[] = [];
    for (let i = 0; i < keys.length;) {
      const end = Math.min(keys.length, i + 1 + random(4));
      segments.push({ smallestKey: keys[i]!, largestKey: keys[end - 1]! });
      i = end;
    }
    for (let i = 0; i < 60; i++) {
      // At times one that has not all of what the others begin with.
      const key = i < keys.length
        ? keys[i]!
        : randomKey(prefix.subarray(random(prefix.length + 1)));
      const { byCodes, compared } = find(segments, key);
      const expected = firstReaching(segments, key);
      assert(compared === expected, `round ${round}: ${key}`);
      assert(byCodes === expected, `round ${round}: ${key}`);
    }
  }
});

test("Keys that have nothing of what all keys of a level share lead where they belong", () => {
  const key = (text: string) => new TextEncoder().encode(text);
  const segments = ["user:1", "user:5", "user:9"].map((text) => ({
    smallestKey: key(`${text}000`),
    largestKey: key(`${text}999`),
  }));
  const cases: [string, number][] = [
    ["", 0],
    ["a key before all", 0],
    ["user", 0],
    ["usea:5500", 0],
    ["user:1999", 0],
    ["user:19990", 1],
    ["user:9999999", 3],
    ["usez:1500", 3],
    ["zone:1500", 3],
  ];
  for (const [text, place] of cases) {
    const { byCodes, compared } = find(segments, key(text));
    assert(byCodes === segments[place], text);
    assertEquals(byCodes, compared);
  }
});
