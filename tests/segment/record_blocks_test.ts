import { assert, assertEquals, assertRejects } from "@std/assert";
import { KvError } from "../../src/errors.ts";
import type { RecordPlaces } from "../../src/format/record.ts";
import { placesOf, RecordBlocks } from "../../src/segment/record_blocks.ts";
import {
  SegmentWriter,
  type SegmentWriterOptions,
} from "../../src/segment/writer.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { recordsOf } from "../support/records.ts";
import {
  build,
  del,
  layout,
  OPTIONS,
  put,
  randomFrom,
  randomRows,
  type Row,
} from "./support.ts";

/** Records one behind the other, as an import has them. */
function inOrder(rows: readonly Row[]): RecordPlaces {
  return placesOf(recordsOf(rows));
}

/**
 * The same records as a MemTable has them: in the order in which they were written, which is any,
 * but for some that followed one another.
 */
function anywhere(rows: readonly Row[]): RecordPlaces {
  const random = randomFrom(rows.length);
  const runs: number[][] = [];
  rows.forEach((_, i) => {
    if (i > 0 && random(2) === 0) runs.at(-1)!.push(i);
    else runs.splice(random(runs.length + 1), 0, [i]);
  });
  const written = runs.flat();
  const { buffer, places } = placesOf(
    new Uint8Array(recordsOf(written.map((i) => rows[i]!))),
  );
  const sorted = new Uint32Array(rows.length);
  written.forEach((i, place) => sorted[i] = places[place]!);
  return { buffer, places: sorted };
}

async function buildOfBlocks(
  records: RecordPlaces,
  options: SegmentWriterOptions,
): Promise<Uint8Array> {
  const storage = new MemoryStorage();
  const file = storage.create("built");
  const writer = new SegmentWriter(file, options);
  const before = records.buffer.slice();
  const blocks = new RecordBlocks(records, options.blockSize);
  for (let block = blocks.next(); block; block = blocks.next()) {
    await writer.addBlock(block);
  }
  await writer.finish();
  // Another attempt may have to be made of them.
  assertEquals(records.buffer.slice(), before);
  assertEquals(writer.sizeBytes, file.size);
  await file.close();
  const content = new Uint8Array(file.size);
  await storage.open("built").readAt(content, 0);
  return content;
}

/** Builds a segment in all ways and answers how many blocks it has. */
async function expectSame(
  rows: readonly Row[],
  given: Partial<SegmentWriterOptions> = {},
): Promise<number> {
  const options = { ...OPTIONS, ...given };
  const expected = await build(rows, options);
  assertEquals(await buildOfBlocks(inOrder(rows), options), expected);
  assertEquals(await buildOfBlocks(anywhere(rows), options), expected);
  return layout(expected).blocks;
}

function puts(seed: number, keys: number): Row[] {
  const random = randomFrom(seed);
  return randomRows(random, { keys, versions: 1 }).map(({ key }) =>
    put(key, new Uint8Array(random(60)).fill(random(256)))
  );
}

test("A segment of whole blocks is byte for byte that of the same entries", async () => {
  for (let seed = 0; seed < 40; seed++) {
    const rows = puts(seed, 1 + seed * 17);
    for (const blockSize of [64, 256, 4096]) {
      await expectSame(rows, { blockSize });
    }
  }
  assert(await expectSame(puts(41, 500)) > 10);
});

test("It is so for deletes among the puts, or alone", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = randomFrom(seed);
    const rows = puts(seed, 1 + seed * 29)
      .map((row) => random(3) === 0 ? del(row.key) : row);
    await expectSame(rows);
    await expectSame(rows.map(({ key }) => del(key)));
  }
});

test("It is so with compression, too", async () => {
  const rows = puts(3, 400);
  await expectSame(rows, { compression: "deflate", blockSize: 1024 });
});

test("It is so for keys that share nothing, all but the last byte, or are prefixes of one another", async () => {
  const key = (i: number) => String(i).padStart(6, "0");
  const numbers = Array.from({ length: 700 }, (_, i) => i);
  await expectSame(numbers.map((i) => put(`shared:${key(i)}`, key(i))));
  await expectSame(numbers.map((i) => put(`${key(i)}:${"x".repeat(i % 90)}`)));
  await expectSame(numbers.map((i) => put("a".repeat(i))));
  await expectSame([put(""), put("\0"), put("\0\0"), put("b")]);
  await expectSame([put("", "")]);
});

test("It is so for blocks that end at the most entries, and for offsets that take four bytes", async () => {
  const rows = Array.from(
    { length: 1000 },
    (_, i) => put(String(i).padStart(4, "0")),
  );
  assertEquals(await expectSame(rows, { blockSize: 1 << 20 }), 4);
  const long = Array.from(
    { length: 300 },
    (_, i) => put(String(i).padStart(4, "0"), new Uint8Array(1000).fill(i)),
  );
  assert(await expectSame(long, { blockSize: 128 * 1024 }) > 1);
});

test("It is so for values and keys that are longer than blocks, and small ones behind them", async () => {
  const rows = [
    put("a", "first"),
    put("b", new Uint8Array(5 << 20).fill(7)),
    put("c".repeat(70_000), "long key"),
    put("d", new Uint8Array(200_000).fill(8)),
    ...Array.from({ length: 100 }, (_, i) => put(`e${100 + i}`, "small")),
  ];
  await expectSame(rows);
  await expectSame(rows, { blockSize: 4096 });
});

test("A segment of no blocks is refused", async () => {
  const file = new MemoryStorage().create("built");
  const writer = new SegmentWriter(file, OPTIONS);
  assertEquals(new RecordBlocks(inOrder([]), 256).next(), undefined);
  const error = await assertRejects(() => writer.finish(), KvError);
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
});
