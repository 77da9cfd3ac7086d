import { assertEquals } from "@std/assert";
import {
  bytes,
  type Codec,
  json,
  KvError,
  type KvReader,
  open,
  utf8,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { below, pick, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
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

/** Holds every way to scan against gets, which decode each value by itself. */
async function assertScansAgree<V>(db: KvReader<string, V>): Promise<void> {
  const keys = [...db.keysSync()];
  const entries = keys.map((key): [string, V] => [key, db.getSync(key)!]);
  const values = entries.map(([, value]) => value);
  assertEquals([...db.scanSync()], entries);
  assertEquals([...db.valuesSync()], values);
  assertEquals([...db.scanSync({ reverse: true })].reverse(), entries);
  assertEquals([...db.valuesSync({ reverse: true })].reverse(), values);
  assertEquals([...db.keysSync({ reverse: true })].reverse(), keys);
  const awaited: [string, V][] = [];
  for await (const entry of db.scan()) awaited.push(entry);
  assertEquals(awaited, entries);
}

test("Scans answer as gets do, whatever of a block is ASCII", async () => {
  for (const seed of [1, 2, 3]) {
    const entries = randomEntries(seed, 3_000);
    const storage = new MemoryStorage();
    await using db = await open(storage, smallStore);
    for (const [key, value] of entries) void db.put(key, value);
    await db.flush();
    // Half of them again, so that blocks, other blocks and the MemTable take turns in a merge.
    for (const [key, value] of entries.filter((_, i) => i % 2 === 0)) {
      void db.put(key, `${value}!`);
    }
    await assertScansAgree(db);
    await db.compact();
    assertEquals(
      [...db.scanSync()].map(([key]) => key),
      entries.map(([k]) => k),
    );
    await assertScansAgree(db);
  }
});

test("Scans of JSON and of keyspaces answer as gets do, whatever of a block is ASCII", async () => {
  await using db = await open(new MemoryStorage(), smallStore);
  const space = db.keyspace("texts", { values: json<{ text: string }>() });
  for (const [key, text] of randomEntries(4, 2_000)) {
    void space.put(key, { text });
  }
  await db.flush();
  await assertScansAgree(space);
});

test("A codec that is made of another decodes in its own way in scans, too", async () => {
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
});

test("A value that is no text is refused by scans, among ASCII values, as it is by gets", async () => {
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
  let code: string | undefined;
  try {
    for (const [key] of db.scanSync()) seen.push(key);
  } catch (error) {
    code = (error as KvError).code;
  }
  assertEquals([seen.length, code], [50, "KV_CORRUPTION"]);
});
