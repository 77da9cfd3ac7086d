import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { compareBytes } from "../../src/bytes/compare.ts";
import { KvError, KvIoError } from "../../src/errors.ts";
import type { Cursor } from "../../src/format/cursor.ts";
import { EntryView } from "../../src/format/entry.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import type { SegmentReader } from "../../src/segment/reader.ts";
import { test } from "../harness.ts";
import {
  build,
  bytes,
  BytesFile,
  collect,
  del,
  EVERYTHING,
  openBytes,
  put,
  randomFrom,
  randomKey,
  randomRows,
  type Row,
  rowOf,
  show,
  SlowFile,
  visibleRows,
} from "./support.ts";

/** Holds every way to move against the sorted rows that are visible. */
async function assertMovesLike(
  model: readonly Row[],
  newCursor: () => Cursor,
  targets: readonly Uint8Array[],
): Promise<void> {
  const shown = model.map(show);
  const cursor = newCursor();
  const forward = await collect(cursor, (cursor) => cursor.seekToFirst());
  assertEquals(forward.map(show), shown);
  const backward = await collect(cursor, (c) => c.seekToLast(), "prev");
  assertEquals(backward.reverse().map(show), shown);
  for (const key of targets) {
    const after = model.filter((row) => compareBytes(row.key, key) >= 0);
    const sought = await collect(cursor, (cursor) => cursor.seek(key));
    assertEquals(sought.map(show), after.map(show));
    const before = model.filter((row) => compareBytes(row.key, key) < 0);
    const back = await collect(cursor, (c) => c.seekBefore(key), "prev");
    assertEquals(back.reverse().map(show), before.map(show));
  }
}

async function openVariant(
  content: Uint8Array,
  variant: number,
): Promise<SegmentReader> {
  const file = variant % 2 === 0 ? content : new SlowFile(content);
  return await openBytes(
    file,
    new BlockCache([0, 3000, 1 << 22][variant % 3]!),
  );
}

for (const versions of [1, 5]) {
  test(`a cursor over keys with up to ${versions} versions moves as the sorted visible rows do`, async () => {
    for (let seed = 0; seed < 24; seed++) {
      const random = randomFrom(seed * 2 + versions);
      const rows = randomRows(random, { keys: 1 + random(150), versions });
      const content = await build(rows, { blockSize: 1 + random(500) });
      const reader = await openVariant(content, seed);
      const targets = [bytes("")];
      for (let i = 0; i < 6; i++) {
        targets.push(randomKey(random), rows[random(rows.length)]!.key);
      }
      for (const maxSequence of [0, 5, 20, 58, EVERYTHING]) {
        await assertMovesLike(
          visibleRows(rows, maxSequence),
          () => reader.cursor({ maxSequence, fillCache: seed % 4 < 2 }),
          targets,
        );
      }
      await reader.close();
    }
  });
}

test("a cursor over all versions yields them all from any key on", async () => {
  for (let seed = 0; seed < 10; seed++) {
    const random = randomFrom(seed);
    const rows = randomRows(random, { keys: 100, versions: 5 });
    const reader = await openVariant(await build(rows), seed);
    const cursor = reader.cursor({ maxSequence: 0, allVersions: true });
    for (let i = 0; i < 20; i++) {
      const key = randomKey(random);
      const after = rows.filter((row) => compareBytes(row.key, key) >= 0);
      const sought = await collect(cursor, (cursor) => cursor.seek(key));
      assertEquals(sought.map(show), after.map(show));
    }
  }
});

