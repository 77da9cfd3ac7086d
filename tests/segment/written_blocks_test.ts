import { assert, assertEquals } from "@std/assert";
import type { AsciiParts } from "../../src/format/entry.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import {
  type BlockPiece,
  BlockPieces,
} from "../../src/segment/block_pieces.ts";
import { BLOCK_TRAILER_BYTES } from "../../src/segment/block_format.ts";
import { PartShelf } from "../../src/segment/cache_shelf.ts";
import { SegmentReader } from "../../src/segment/reader.ts";
import { WrittenBlocks } from "../../src/segment/written_blocks.ts";
import { test } from "../harness.ts";
import {
  build,
  BytesFile,
  collect,
  EVERYTHING,
  lookUp,
  openBytes,
  put,
  randomFrom,
  type Row,
  show,
} from "./support.ts";

const NUMBER = 7;

/** A segment, and its blocks in pieces. */
async function written(
  rows: readonly Row[],
  { blockSize = 256, mostBytes = Infinity } = {},
): Promise<{ content: Uint8Array; pieces: BlockPiece[] }> {
  const pieces: BlockPiece[] = [];
  const gatherer = new BlockPieces(mostBytes, (piece) => pieces.push(piece));
  const content = await build(rows, {
    blockSize,
    onBlock: (payload) => gatherer.add(NUMBER, payload),
  });
  gatherer.end();
  return { content, pieces };
}

function rowsOf(count: number, valueBytes: number): Row[] {
  return Array.from(
    { length: count },
    (_, i) => put(String(i).padStart(6, "0"), "v".repeat(valueBytes), i % 3),
  );
}

function everything(reader: SegmentReader): Promise<Row[]> {
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  return collect(cursor, () => cursor.seekToFirst());
}

/** What is known of each entry. */
async function partsOf(reader: SegmentReader): Promise<AsciiParts[]> {
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  const parts: AsciiParts[] = [];
  for (let has = await cursor.seekToFirst(); has; has = await cursor.next()) {
    parts.push(cursor.entry.asciiParts);
  }
  return parts;
}

async function openWith(
  file: BytesFile,
  cache: BlockCache,
  kept: WrittenBlocks,
): Promise<SegmentReader> {
  const blocks = kept.of(NUMBER);
  const options = { name: "test.seg", cache, blocks };
  const reader = await SegmentReader.open(file, options);
  kept.handOver(NUMBER);
  return reader;
}

for (const isShared of [true, false]) {
  for (
    const [blockSize, valueBytes] of [[256, 50], [4096, 300], [
      4096,
      90_000,
    ]] as const
  ) {
    test(`A segment whose written blocks of ${valueBytes} bytes a value were kept reads none of them, ${isShared ? "in slabs" : "in arrays"}`, async () => {
      const rows = rowsOf(valueBytes > 1000 ? 40 : 12_000, valueBytes);
      const { content, pieces } = await written(rows, { blockSize });
      assert(pieces.length > 1);
      const cache = new BlockCache(64 << 20, isShared);
      const kept = new WrittenBlocks(cache);
      for (const piece of pieces) kept.keep(piece);
      const file = new BytesFile(content);
      const reader = await openWith(file, cache, kept);
      assertEquals(reader.cachedBytes, cache.bytes);
      const all = await everything(reader);
      assertEquals(all.map(show), rows.map(show));
      for (const row of rows) {
        assertEquals(show(await lookUp(reader, row.key)), show(row));
      }
      const { hashPages } = reader.footer;
      const endReads = file.reads - hashPages;
      assert(endReads <= 4, `${file.reads} reads with ${hashPages} pages`);
      await reader.close();
      assertEquals(cache.bytes, 0);
    });
  }
}

test("Written blocks take the place of nothing that is in the cache", async () => {
  const rows = rowsOf(2_000, 50);
  const { content, pieces } = await written(rows);
  const cache = new BlockCache(60_000, true);
  const others = new PartShelf<Uint8Array>(1);
  cache.admit(others, 0, { part: new Uint8Array(1), bytes: 30_000 });
  const kept = new WrittenBlocks(cache);
  for (const piece of pieces) kept.keep(piece);
  assert(others.parts[0] !== undefined);
  assert(cache.bytes <= 60_000);
  const reader = await openWith(new BytesFile(content), cache, kept);
  assert(
    reader.cachedBytes > 0.9 * 30_000 - 256,
    `${reader.cachedBytes} bytes`,
  );
  const all = await everything(reader);
  assertEquals(all.map(show), rows.map(show));
  await reader.close();
});

