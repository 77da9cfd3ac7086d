import { assert, assertEquals } from "@std/assert";
import {
  type AsciiParts,
  EntryView,
  KEYS_AND_VALUES,
  NO_PARTS,
  VALUES,
} from "../../src/format/entry.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { PartShelf } from "../../src/segment/cache_shelf.ts";
import { test } from "../harness.ts";
import {
  build,
  bytes,
  EVERYTHING,
  lookUp,
  openBytes,
  put,
  type Row,
} from "./support.ts";

/** What a cursor says of each entry of a segment of one block. */
async function partsOf(rows: readonly Row[]): Promise<AsciiParts[]> {
  const content = await build(rows);
  const reader = await openBytes(content, new BlockCache(1 << 20));
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  const parts: AsciiParts[] = [];
  for (let has = await cursor.seekToFirst(); has; has = await cursor.next()) {
    parts.push(cursor.entry.asciiParts);
  }
  await reader.close();
  return parts;
}

test("A cursor says of the entries of a block that keys and values are ASCII, only where all are", async () => {
  const cases: [string, Row[], AsciiParts][] = [
    ["all", [put("a1", "one"), put("a2", "")], KEYS_AND_VALUES],
    ["the longest", [put("a1", "v".repeat(127))], KEYS_AND_VALUES],
    ["one value is not", [put("a1", "one"), put("a2", "zwölf")], NO_PARTS],
    ["one key is not", [put("a1", "one"), put("aö", "two")], NO_PARTS],
    ["what all keys share", [put("ö1", "one"), put("ö2", "two")], VALUES],
    ["a length is not", [put("a1", "v".repeat(128))], NO_PARTS],
  ];
  for (const [name, rows, expected] of cases) {
    assertEquals(await partsOf(rows), rows.map(() => expected), name);
  }
});

test("A lookup knows what of a cached block is ASCII, whoever used it before and however often the cache went by", async () => {
  const rows = [put("a", "one"), put("b", "two")];
  const cache = new BlockCache(1 << 20);
  const reader = await openBytes(await build(rows), cache);
  const partsOfLookup = async () => {
    const view = new EntryView();
    assert(await lookUp(reader, bytes("b"), EVERYTHING, view) !== undefined);
    return view.asciiParts;
  };
  // The first reads the block, and only then it is known.
  assertEquals(await partsOfLookup(), NO_PARTS);
  assertEquals(await partsOfLookup(), KEYS_AND_VALUES);
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  assert(await cursor.seekToFirst());
  cursor.close?.();
  assertEquals(await partsOfLookup(), KEYS_AND_VALUES);
  // What others need room for sends the hand round; the block was used and stays.
  const others = new PartShelf<Uint8Array>(2);
  const room = (1 << 20) - cache.bytes - 1000;
  cache.admit(others, 0, { part: new Uint8Array(1), bytes: room });
  await partsOfLookup();
  cache.admit(others, 1, { part: new Uint8Array(1), bytes: 2000 });
  assertEquals(others.parts[0], undefined);
  assertEquals(await partsOfLookup(), KEYS_AND_VALUES);
  await reader.close();
});

test("Of an entry that lies among none nothing is known", () => {
  assertEquals(new EntryView().asciiParts, NO_PARTS);
});
