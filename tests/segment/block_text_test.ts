import { assertEquals } from "@std/assert";
import { BlockText } from "../../src/segment/block_text.ts";
import { test } from "../harness.ts";
import { randomFrom } from "./support.ts";

/** Spans of texts with gaps between them, and the bytes that they lie in. */
function randomSpans(random: (below: number) => number) {
  const spans: [start: number, end: number][] = [];
  let at = random(20);
  for (let i = 0; i < 60; i++) {
    const end = at + random([3, 20, 130][random(3)]!);
    spans.push([at, end]);
    at = end + random(40);
  }
  const bytes = Uint8Array.from({ length: at }, () => random(0x80));
  return { spans, bytes };
}

test("Texts are what their bytes are, in whatever order they are asked for", () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = randomFrom(seed);
    const { spans, bytes } = randomSpans(random);
    const behind = random(30);
    // What lies behind the entries is no ASCII.
    const block = new Uint8Array(bytes.length + behind).fill(0xff);
    block.set(bytes);
    const ordered = [
      spans,
      spans.toReversed(),
      spans.toSorted(() => random(3) - 1),
      spans.filter(() => random(4) === 0),
    ][seed % 4]!;
    const text = new BlockText(block, bytes.length);
    for (const [start, end] of ordered) {
      const expected = String.fromCharCode(...bytes.subarray(start, end));
      assertEquals(text.cut(start, end), expected, `seed ${seed}`);
    }
  }
});