test("Blocks of a segment that is not opened leave the cache", async () => {
  const { pieces } = await written(rowsOf(1_000, 50));
  const cache = new BlockCache(1 << 20, true);
  const kept = new WrittenBlocks(cache);
  for (const piece of pieces) kept.keep(piece);
  assert(cache.bytes > 50_000);
  kept.discard(NUMBER);
  kept.discard(NUMBER + 1);
  assertEquals(cache.bytes, 0);
  assertEquals(kept.of(NUMBER), undefined);
});

test("Blocks that were not kept are read once, and cached beside the others", async () => {
  const rows = rowsOf(3_000, 50);
  const { content, pieces } = await written(rows, { mostBytes: 100_000 });
  const cache = new BlockCache(16 << 20, true);
  const kept = new WrittenBlocks(cache);
  for (const piece of pieces) kept.keep(piece);
  const file = new BytesFile(content);
  const reader = await openWith(file, cache, kept);
  const { cachedBytes } = reader;
  assert(cachedBytes > 80_000 && cachedBytes < 130_000, `${cachedBytes} bytes`);
  for (const row of rows) {
    assertEquals(show(await lookUp(reader, row.key)), show(row));
  }
  const { reads } = file;
  assert(reads > 300, `${reads} reads`);
  for (const row of rows) {
    assertEquals(show(await lookUp(reader, row.key)), show(row));
  }
  assertEquals(file.reads, reads);
  await reader.close();
  assertEquals(cache.bytes, 0);
});

test("Pieces have the blocks that they name, whatever is left out of them", () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = randomFrom(seed);
    const payloads = new Map<string, Uint8Array>();
    const pieces: BlockPiece[] = [];
    const mostBytes = random(3) === 0 ? Infinity : random(1 << 20);
    const gatherer = new BlockPieces(mostBytes, (piece) => pieces.push(piece));
    const largest = [300, 20_000, 600_000][seed % 3]!;
    for (let segment = 1; segment < 4; segment++) {
      for (let number = 0; number < 12; number++) {
        const payload = new Uint8Array(20 + random(largest)).fill(random(64))
          .fill(0, -BLOCK_TRAILER_BYTES);
        payloads.set(`${segment} ${number}`, payload);
        gatherer.add(segment, payload);
      }
    }
    gatherer.end();
    let bytes = 0;
    for (const { segment, first, buffer, lengths, asciiParts } of pieces) {
      let start = 0;
      lengths.forEach((length, i) => {
        const payload = payloads.get(`${segment} ${first + i}`)!;
        assertEquals(length, payload.length, `seed ${seed}`);
        assertEquals(new Uint8Array(buffer, start, 1)[0], payload[0]);
        start += length;
        bytes += length;
      });
      assertEquals(asciiParts.length, lengths.length);
    }
    assert(bytes <= mostBytes, `seed ${seed}: ${bytes} bytes`);
    if (mostBytes === Infinity && largest < 500_000) {
      const all = [...payloads.values()].reduce(
        (sum, { length }) => sum + length,
        0,
      );
      assertEquals(bytes, all, `seed ${seed}`);
    }
  }
});

test("What of written blocks is ASCII is known of them", async () => {
  const rows = [
    ...rowsOf(12_000, 50),
    put("a", "größe".repeat(20)),
    put("b", "plain"),
  ];
  const { content, pieces } = await written(rows);
  assert(pieces.length > 1);
  const cache = new BlockCache(32 << 20, true);
  const kept = new WrittenBlocks(cache);
  for (const piece of pieces) kept.keep(piece);
  const reader = await openWith(new BytesFile(content), cache, kept);
  const parts = await partsOf(reader);
  const plain = await openBytes(content, new BlockCache(0));
  assertEquals(parts, await partsOf(plain));
  assertEquals(new Set(parts).size, 2);
  await reader.close();
  await plain.close();
});
