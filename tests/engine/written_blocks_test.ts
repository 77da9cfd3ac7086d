import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";

const COUNT = 30_000;
/** At least so many blocks have all of the entries. */
const BLOCKS = 600;
/** At most so many parts of segments are no blocks. */
const OTHER_PARTS = 150;

const options = {
  sync: false,
  memtableSize: 1 << 20,
  background: "worker",
  // None but those that are asked for.
  compaction: { threshold: 64 },
} as const;

/** 99 characters that hardly compress. */
function textOf(i: number): string {
  let text = "";
  for (let word = i + 1; text.length < 99;) {
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d) >>> 0;
    text += word.toString(36).padStart(9, "0").slice(0, 9);
  }
  return text;
}

const keyOf = (i: number) => `key ${String(i).padStart(6, "0")}`;

/** Puts everything, twice at random places. */
async function fill(
  db: KvEngine<string, string>,
): Promise<Map<string, string>> {
  const entries = new Map<string, string>();
  for (let i = 0; i < 2 * COUNT; i++) {
    const key = keyOf((i * 7919) % COUNT);
    const value = textOf(i);
    entries.set(key, value);
    const done = db.put(key, value);
    if (i % 1000 === 0) await done;
  }
  await db.flush();
  return entries;
}

/** Reads everything, and answers how many parts of segments were read from files for it. */
function readAll(
  db: KvEngine<string, string>,
  entries: ReadonlyMap<string, string>,
): number {
  const before = db.stats().cache.misses;
  for (const [key, value] of entries) assertEquals(db.getSync(key), value);
  let count = 0;
  for (const [key, value] of db.scanSync()) {
    assertEquals(value, entries.get(key));
    count++;
  }
  assertEquals(count, entries.size);
  return db.stats().cache.misses - before;
}

/** Compacts while writes to other keys go on. */
async function compactBesideWrites(
  db: KvEngine<string, string>,
  entries: Map<string, string>,
): Promise<void> {
  let isDone = false;
  const compacting = db.compact().finally(() => isDone = true);
  for (let i = 0; !isDone; i++) {
    const key = `more ${i % 100}`;
    entries.set(key, String(i));
    await db.put(key, String(i));
  }
  await compacting;
}

for (const compression of ["none", "deflate"] as const) {
  test(`What a compaction writes while nobody writes is read from memory, with compression ${compression}`, async () => {
    await using dir = tempDir();
    await using db = await open<string, string>(dir.path, {
      ...options,
      compression,
    });
    const entries = await fill(db);
    await db.compact();
    const misses = readAll(db, entries);
    assert(misses < OTHER_PARTS, `${misses} parts were read`);
    assert(db.stats().worker.jobs > 0);
  });
}

test("What a compaction writes beside writes is read from memory if what it replaces was", async () => {
  await using dir = tempDir();
  await using db = await open<string, string>(dir.path, options);
  const entries = await fill(db);
  await compactBesideWrites(db, entries);
  const cold = readAll(db, entries);
  assert(cold > BLOCKS, `${cold} parts were read`);
  await compactBesideWrites(db, entries);
  const warm = readAll(db, entries);
  assert(warm < OTHER_PARTS, `${warm} parts were read`);
});

test("What a compaction writes takes no more of the cache than there is", async () => {
  await using dir = tempDir();
  const cacheSize = 1 << 20;
  await using db = await open<string, string>(dir.path, {
    ...options,
    cacheSize,
  });
  const entries = await fill(db);
  await db.compact();
  const { bytes } = db.stats().cache;
  assert(bytes > 0.9 * cacheSize && bytes <= cacheSize, `${bytes} bytes`);
  readAll(db, entries);
  await db.compact();
  readAll(db, entries);
});
