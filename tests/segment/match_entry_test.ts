import { assert, assertEquals } from "@std/assert";
import { EntryView } from "../../src/format/entry.ts";
import { PUT } from "../../src/format/kind.ts";
import { FOUND, type Match, matchEntry } from "../../src/segment/block.ts";
import { BlockBuilder } from "../../src/segment/block_builder.ts";
import { test } from "../harness.ts";

const KEY = new TextEncoder().encode("only");

/** A block of one entry, which has a sequence number. */
function blockOf(valueBytes: number): Uint8Array {
  const builder = new BlockBuilder(64);
  const entry = new EntryView();
  entry.keyBuffer = KEY;
  entry.keyLength = KEY.length;
  entry.valueBuffer = new Uint8Array(valueBytes).fill(7);
  entry.valueLength = valueBytes;
  entry.kind = PUT;
  entry.sequence = 5;
  builder.add(entry, builder.relate(entry));
  return builder.finish().payload.slice();
}

function match(
  bytes: Uint8Array,
  span: { start: number; end: number },
  offset: number,
): { found: Match; view: EntryView } {
  const view = new EntryView();
  const { start, end } = span;
  const found = matchEntry(
    bytes,
    start,
    end,
    offset,
    KEY,
    0,
    KEY.length,
    Infinity,
    view,
  );
  return { found, view };
}

test("An offset that was made up never leads to an entry that does not lie in the block, wherever the block ends", () => {
  for (const valueBytes of [0, 1, 100, 127, 128, 1000]) {
    const block = blockOf(valueBytes);
    const { length } = block;
    const slab = new Uint8Array(3 * length).fill(0xff);
    slab.set(block, length);
    const places = [
      { bytes: block, start: 0, end: length },
      { bytes: slab, start: length, end: 2 * length },
    ];
    for (const { bytes, ...span } of places) {
      for (let offset = 0; offset < length + 8; offset++) {
        const { found, view } = match(bytes, span, offset);
        if (found !== FOUND) continue;
        const { valueOffset, valueLength } = view;
        assert(Number.isInteger(valueLength), `${valueLength} bytes`);
        assert(valueOffset >= span.start && valueLength >= 0);
        assert(valueOffset + valueLength <= span.end);
      }
      assertEquals(match(bytes, span, 0).found, FOUND);
    }
  }
});
