import { assert, assertEquals } from "@std/assert";
import { BlockCache } from "../../src/segment/block_cache.ts";
import type { SegmentReader } from "../../src/segment/reader.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { SegmentWriter } from "../../src/segment/writer.ts";
import { EntryView } from "../../src/format/entry.ts";
import { test } from "../harness.ts";
import {
  build,
  collect,
  del,
  EVERYTHING,
  fill,
  layout,
  lookUp,
  openBytes,
  OPTIONS,
  put,
  randomFrom,
  randomRows,
  type Row,
  show,
} from "./support.ts";

async function assertHolds(
  reader: SegmentReader,
  rows: readonly Row[],
): Promise<void> {
  const cursor = reader.cursor({ maxSequence: EVERYTHING, allVersions: true });
  const read = await collect(cursor, (cursor) => cursor.seekToFirst());
  assertEquals(read.map(show), rows.map(show));
  for (const row of rows) {
    assertEquals(
      show(await lookUp(reader, row.key, row.sequence)),
      show(row),
    );
  }
}

function sequence(count: number, valueLength: number): Row[] {
  const rows = [];
  for (let i = 0; i < count; i++) {
    const value = new Uint8Array(valueLength).fill(i);
    rows.push(put(String(i).padStart(16, "0"), value));
  }
  return rows;
}

const CASES: Record<string, Row[]> = {
  "one entry": [put("key", "value")],
  "the empty key": [put("", "value")],
  "the empty key as a tombstone": [del("")],
  "an empty value": [put("key", "")],
  "only tombstones": [del("a"), del("b"), del("c")],
  "versions of one key": [
    put("k", "new", 9),
    del("k", 5),
    put("k", "old", 4),
    put("k", "oldest", 0),
  ],
  "sequences up to the largest": [
    put("a", "x", Number.MAX_SAFE_INTEGER - 1),
    put("b", "y", 2 ** 32),
    put("c", "z", 127),
    put("d", "w", 128),
  ],
  "keys that are prefixes of one another": [
    put("", "0"),
    put("a", "1"),
    put("a\0", "2"),
    put("aa", "3"),
    put("ab", "4"),
  ],
  "many entries": sequence(5000, 20),
  "values larger than the write buffer": sequence(3, 700_000),
  "a key of a mebibyte": [
    put(new Uint8Array(1 << 20).fill(7), "long"),
    put(new Uint8Array((1 << 20) + 1).fill(7), "longer"),
    put("\x08", "short"),
  ],
};

for (const [name, rows] of Object.entries(CASES)) {
  for (const compression of ["none", "deflate", "zstd"] as const) {
    test(`a segment with compression ${compression} gives back ${name}`, async () => {
      const reader = await openBytes(await build(rows, { compression }));
      await assertHolds(reader, rows);
      await reader.close();
    });
  }
}

test("a block of more than 64 KiB has wide restarts and gives back its entries", async () => {
  const rows = sequence(200, 1000);
  const content = await build(rows, { blockSize: 1 << 20 });
  assertEquals(layout(content).blocks, 1);
  await assertHolds(await openBytes(content), rows);
});

test("a block is closed after 256 entries", async () => {
  const content = await build(sequence(600, 0), { blockSize: 1 << 20 });
  assertEquals(layout(content).blocks, 3);
  await assertHolds(await openBytes(content), sequence(600, 0));
});

test("a block holds at least one key, however small its limit", async () => {
  for (let blockSize = 1; blockSize < 12; blockSize++) {
    const content = await build(sequence(20, 0), { blockSize });
    assertEquals(layout(content).blocks, 20);
    await assertHolds(await openBytes(content), sequence(20, 0));
  }
});

test("all versions of a key lie in one block, however many there are", async () => {
  const rows: Row[] = [put("a", "first", 3)];
  for (let i = 2000; i > 0; i--) rows.push(put("k", "some value", i));
  rows.push(put("z", "last", 3));
  const content = await build(rows);
  assertEquals(layout(content).blocks, 2);
  await assertHolds(await openBytes(content), rows);
});

test("blocks of every size around the limit give back their entries", async () => {
  for (let length = 0; length < 300; length += 3) {
    const rows = [
      put("a", new Uint8Array(length)),
      put("b", "x"),
      put("c", "y"),
    ];
    await assertHolds(await openBytes(await build(rows)), rows);
  }
});

test("random segments of every block size give back their entries", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = randomFrom(seed);
    const rows = randomRows(random, {
      keys: 1 + random(300),
      versions: 1 + random(4),
    });
    const blockSize = 1 + random(2000);
    const reader = await openBytes(await build(rows, { blockSize }));
    await assertHolds(reader, rows);
  }
});

test("compression makes a segment of text smaller, and is left out where it would not", async () => {
  const text = sequence(1000, 100);
  const random = randomFrom(1);
  const noise = text.map((row) =>
    put(row.key, Uint8Array.from(row.value, () => random(256)))
  );
  const options = { blockSize: 4096 };
  for (const compression of ["deflate", "zstd"] as const) {
    const plain = await build(text, options);
    const packed = await build(text, { ...options, compression });
    assert(packed.length < plain.length / 3);
    const noisy = await build(noise, { ...options, compression });
    assert(noisy.length <= (await build(noise, options)).length);
  }
});

test("a segment of sequential decimal keys takes at most 1.05 times its raw size", async () => {
  const rows = sequence(50_000, 100);
  const content = await build(rows, { blockSize: 4096 });
  assert(content.length <= rows.length * 116 * 1.05);
});

test("a segment is written to and read from storage that answers with promises", async () => {
  const storage = new AsyncStorage(
    new MemoryStorage(),
    () => Promise.resolve(),
  );
  const rows = randomRows(randomFrom(5), { keys: 3000, versions: 3 });
  const file = await storage.create("000001.seg");
  const writer = new SegmentWriter(file, OPTIONS);
  const view = new EntryView();
  for (const row of rows) await writer.add(fill(view, row));
  await writer.finish();
  assertEquals(file.size, writer.sizeBytes);
  await file.close();
  for (const budget of [0, 5000, 1 << 24]) {
    const reader = await openBytes(
      await storage.open("000001.seg"),
      new BlockCache(budget),
    );
    await assertHolds(reader, rows);
    await reader.close();
  }
});