for (const versions of [1, 5]) {
  test(`a run over keys with up to ${versions} versions is of entries that come next and before its bound`, async () => {
    let advanced = 0;
    for (let seed = 0; seed < 24; seed++) {
      const random = randomFrom(seed);
      const rows = randomRows(random, { keys: 150, versions });
      const content = await build(rows, { blockSize: 1 + random(2_000) });
      const reader = await openVariant(content, seed);
      const allVersions = seed % 2 === 0;
      const cursor = reader.cursor({ maxSequence: EVERYTHING, allVersions });
      const model = allVersions ? rows : visibleRows(rows, EVERYTHING);
      for (let i = 0; i < 10; i++) {
        const start = randomKey(random);
        const expected = model.filter((row) => !isBefore(row.key, start));
        const found: Row[] = [];
        for (
          let more = await cursor.seek(start);
          more;
          more = await cursor.next()
        ) {
          found.push(rowOf(cursor.entry));
          const bound = randomBound(random);
          const run = cursor.run!(bound);
          while (run?.advance()) {
            found.push(rowOf(cursor.entry));
            if (bound) assert(isBefore(found.at(-1)!.key, rowOf(bound).key));
            advanced++;
          }
          assertEquals(run?.advance() ?? false, false);
          assertEquals(show(rowOf(cursor.entry)), show(found.at(-1)!));
        }
        assertEquals(found.map(show), expected.map(show));
      }
      await reader.close();
    }
    assert(advanced > 5_000, `${advanced}`);
  });
}

test("a run ends where its bound or the block does, and not before", async () => {
  const rows = Array.from(
    { length: 100 },
    (_, i) => put(String(i).padStart(3, "0"), new Uint8Array(20)),
  );
  const content = await build(rows, { blockSize: 1_000 });
  const reader = await openBytes(content);
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  const lengthOfRun = (bound?: string): number => {
    cursor.seekToFirst();
    const run = cursor.run!(bound === undefined ? undefined : viewOf(bound));
    let length = 0;
    while (run?.advance()) length++;
    return length;
  };
  const inBlock = lengthOfRun();
  assert(inBlock > 20 && inBlock < 50, `${inBlock}`);
  assertEquals(lengthOfRun("099"), inBlock);
  for (let bound = 1; bound < 60; bound++) {
    const key = String(bound).padStart(3, "0");
    assertEquals(lengthOfRun(key), Math.min(bound - 1, inBlock), key);
    assertEquals(lengthOfRun(`${key}.`), Math.min(bound, inBlock), `${key}.`);
  }
});

test("there is no run where versions are passed over, going back, or without a position", async () => {
  const content = await build([put("a", "", 3), put("a", "", 2), put("b")]);
  const reader = await openBytes(content);
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  assertEquals([cursor.seekToFirst(), cursor.run!(undefined)], [
    true,
    undefined,
  ]);
  const single = await openBytes(await build([put("a"), put("b")]));
  const plain = single.cursor({ maxSequence: EVERYTHING });
  assertEquals(plain.run!(undefined), undefined);
  assertEquals([plain.seekToLast(), plain.run!(undefined)], [true, undefined]);
  assertEquals([plain.seek(bytes("b")), plain.run!(undefined)], [
    true,
    undefined,
  ]);
});

test("a cursor passes over blocks without a visible entry", async () => {
  const rows: Row[] = [put("a", "first", 0)];
  for (let i = 0; i < 30_000; i++) {
    rows.push(put(`b${String(i).padStart(6, "0")}`, "unseen", 9));
  }
  rows.push(put("c", "last", 0));
  const content = await build(rows, { blockSize: 20 });
  const ends = [rows[0]!, rows.at(-1)!];
  for (const file of [content, new SlowFile(content)]) {
    const reader = await openBytes(file);
    await assertMovesLike(
      ends,
      () => reader.cursor({ maxSequence: 5, fillCache: false }),
      [bytes("b")],
    );
    await reader.close();
  }
});

test("a cursor moves synchronously on a synchronous file", async () => {
  const rows = randomRows(randomFrom(1), { keys: 500, versions: 3 });
  const reader = await openBytes(await build(rows), new BlockCache(0));
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  let count = 0;
  for (let more = cursor.seekToFirst(); more; more = cursor.next()) {
    assertEquals(more, true);
    count++;
  }
  assertEquals(count, visibleRows(rows, EVERYTHING).length);
});

