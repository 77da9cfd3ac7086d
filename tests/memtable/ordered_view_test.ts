import { assert, assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import {
  type Chunks,
  lowerBound,
  OrderedView,
} from "../../src/memtable/ordered_view.ts";
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

for (const most of [1, 7, 40, 500, KEYS]) {
  test(`A view that grows by up to ${most} keys between two looks is sorted at each of them`, () => {
    const view = new OrderedView(spans);
    const steps = seeded(most);
    for (let size = 0; size < KEYS;) {
      const last = size;
      // Small steps only now and then look at everything: that would take long.
      size = Math.min(KEYS, size + 1 + below(steps, most));
      const chunks = view.chunks(itemsUpTo(size));
      if (most < 40 && last % 97 !== 0 && size < KEYS) continue;
      assertEquals(chunks.flatMap((c) => [...c]), sortedItems(size));
      assert(chunks.every(({ length }) => length > 0 && length <= 256));
    }
  });
}

test("What a view has handed out stays as it was while keys are added", () => {
  const view = new OrderedView(spans);
  const kept: { chunks: Chunks; copy: number[][] }[] = [];
  for (let size = 300; size <= 2_000; size += 17) {
    const chunks = view.chunks(itemsUpTo(size));
    kept.push({ chunks, copy: chunks.map((chunk) => [...chunk]) });
  }
  for (const { chunks, copy } of kept) {
    assertEquals(chunks.map((chunk) => [...chunk]), copy);
  }
});

test("A view that nothing was added to is not made anew", () => {
  const view = new OrderedView(spans);
  const chunks = view.chunks(itemsUpTo(1_000));
  assert(view.chunks(itemsUpTo(1_000)) === chunks);
  assertEquals(new OrderedView(spans).chunks(itemsUpTo(0)), []);
});

test("lowerBound finds the first place that is not before", () => {
  for (let length = 0; length < 20; length++) {
    for (let place = 0; place <= length; place++) {
      assertEquals(lowerBound(length, (i) => i < place ? -1 : 1), place);
    }
  }
});

function itemsUpTo(size: number): Uint32Array {
  return Uint32Array.from({ length: size }, (_, i) => i);
}

function sortedItems(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i)
    .sort((a, b) => compareBytes(keys[a]!, keys[b]!));
}
