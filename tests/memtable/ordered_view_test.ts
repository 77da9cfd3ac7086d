import { assert, assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { OrderedView } from "../../src/memtable/ordered_view.ts";
import type { SortedKeys } from "../../src/memtable/sorted_keys.ts";
import { below, randomBytes, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { spansOf } from "./spans.ts";

const KEYS = 3_000;
const random = seeded(5);
const keys = Array.from(
  { length: KEYS },
  (_, i) =>
    Uint8Array.of(...randomBytes(random, below(random, 6)), i >>> 8, i & 255),
);
const spans = spansOf(keys);

/**
 * Keys whose codes are equal, short, or of another depth in each chunk; ascending, descending, and
 * mixed.
 */
const keySets: Record<string, () => Uint8Array[]> = {
  "numbers behind a prefix": () => numbered((i) => i * 7 % 601),
  "descending numbers": () => numbered((i) => 600 - i),
  "keys that differ behind what a code holds": () =>
    numbered((i) => i * 7 % 601).map((key) =>
      Uint8Array.of(...key.subarray(0, 2), 0, 0, 0, 0, 0, 0, 0, ...key)
    ),
  "keys that begin with one another": () =>
    Array.from({ length: 300 }, (_, i) => new Uint8Array(i * 7 % 300)),
  "random keys": () => keys.slice(0, 601),
};

function numbered(number: (i: number) => number): Uint8Array[] {
  return Array.from({ length: 601 }, (_, i) => {
    const n = number(i);
    return Uint8Array.of(5, 5, n >>> 8, n & 255);
  });
}

/** The key, and some just before and behind it. */
function neighbours(key: Uint8Array): Uint8Array[] {
  const last = key.at(-1) ?? 0;
  return [
    key,
    Uint8Array.of(...key, 0),
    key.subarray(0, -1),
    Uint8Array.of(...key.subarray(0, -1), last + 1),
  ];
}

function listed(sorted: SortedKeys): number[][] {
  return sorted.chunks.map(({ items }) => [...items]);
}

for (const most of [1, 7, 40, 500, KEYS]) {
  test(`A view that grows by up to ${most} keys between two looks is sorted at each of them`, () => {
    const view = new OrderedView(spans);
    const steps = seeded(most);
    for (let size = 0; size < KEYS;) {
      const last = size;
      // Small steps only now and then look at everything: that would take long.
      size = Math.min(KEYS, size + 1 + below(steps, most));
      const sorted = view.keys(itemsUpTo(size));
      if (most < 40 && last % 97 !== 0 && size < KEYS) continue;
      assertEquals(listed(sorted).flat(), sortedItems(size));
      assert(sorted.chunks.every((c) => c.size > 0 && c.size <= 256));
    }
  });
}

test("What a view has handed out stays as it was while keys are added", () => {
  const view = new OrderedView(spans);
  const kept: { sorted: SortedKeys; copy: number[][] }[] = [];
  for (let size = 300; size <= 2_000; size += 17) {
    const sorted = view.keys(itemsUpTo(size));
    kept.push({ sorted, copy: listed(sorted) });
  }
  for (const { sorted, copy } of kept) assertEquals(listed(sorted), copy);
});

test("A view that nothing was added to is not made anew", () => {
  const view = new OrderedView(spans);
  const sorted = view.keys(itemsUpTo(1_000));
  assert(view.keys(itemsUpTo(1_000)) === sorted);
  assertEquals(listed(new OrderedView(spans).keys(itemsUpTo(0))), []);
});

for (const [name, keysOf] of Object.entries(keySets)) {
  test(`A key is found in its place among ${name}, whether they came at once or one by one`, () => {
    const keys = keysOf();
    const spans = spansOf(keys);
    const sorted = keys.map((_, i) => i).sort((a, b) =>
      compareBytes(keys[a]!, keys[b]!)
    );
    for (const step of [keys.length, 1]) {
      const view = new OrderedView(spans);
      for (let size = 1; size < keys.length; size += step) {
        view.keys(itemsUpTo(size));
      }
      const all = view.keys(itemsUpTo(keys.length));
      assertEquals(listed(all).flat(), sorted);
      for (const key of keys.flatMap(neighbours)) {
        const chunk = all.chunkFor(key);
        const before = all.chunks.slice(0, chunk)
          .reduce((sum, { size }) => sum + size, 0);
        const expected = sorted.filter((i) => compareBytes(keys[i]!, key) < 0);
        assertEquals(
          before + all.chunks[chunk]!.lowerBound(key),
          expected.length,
        );
      }
    }
  });
}

function itemsUpTo(size: number): Uint32Array {
  return Uint32Array.from({ length: size }, (_, i) => i);
}

function sortedItems(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i)
    .sort((a, b) => compareBytes(keys[a]!, keys[b]!));
}
