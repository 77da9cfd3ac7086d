import { assert, assertEquals } from "@std/assert";
import { hashSpan } from "../../src/bytes/hash.ts";
import { EntryView } from "../../src/format/entry.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import {
  BlockShelf,
  type CacheLease,
  PartShelf,
} from "../../src/segment/cache_shelf.ts";
import { test } from "../harness.ts";
import {
  build,
  collect,
  EVERYTHING,
  lookUp,
  openBytes,
  put,
  randomFrom,
  randomRows,
  rowOf,
  show,
} from "./support.ts";

/** What a part of 744 bytes is charged, with the objects around it. */
const CHARGE = 1000;

function admit(cache: BlockCache, shelf: PartShelf<string>, i: number): void {
  cache.admit(shelf, i, { part: `part ${i}`, bytes: CHARGE - 256 });
}

function present(shelf: PartShelf<string>): number[] {
  return [...shelf.parts.keys()].filter((i) => shelf.parts[i] !== undefined);
}

test("BlockCache evicts the oldest part that was not used", () => {
  const cache = new BlockCache(3 * CHARGE);
  const shelf = new PartShelf<string>(10);
  for (const i of [0, 1, 2]) admit(cache, shelf, i);
  assertEquals(present(shelf), [0, 1, 2]);
  shelf.marks[0] = 1;
  admit(cache, shelf, 3);
  assertEquals(present(shelf), [0, 2, 3]);
  assertEquals(shelf.marks[0], 0);
});

test("the hand of BlockCache goes on from where it was, and round", () => {
  const cache = new BlockCache(3 * CHARGE);
  const shelf = new PartShelf<string>(10);
  for (const i of [0, 1, 2]) admit(cache, shelf, i);
  shelf.marks[0] = 1;
  admit(cache, shelf, 3);
  // The hand has passed 0 and taken 1: 2 is next, though 0 is older and unmarked.
  admit(cache, shelf, 4);
  assertEquals(present(shelf), [0, 3, 4]);
  for (const i of [0, 3, 4]) shelf.marks[i] = 1;
  // All are marked: the hand unmarks 3, 4, then 0, and comes back to 3.
  admit(cache, shelf, 5);
  assertEquals(present(shelf), [0, 4, 5]);
});

test("BlockCache leaves alone what is larger than its budget", () => {
  for (const budget of [0, CHARGE - 1]) {
    const cache = new BlockCache(budget);
    const shelf = new PartShelf<string>(1);
    admit(cache, shelf, 0);
    assertEquals(present(shelf), []);
    assertEquals(cache.bytes, 0);
  }
});

test("A shelf knows how many bytes its parts take, whatever is evicted", () => {
  const cache = new BlockCache(3 * CHARGE);
  const shelves = [new PartShelf<string>(9), new PartShelf<string>(9)] as const;
  for (let i = 0; i < 9; i++) {
    admit(cache, shelves[i % 2]!, i);
    const bytes = shelves.map((shelf) => CHARGE * present(shelf).length);
    assertEquals(shelves.map((shelf) => shelf.bytes), bytes);
    assertEquals(cache.bytes, bytes[0]! + bytes[1]!);
  }
  cache.clear(shelves[0]);
  assertEquals(shelves[0].bytes, 0);
});

test("BlockCache takes all parts of a shelf out and keeps the others", () => {
  const cache = new BlockCache(10 * CHARGE);
  const shelves = [new PartShelf<string>(5), new PartShelf<string>(5)];
  for (const i of [0, 1, 2, 3, 4]) {
    for (const shelf of shelves) admit(cache, shelf, i);
  }
  cache.clear(shelves[0]!);
  assertEquals(present(shelves[0]!), []);
  assertEquals(present(shelves[1]!), [0, 1, 2, 3, 4]);
  assertEquals(cache.bytes, 5 * CHARGE);
  cache.clear(shelves[1]!);
  assertEquals(cache.bytes, 0);
});

