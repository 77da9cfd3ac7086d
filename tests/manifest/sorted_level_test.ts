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

test("A level finds the segment of each key that it can hold, as a comparison with each does", () => {
  const random = randomNumbers(1);
  for (let round = 0; round < 400; round++) {
    const prefix = new Uint8Array(random(6)).fill(random(256));
    // Few different bytes, so that keys share many; at times the signs of their codes differ.
    const bytes = [0, 1, 0x7f, 0x80, 0xff].slice(0, 1 + random(5));
    const randomKey = () =>
      new Uint8Array([
        ...prefix,
        ...Array.from(
          { length: random(9) },
          () => bytes[random(bytes.length)]!,
        ),
      ]);
    const keys = Array.from({ length: 2 + random(60) }, randomKey)
      .sort(compareBytes)
      .filter((key, i, all) => i === 0 || compareBytes(all[i - 1]!, key) !== 0);
    const segments: KeyBounds[] = [];
    for (let i = 0; i < keys.length;) {
      const end = Math.min(keys.length, i + 1 + random(4));
      segments.push({ smallestKey: keys[i]!, largestKey: keys[end - 1]! });
      i = end;
    }
    for (let i = 0; i < 60; i++) {
      const key = i < keys.length ? keys[i]! : randomKey();
      const { byCodes, compared } = find(segments, key);
      const expected = firstReaching(segments, key);
      assert(compared === expected, `round ${round}: ${key}`);
      const isWithin = compareBytes(key, keys[0]!) >= 0 &&
        compareBytes(key, keys.at(-1)!) <= 0;
      if (isWithin) assert(byCodes === expected, `round ${round}: ${key}`);
    }
  }
});

test("A key outside of a level leads to no segment or to any, also if it has none of what all keys share", () => {
  const key = (text: string) => new TextEncoder().encode(text);
  const segments = ["user:1", "user:5", "user:9"].map((text) => ({
    smallestKey: key(`${text}000`),
    largestKey: key(`${text}999`),
  }));
  for (
    const text of ["", "a", "a key before all", "user", "v", "zzzzzzzzzzz"]
  ) {
    const { byCodes } = find(segments, key(text));
    assert(byCodes === undefined || segments.includes(byCodes as never), text);
  }
  assertEquals(find(segments, key("user:9999999")).byCodes, undefined);
  assertEquals(find(segments, key("user:1999")).byCodes, segments[0]);
  assertEquals(find(segments, key("user:19990")).byCodes, segments[1]);
});
