import { assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { type KeySpans, sortByKey } from "../../src/memtable/sort.ts";
import { below, randomBytes, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { spansOf } from "./spans.ts";

/** Makes key number `i` of `count`; keys of one kind all differ. */
type KeyMaker = (i: number, random: () => number) => Uint8Array;

const text = (value: string) => new TextEncoder().encode(value);
const padded = (i: number) => String(i).padStart(8, "0");

/** Keys that are hard on a sort by prefixes. */
const kinds: Readonly<Record<string, KeyMaker>> = {
  "random bytes": (i, random) =>
    Uint8Array.of(...randomBytes(random, below(random, 12)), ...text(`${i}`)),
  "counters": (i) => text(padded(i)),
  "counters behind a long common prefix": (i) =>
    text("https://example.com/a/rather/long/path/".repeat(4) + padded(i)),
  "keys that begin one another": (i) => new Uint8Array(i).fill(0x61),
  "nothing but zeros, of all lengths": (i) => new Uint8Array(i),
  "zeros behind text, of all lengths": (i) =>
    Uint8Array.of(1, 2, 3, ...new Uint8Array(i)),
  "zeros before a number": (i) => text("\0".repeat(i % 9) + padded(i)),
  "a byte more or less than four, and zeros": (i) => {
    const bytes = new Uint8Array((i % 9) + 4);
    new DataView(bytes.buffer).setUint32(0, i >>> 3);
    return Uint8Array.of(...bytes, ...text(padded(i)));
  },
  "both sides of the sign bit": (i) =>
    Uint8Array.of(0x7f + (i & 1), 0xff * (i & 1), i >>> 8, i),
  "the same but for the last byte of a long key": (i) => {
    const bytes = new Uint8Array(1002).fill(0x5a);
    bytes[1000] = i >>> 8;
    bytes[1001] = i;
    return bytes;
  },
  "a few groups of look-alikes": (i) =>
    text(["aaaa", "aaab", "b", ""][i % 4] + "/".repeat(i % 3) + padded(i)),
};

const sizes = [0, 1, 2, 3, 23, 24, 25, 26, 49, 255, 256, 257, 600];

for (const [kind, make] of Object.entries(kinds)) {
  test(`Sorting by prefixes agrees with comparing: ${kind}`, () => {
    for (const size of sizes) {
      for (const seed of [1, 2, 3]) checkSort(keysOf(make, size, seed), seed);
    }
  });
}

test("Ten thousand look-alikes are sorted too", () => {
  const long = "x".repeat(300);
  checkSort(keysOf((i) => text(`${long}${padded(i)}`), 10_000, 1), 1);
  checkSort(keysOf((i) => text(`${i % 7}${long}${padded(i)}`), 10_000, 2), 2);
});

test("Keys that differ only after more rounds than are done by prefixes are sorted by comparing", () => {
  // Each key parts from the rest four bytes further on: every round takes out one of them.
  const keys = Array.from({ length: 300 }, (_, i) => {
    const key = new Uint8Array(4 * 300).fill(1);
    key[4 * i] = 2;
    return key;
  });
  checkSort(keys, 1);
});

test("Only the items that are given are sorted, whatever numbers they have", () => {
  const keys = Array.from({ length: 400 }, (_, i) => text(padded(i * 7919)));
  const items = Uint32Array.from({ length: 100 }, (_, i) => 399 - 3 * i);
  sortByKey(items, spansOf(keys));
  assertEquals([...items], [...items].sort((a, b) => a - b));
});

function keysOf(make: KeyMaker, size: number, seed: number): Uint8Array[] {
  const random = seeded(seed);
  return Array.from({ length: size }, (_, i) => make(i, random));
}

function checkSort(keys: readonly Uint8Array[], seed: number): void {
  const spans: KeySpans = spansOf(keys);
  const items = shuffled(keys.length, seed);
  const expected = items.slice().sort((a, b) =>
    compareBytes(keys[a]!, keys[b]!)
  );
  sortByKey(items, spans);
  assertEquals(items, expected, `${keys.length} keys, seed ${seed}`);
}

function shuffled(length: number, seed: number): Uint32Array {
  const random = seeded(seed);
  const items = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
