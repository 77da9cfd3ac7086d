import { assertEquals } from "@std/assert";
import {
  type AsciiParts,
  EntryView,
  KEYS_AND_VALUES,
  NO_PARTS,
  VALUES,
} from "../../src/format/entry.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { test } from "../harness.ts";
import { build, EVERYTHING, openBytes, put, type Row } from "./support.ts";

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

test("Of an entry that lies among none nothing is known", () => {
  assertEquals(new EntryView().asciiParts, NO_PARTS);
});