test("a cursor without a position stays without one", async () => {
  const reader = await openBytes(await build([put("a"), put("b")]));
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  assertEquals([cursor.next(), cursor.prev()], [false, false]);
  assertEquals(cursor.seek(bytes("c")), false);
  assertEquals([cursor.next(), cursor.prev()], [false, false]);
  assertEquals(cursor.seekBefore(bytes("a")), false);
  assertEquals([cursor.next(), cursor.prev()], [false, false]);
});

test("a cursor refuses to turn round, and to go back over all versions", async () => {
  const reader = await openBytes(await build([put("a"), put("b"), del("c")]));
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  assertEquals(cursor.seek(bytes("b")), true);
  assertThrows(() => cursor.prev(), KvError);
  assertEquals(cursor.seekToLast(), true);
  assertThrows(() => cursor.next(), KvError);
  const all = reader.cursor({ maxSequence: 0, allVersions: true });
  assertThrows(() => all.seekToLast(), KvError);
});

test("a cursor reads ahead where it goes forward through blocks that are not in memory", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => put(String(i).padStart(8, "0"), new Uint8Array(100)),
  );
  const file = new BytesFile(await build(rows, { blockSize: 4096 }));
  const reader = await openBytes(file, new BlockCache(1 << 16));
  const cursor = reader.cursor({ maxSequence: EVERYTHING, fillCache: false });
  const before = file.reads;
  const read = await collect(cursor, (cursor) => cursor.seekToFirst());
  assertEquals(read.length, 20_000);
  assert(file.reads - before <= 2 + file.size / 200_000 + 2);
});

test("a move that fails can be tried again and misses nothing", async () => {
  const rows = randomRows(randomFrom(8), { keys: 5000, versions: 3 });
  const content = await build(rows);
  for (const maxSequence of [30, EVERYTHING]) {
    const model = visibleRows(rows, maxSequence).map(show);
    for (const direction of ["next", "prev"] as const) {
      const file = new BytesFile(content);
      const reader = await openBytes(file, new BlockCache(1 << 20));
      const cursor = reader.cursor({ maxSequence, fillCache: false });
      const start = direction === "next" ? "seekToFirst" : "seekToLast";
      const read: string[] = [];
      let more = await cursor[start]();
      let failures = 0;
      while (more) {
        read.push(show(rowOf(cursor.entry)));
        file.readsLeft = 0;
        try {
          more = await cursor[direction]();
        } catch (error) {
          assert(error instanceof KvIoError);
          failures++;
          file.readsLeft = Infinity;
          more = await cursor[direction]();
        }
      }
      assert(failures > 1);
      assertEquals(direction === "next" ? read : read.reverse(), model);
    }
  }
});

test("a failed seek leaves no position", async () => {
  const file = new BytesFile(await build([put("a"), put("b")]));
  const reader = await openBytes(file, new BlockCache(0));
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  assertEquals(cursor.seekToFirst(), true);
  file.readsLeft = 0;
  await assertRejects(
    async () => void await cursor.seek(bytes("b")),
    KvIoError,
  );
  assertEquals(cursor.next(), false);
});

function isBefore(a: Uint8Array, b: Uint8Array): boolean {
  return compareBytes(a, b) < 0;
}

function randomBound(
  random: (below: number) => number,
): EntryView | undefined {
  return random(4) === 0 ? undefined : viewOf(randomKey(random));
}

/** A view of an entry with this key, somewhere in a buffer. */
function viewOf(text: Uint8Array | string): EntryView {
  const key = bytes(text);
  const view = new EntryView();
  view.keyBuffer = Uint8Array.from([0xee, ...key, 0xee]);
  view.keyOffset = 1;
  view.keyLength = key.length;
  return view;
}