test("BlockCache keeps its queue and its sum right through random calls", () => {
  const random = randomFrom(9);
  const budget = 20 * CHARGE;
  const cache = new BlockCache(budget);
  const shelves = [0, 1, 2].map(() => new PartShelf<string>(40));
  for (let step = 0; step < 20_000; step++) {
    const shelf = shelves[random(3)]!;
    const i = random(40);
    if (random(400) === 0) cache.clear(shelf);
    else if (shelf.parts[i] === undefined) admit(cache, shelf, i);
    else shelf.marks[i] = 1;
    const count = shelves.reduce((sum, one) => sum + present(one).length, 0);
    assertEquals(cache.bytes, count * CHARGE);
    assert(cache.bytes <= budget);
  }
});

test("segments that share a tiny cache still answer right, and leave it empty when closed", async () => {
  for (const budget of [0, 300, 1500, 6000, 20_000]) {
    const cache = new BlockCache(budget);
    const random = randomFrom(budget);
    const rows = randomRows(random, { keys: 400, versions: 2 });
    const content = await build(rows);
    const readers = [
      await openBytes(content, cache),
      await openBytes(content, cache),
    ];
    for (let i = 0; i < 500; i++) {
      const row = rows[random(rows.length)]!;
      const found = await lookUp(readers[i % 2]!, row.key, row.sequence);
      assertEquals(show(found), show(row));
      assert(cache.bytes <= budget);
    }
    for (const reader of readers) {
      const cursor = reader.cursor({ maxSequence: 0, allVersions: true });
      const read = await collect(cursor, (cursor) => cursor.seekToFirst());
      assertEquals(read.map(show), rows.map(show));
      await reader.close();
    }
    assertEquals(cache.bytes, 0);
  }
});

test("a cursor that does not fill the cache puts only the index into it", async () => {
  const rows = Array.from(
    { length: 1000 },
    (_, i) => put(String(i).padStart(6, "0"), "some value"),
  );
  const cache = new BlockCache(1 << 20);
  const reader = await openBytes(await build(rows), cache);
  const cursor = reader.cursor({ maxSequence: EVERYTHING, fillCache: false });
  await collect(cursor, (cursor) => cursor.seekToFirst());
  const blocks = reader.properties.blocks;
  assertEquals([cache.hits, cache.misses], [0, blocks]);
  await collect(cursor, (cursor) => cursor.seekToFirst());
  assertEquals([cache.hits, cache.misses], [0, 2 * blocks]);
  await reader.close();
});

test("a long scan leaves the cache to others but for its first blocks", async () => {
  const rows = Array.from(
    { length: 1000 },
    (_, i) => put(String(i).padStart(6, "0"), "some value"),
  );
  const cache = new BlockCache(1 << 20);
  const reader = await openBytes(await build(rows), cache);
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  await collect(cursor, (cursor) => cursor.seekToFirst());
  const blocks = reader.properties.blocks;
  assertEquals([cache.hits, cache.misses], [0, blocks]);
  await collect(cursor, (cursor) => cursor.seekToFirst());
  assertEquals([cache.hits, cache.misses], [4, 2 * blocks - 4]);
  await reader.close();
});

test("a cursor keeps its block when the cache gives the buffer to another", async () => {
  const rows = Array.from(
    { length: 1000 },
    (_, i) => put(String(i).padStart(6, "0"), "some value"),
  );
  // Room for two blocks at most, so that lookups reuse the buffer of the cursor's block at once.
  const cache = new BlockCache(8192, true);
  const reader = await openBytes(await build(rows), cache);
  const cursor = reader.cursor({ maxSequence: EVERYTHING });
  const view = new EntryView();
  await cursor.seekToFirst();
  for (let i = 0; i < rows.length; i++) {
    const other = rows[(i * 389) % rows.length]!.key;
    const hash = hashSpan(other, 0, other.length);
    await reader.find(other, 0, other.length, hash, EVERYTHING, view);
    assertEquals(show(rowOf(cursor.entry)), show(rows[i]!));
    await cursor.next();
  }
  await reader.close();
});

