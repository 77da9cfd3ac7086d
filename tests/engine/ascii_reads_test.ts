import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import {
  bytes,
  type Codec,
  json,
  type KvReader,
  open,
  utf8,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { below, pick, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { collectGarbage } from "../support/garbage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { smallStore } from "../support/small_store.ts";

const texts = ["", "plain", "größe", "\u0080", "日本", "💥", "\ufffd", "\x7f"];

/** Keys with values, of which more or fewer are ASCII from one block to the next. */
function randomEntries(seed: number, count: number): [string, string][] {
  const random = seeded(seed);
  const shares = Array.from(
    { length: 40 },
    () => pick(random, [0, 0, 0.02, 1]),
  );
  return Array.from({ length: count }, (_, i) => {
    const share = shares[Math.floor(i / count * shares.length)]!;
    const text = () => random() < share ? pick(random, texts) : "ascii";
    const key = `${String(i).padStart(6, "0")}${text()}`;
    return [key, text().repeat(1 + below(random, pick(random, [3, 40])))];
  });
}

/** Holds every way to read against what was written. */
async function assertHas<V>(
  db: KvReader<string, V>,
  entries: readonly [string, V][],
): Promise<void> {
  const keys = entries.map(([key]) => key);
  const values = entries.map(([, value]) => value);
  assertEquals([...db.scanSync()], entries);
  assertEquals([...db.keysSync()], keys);
  assertEquals([...db.valuesSync()], values);
  assertEquals([...db.scanSync({ reverse: true })].reverse(), entries);
  assertEquals([...db.keysSync({ reverse: true })].reverse(), keys);
  assertEquals([...db.valuesSync({ reverse: true })].reverse(), values);
  const awaited: [string, V][] = [];
  for await (const entry of db.scan()) awaited.push(entry);
  assertEquals(awaited, entries);
  assertEquals(keys.map((key) => db.getSync(key)), values);
  // Once more: what of a block is ASCII is known by now.
  assertEquals(keys.map((key) => db.getSync(key)), values);
  assertEquals(await db.getMany(keys), values);
}

for (const cacheSize of [0, 30_000, 8 << 20]) {
  test(`Reads decode what was written, whatever of a block is ASCII, with a cache of ${cacheSize} bytes`, async () => {
    for (const seed of [1, 2]) {
      const entries = randomEntries(seed, 3_000);
      const options = { ...smallStore, cacheSize };
      await using db = await open(new MemoryStorage(), options);
      for (const [key, value] of entries) void db.put(key, value);
      await db.flush();
      // Some of them again, so that blocks, other blocks and the MemTable take turns.
      for (const entry of entries.filter((_, i) => i % 3 === 0)) {
        entry[1] = `${entry[1]}ß`;
        void db.put(...entry);
      }
      await assertHas(db, entries);
      await db.compact();
      await assertHas(db, entries);
    }
  });
}

test("Reads of JSON in a keyspace decode what was written, whatever of a block is ASCII", async () => {
  await using db = await open(new MemoryStorage(), smallStore);
  const space = db.keyspace("texts", { values: json<{ text: string }>() });
  const entries = randomEntries(4, 2_000)
    .map(([key, text]): [string, { text: string }] => [key, { text }]);
  for (const entry of entries) void space.put(...entry);
  await db.flush();
  await assertHas(space, entries);
});

test("A codec that is made of another decodes in its own way", async () => {
  const shouting: Codec<string> = {
    ...utf8,
    decode: (source, start, end) =>
      utf8.decode(source, start, end).toUpperCase(),
  };
  await using db = await open<string, string>(new MemoryStorage(), {
    ...smallStore,
    values: shouting,
  });
  await db.put("a", "plain");
  await db.flush();
  assertEquals([...db.scanSync()], [["a", "PLAIN"]]);
  assertEquals([...db.valuesSync()], ["PLAIN"]);
  assertEquals([db.getSync("a"), await db.get("a")], ["PLAIN", "PLAIN"]);
});

test("A value that is no text is refused among ASCII values", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, {
      ...smallStore,
      values: { ...bytes, name: "utf8" },
    });
    for (let i = 0; i < 100; i++) {
      const value = i === 50 ? new Uint8Array([97, 0xff]) : new Uint8Array(9);
      await db.put(String(i).padStart(3, "0"), value);
    }
    await db.flush();
  }
  await using db = await open(storage, smallStore);
  const seen: string[] = [];
  await assertKvError(() => {
    for (const [key] of db.scanSync()) seen.push(key);
  }, "KV_CORRUPTION");
  assertEquals(seen.length, 50);
  assertEquals(db.getSync("049"), "\0".repeat(9));
  await assertKvError(() => db.getSync("050"), "KV_CORRUPTION");
});

test("Promised reads decode what was written, whatever of a block is ASCII", async () => {
  const entries = randomEntries(5, 1_000);
  const storage = new AsyncStorage(new MemoryStorage());
  await using db = await open(storage, smallStore);
  for (const [key, value] of entries) void db.put(key, value);
  await db.flush();
  const keys = entries.map(([key]) => key);
  const values = entries.map(([, value]) => value);
  for (let round = 0; round < 2; round++) {
    assertEquals(await db.getMany(keys), values);
    const seen: [string, string][] = [];
    for await (const entry of db.scan()) seen.push(entry);
    assertEquals(seen, entries);
  }
});

test("A value of a scan keeps no more than three others in memory", async () => {
  await using db = await open(new MemoryStorage());
  for (let i = 0; i < 80_000; i++) {
    void db.put(String(i).padStart(6, "0"), `${"v".repeat(95)}${i}`);
  }
  await db.flush();
  const kept: string[] = [];
  await collectGarbage();
  const before = process.memoryUsage().heapUsed;
  let i = 0;
  for (const value of db.valuesSync()) if (i++ % 40 === 0) kept.push(value);
  await collectGarbage();
  const bytes = process.memoryUsage().heapUsed - before;
  // Four times 100 bytes for each, and what is around them; all of a block would be 4 KiB.
  assertEquals(kept.length, 2_000);
  assert(bytes < 600 * kept.length, `${bytes} bytes`);
});

test("ASCII that is not JSON is refused, whether or not it is known to be ASCII", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, { values: { ...utf8, name: "json" } });
    await db.put("a", "{");
  }
  await using db = await open(storage, { values: json() });
  for (let round = 0; round < 3; round++) {
    await assertKvError(() => db.getSync("a"), "KV_CORRUPTION");
    await assertKvError(() => [...db.scanSync()], "KV_CORRUPTION");
    await db.flush();
  }
});
