import { assert, assertEquals } from "@std/assert";
import { arrayOf, BlockSlabs, startOf } from "../../src/segment/block_slabs.ts";
import { test } from "../harness.ts";
import { randomFrom } from "./support.ts";

function filled(bytes: number, value: number): Uint8Array {
  return new Uint8Array(bytes).fill(value);
}

/** Memory that all arrays take. */
function liveBytes({ arrays }: BlockSlabs): number {
  return arrays.reduce((sum, { length }) => sum + length, 0);
}

test("Blocks of about the same size share a slab, each aligned to 128 bytes, at a place that is never 0", () => {
  const slabs = new BlockSlabs(true);
  const places = [4100, 4200, 4224].map((bytes, i) =>
    slabs.keep(filled(bytes, i))
  );
  assertEquals(places.map(arrayOf), [1, 1, 1]);
  assertEquals(places.map(startOf), [0, 4224, 8448]);
  assertEquals(slabs.view(places[1]!, 4200), filled(4200, 1));
  assertEquals([slabs.sizeOf(4100), slabs.sizeOf(4225)], [4224, 4352]);
  assertEquals(arrayOf(slabs.keep(filled(4225, 3))), 2);
});

test("A block takes the place of one that has gone", () => {
  const slabs = new BlockSlabs(true);
  const first = slabs.keep(filled(4100, 1));
  const second = slabs.keep(filled(4100, 2));
  slabs.drop(first);
  const third = slabs.keep(filled(4224, 3));
  assertEquals(third, first);
  assertEquals(slabs.view(second, 4100), filled(4100, 2));
});

test("Blocks that are too large for slabs have an array of their own, which goes with them", () => {
  const slabs = new BlockSlabs(true);
  const large = filled(32 * 1024 + 1, 7);
  const place = slabs.keep(large);
  assert(slabs.arrays[arrayOf(place)] === large);
  assertEquals([startOf(place), slabs.sizeOf(large.length)], [0, large.length]);
  slabs.drop(place);
  assertEquals(liveBytes(slabs), 0);
  assertEquals(slabs.keep(filled(32 * 1024 + 1, 8)), place);
});

test("Slabs that are not shared keep every block as it is, and none takes the place of another", () => {
  const slabs = new BlockSlabs(false);
  const blocks = [filled(100, 1), filled(100, 2)];
  const places = blocks.map((block) => slabs.keep(block));
  blocks.forEach((block, i) =>
    assert(slabs.arrays[arrayOf(places[i]!)] === block)
  );
  slabs.drop(places[0]!);
  slabs.keep(filled(100, 3));
  assertEquals(blocks[0], filled(100, 1));
});

test("The slabs of a size grow, and are given back when nobody uses them, but for what may be used next", () => {
  const slabs = new BlockSlabs(true);
  const places = Array.from(
    { length: 4 + 8 + 16 + 32 + 5 * 62 },
    (_, i) => slabs.keep(filled(4100, i)),
  );
  const sizes = slabs.arrays.map(({ length }) => length / 4224);
  assertEquals(sizes, [0, 4, 8, 16, 32, 62, 62, 62, 62, 62]);
  for (const place of places) slabs.drop(place);
  assert(liveBytes(slabs) < 512 * 1024, `${liveBytes(slabs)} bytes`);
  const bytes = liveBytes(slabs);
  slabs.keep(filled(4100, 1));
  assertEquals(liveBytes(slabs), bytes);
});

test("A renewed slab leaves its views as they are, and goes on with the same blocks", () => {
  const slabs = new BlockSlabs(true);
  const [first, second] = [1, 2].map((i) => slabs.keep(filled(4100, i)));
  const view = slabs.view(first!, 4100);
  slabs.renew(arrayOf(first!));
  slabs.drop(first!);
  assertEquals(slabs.keep(filled(4100, 3)), first);
  assertEquals(view, filled(4100, 1));
  assertEquals(slabs.view(second!, 4100), filled(4100, 2));
});

test("Whatever is kept and dropped, every block is as it was, and memory is bounded by what was there at once", () => {
  const random = randomFrom(7);
  const slabs = new BlockSlabs(true);
  const blocks = new Map<number, Uint8Array>();
  let bytesKept = 0;
  let mostBytes = 0;
  let mostMemory = 0;
  for (let step = 0; step < 20_000; step++) {
    mostMemory = Math.max(mostMemory, liveBytes(slabs));
    // Now many, now few.
    const isGrowing = Math.floor(step / 2500) % 2 === 0;
    if (random(10) < (isGrowing ? 7 : 3)) {
      const bytes = random(20) === 0 ? random(100_000) : 3900 + random(600);
      const block = filled(bytes, random(256));
      const place = slabs.keep(block);
      assert(place > 0 && !blocks.has(place));
      blocks.set(place, block);
      bytesKept += bytes;
      mostBytes = Math.max(mostBytes, bytesKept);
    } else if (blocks.size > 0) {
      const [place, block] = [...blocks][random(blocks.size)]!;
      assertEquals(slabs.view(place, block.length), block);
      slabs.drop(place);
      blocks.delete(place);
      bytesKept -= block.length;
    }
  }
  for (const [place, block] of blocks) {
    assertEquals(slabs.view(place, block.length), block);
    slabs.drop(place);
  }
  assert(liveBytes(slabs) <= 512 * 1024, `${liveBytes(slabs)} bytes`);
  assert(mostMemory < 1.6 * mostBytes, `${mostMemory} for ${mostBytes} bytes`);
});
