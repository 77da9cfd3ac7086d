import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";

const COUNT = 30_000;
/** At least so many blocks have all of the entries. */
const BLOCKS = 600;
/** At most so many parts of segments are no blocks. */
const OTHER_PARTS = 40;

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
    console.log("MISSES", misses);
    assert(misses < OTHER_PARTS, `${misses} parts were read`);
    assert(db.stats().worker.jobs > 0);
  });

  test(`What a compaction writes beside writes is read from memory if what it replaces was, with compression ${compression}`, async () => {
    await using dir = tempDir();
    await using db = await open<string, string>(dir.path, {
      ...options,
      compression,
    });
    const entries = await fill(db);
    await compactBesideWrites(db, entries);
    const cold = readAll(db, entries);
    assert(cold > BLOCKS, `${cold} parts were read`);
    await compactBesideWrites(db, entries);
    const warm = readAll(db, entries);
    console.log("MISSES", warm);
    assert(warm < OTHER_PARTS, `${warm} parts were read`);
  });
}

for (const cacheSize of [0, 100_000, 700_000, 1 << 20, 1_700_000, 3_000_000]) {
  test(`Reads find what they should in a cache of ${cacheSize} bytes that has part of what a compaction has written`, async () => {
    await using dir = tempDir();
    await using db = await open<string, string>(dir.path, {
      ...options,
      cacheSize,
    });
    const entries = await fill(db);
    await db.compact();
    const { bytes } = db.stats().cache;
    assert(bytes >= 0.8 * cacheSize && bytes <= cacheSize, `${bytes} bytes`);
    readAll(db, entries);
    await compactBesideWrites(db, entries);
    readAll(db, entries);
    await db.compact();
    readAll(db, entries);
  });
}

test("A store that was just opened keeps what it compacts while nobody writes", async () => {
  await using dir = tempDir();
  let entries: Map<string, string>;
  {
    await using db = await open<string, string>(dir.path, options);
    entries = await fill(db);
  }
  await using db = await open<string, string>(dir.path, options);
  await db.compact();
  const misses = readAll(db, entries);
  console.log("MISSES", misses);
  assert(misses < OTHER_PARTS, `${misses} parts were read`);
});