test("a cursor that is closed early leaves its block to others, also when that was evicted before", async () => {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => put(String(i).padStart(6, "0"), "some value"),
  );
  const cache = new BlockCache(100_000, true);
  const reader = await openBytes(
    await build(rows, { blockSize: 4096 }),
    cache,
  );
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < rows.length; i += 97) {
      const cursor = reader.cursor({ maxSequence: EVERYTHING });
      await cursor.seek(rows[i]!.key);
      const other = rows[(i * 389) % rows.length]!.key;
      const hash = hashSpan(other, 0, other.length);
      await reader.find(
        other,
        0,
        other.length,
        hash,
        EVERYTHING,
        new EntryView(),
      );
      assertEquals(show(rowOf(cursor.entry)), show(rows[i]!));
      cursor.close?.();
    }
  }
  const bytes = cache.slabs.arrays.reduce((sum, { length }) => sum + length, 0);
  assert(bytes < 250_000, `${bytes} bytes`);
  await reader.close();
});

/** A block of `bytes` bytes that are all `value`. */
function filled(bytes: number, value: number): Uint8Array {
  return new Uint8Array(bytes).fill(value);
}

test("While somebody holds the cache no block takes the place of another", () => {
  const cache = new BlockCache(10_000, true);
  const shelf = new BlockShelf(100);
  const view = cache.admitBlock(shelf, 0, filled(4000, 1))!;
  cache.hold();
  for (let i = 1; i < 50; i++) cache.admitBlock(shelf, i, filled(4000, 2));
  assertEquals(view, filled(4000, 1));
  const { bytes } = cache.slabs;
  cache.letGo();
  for (let i = 50; i < 99; i++) cache.admitBlock(shelf, i, filled(4000, 3));
  assert(cache.slabs.bytes <= bytes, "the places are used again");
});

test("Blocks that cursors never leave stay as they are, and keep no place from others for ever", () => {
  const cache = new BlockCache(100_000, true);
  const shelf = new BlockShelf(10_000);
  const views = [];
  for (let i = 0; i < 10_000; i++) {
    const view = cache.admitBlock(shelf, i, filled(4000, i))!;
    shelf.lease(i);
    if (i % 10 === 0) views.push([view, i % 256] as const);
  }
  for (const [view, value] of views) assertEquals(view, filled(4000, value));
  assert(cache.slabs.bytes < 1_000_000, `${cache.slabs.bytes} bytes`);
});

test("A lease that ends after its block was left to it ends nothing else", () => {
  const cache = new BlockCache(20_000, true);
  const shelf = new BlockShelf(1000);
  const leases: CacheLease[] = [];
  for (let i = 0; i < 500; i++) {
    cache.admitBlock(shelf, i, filled(4000, i));
    leases.push(shelf.lease(i)!);
    if (i % 3 === 0) leases.push(shelf.lease(i)!);
  }
  for (const lease of leases) cache.endLease(lease);
  for (let i = 500; i < 1000; i++) {
    const view = cache.admitBlock(shelf, i, filled(4000, i))!;
    const lease = shelf.lease(i)!;
    if (i + 1 < 1000) cache.admitBlock(shelf, ++i, filled(4000, i));
    assertEquals(view, filled(4000, i - 1));
    cache.endLease(lease);
  }
});

test("A few blocks of each size that are used again and again keep no slabs of sizes that come no more", () => {
  const cache = new BlockCache(4 << 20, true);
  const shelf = new BlockShelf(100_000);
  const hot: number[] = [];
  let number = 0;
  for (let size = 3000; size < 9000; size += 500) {
    for (let i = 0; i < 3000; i++) {
      cache.admitBlock(shelf, number, filled(size, i));
      if (i % 64 === 0) hot.push(number);
      for (const one of hot) shelf.marks[one] = 1;
      number++;
    }
  }
  assert(cache.slabs.bytes < 7 << 20, `${cache.slabs.bytes} bytes`);
});
