import { assert, assertEquals } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { hashSpan } from "../../src/bytes/hash.ts";
import { EntryView } from "../../src/format/entry.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { test } from "../harness.ts";
import { keysOfHash } from "./equal_hashes.ts";
import {
  build,
  BytesFile,
  EVERYTHING,
  hex,
  layout,
  lookUp,
  openBytes,
  put,
  randomFrom,
  randomKey,
  randomRows,
  type Row,
  show,
  SlowFile,
  visibleRows,
} from "./support.ts";

test("find answers the newest visible version, or nothing, as the model does", async () => {
  for (let seed = 0; seed < 30; seed++) {
    const random = randomFrom(seed);
    const rows = randomRows(random, { keys: 1 + random(200), versions: 4 });
    const content = await build(rows, { blockSize: 1 + random(600) });
    const file = seed % 3 === 0 ? new SlowFile(content) : content;
    const cache = new BlockCache([0, 2000, 1 << 20][seed % 3]!);
    const reader = await openBytes(file, cache);
    for (const maxSequence of [0, 1, 10, 30, 59, EVERYTHING]) {
      const model = new Map(
        visibleRows(rows, maxSequence).map((row) => [hex(row.key), row]),
      );
      for (let i = 0; i < 60; i++) {
        const key = i % 2 === 0
          ? randomKey(random)
          : rows[random(rows.length)]!.key;
        assertEquals(
          show(await lookUp(reader, key, maxSequence)),
          show(model.get(hex(key))),
        );
      }
    }
    await reader.close();
  }
});

test("find reads one page and one block for a present key, and nothing once they are cached", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => put(String(i).padStart(8, "0"), "value"),
  );
  const file = new BytesFile(await build(rows));
  const cache = new BlockCache(1 << 24);
  const reader = await openBytes(file, cache);
  assertEquals(file.reads, 1);
  await lookUp(reader, rows[7]!.key);
  // The page, the index to learn where the block lies, and the block.
  assertEquals(file.reads, 4);
  await lookUp(reader, rows[7]!.key);
  assertEquals(file.reads, 4);
  assertEquals([cache.hits, cache.misses], [2, 2]);
});

test("find reads no block for nearly every absent key", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => put(String(i).padStart(8, "0"), "value"),
  );
  const file = new BytesFile(await build(rows));
  const reader = await openBytes(file, new BlockCache(1 << 24));
  const pages = layout(await build(rows)).footer.hashPages;
  for (let i = 0; i < 20_000; i++) {
    assertEquals(await lookUp(reader, put(`absent ${i}`).key), undefined);
  }
  assert(file.reads <= 1 + pages + 1 + 200);
});

test("find answers synchronously on synchronous files and leaves the key to the caller", async () => {
  const reader = await openBytes(await build([put("key", "value")]));
  const key = put("key").key;
  const view = new EntryView();
  const hash = hashSpan(key, 0, 3);
  for (const round of ["from storage", "from memory"]) {
    const found = reader.find(key, 0, 3, hash, EVERYTHING, view);
    assertEquals(found, true, round);
    assert(view.keyBuffer === key);
  }
});

test("keys made to have equal hashes are found, whether they share a page or are too many for one", async () => {
  for (const count of [100, 6000]) {
    const rows: Row[] = keysOfHash(0xdeadbeef, count).sort(compareBytes)
      .map((key, i) => put(key, String(i)));
    const content = await build(rows, { blockSize: 4096 });
    assertEquals(layout(content).footer.hashPages, count === 100 ? 1 : 0);
    for (const file of [content, new SlowFile(content)]) {
      const reader = await openBytes(file);
      for (let i = 0; i < count; i += 7) {
        assertEquals(show(await lookUp(reader, rows[i]!.key)), show(rows[i]));
      }
      const absent = keysOfHash(0xdeadbeef, count + 5).slice(count);
      for (const key of absent) {
        assertEquals(await lookUp(reader, key), undefined);
      }
      await reader.close();
    }
  }
});

test("find asks for a hash page again when the blocks that it read took the page's buffer", async () => {
  const rows: Row[] = keysOfHash(0xdeadbeef, 100).sort(compareBytes)
    .map((key, i) => put(key, String(i).padEnd(700)));
  // A block for each key, of the size of the page, and room for one of them at a time.
  const content = await build(rows, { blockSize: 1 });
  const cache = new BlockCache(1200, true);
  const reader = await openBytes(content, cache);
  for (const row of rows) {
    assertEquals(show(await lookUp(reader, row.key)), show(row));
  }
  await reader.close();
});

test("two lookups that read the same block at once are both answered, and it is cached once", async () => {
  const content = await build([put("a", "1"), put("b", "2")]);
  const cache = new BlockCache(1 << 20);
  const reader = await openBytes(new SlowFile(content), cache);
  const rows = await Promise.all([
    lookUp(reader, put("a").key),
    lookUp(reader, put("b").key),
    lookUp(reader, put("a").key),
  ]);
  assertEquals(rows.map(show), [
    show(put("a", "1")),
    show(put("b", "2")),
    show(put("a", "1")),
  ]);
  const bytes = cache.bytes;
  await lookUp(reader, put("a").key);
  assertEquals(cache.bytes, bytes);
  await reader.close();
  assertEquals(cache.bytes, 0);
});

test("a read that ends after the reader was closed leaves nothing in the cache", async () => {
  const cache = new BlockCache(1 << 20);
  const content = await build([put("a", "1")]);
  const inner = new BytesFile(content);
  let gate = Promise.resolve();
  const file = {
    size: content.length,
    async readAt(target: Uint8Array, position: number): Promise<void> {
      inner.readAt(target, position);
      await gate;
    },
    close(): void {},
  };
  const reader = await openBytes(file, cache);
  let open = (): void => {};
  gate = new Promise((resolve) => open = resolve);
  const finding = lookUp(reader, put("a").key);
  await reader.close();
  open();
  assertEquals(show(await finding), show(put("a", "1")));
  assertEquals(cache.bytes, 0);
});
