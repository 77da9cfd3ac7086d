// What is done with whole stores: it goes by bytes, and keyspaces come along.
import { assertEquals } from "@std/assert";
import { json, open, repair, verify } from "../../../mod.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { test } from "../../harness.ts";

/** A store with a keyspace in segments and in a log, and one that was dropped. */
async function filled(options: object = {}): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await using db = await open(storage, options);
  const users = db.keyspace("users", { values: json<number>() });
  await users.put("1", 1);
  await db.keyspace("dropped").put("1", "gone");
  await db.flush();
  await users.put("2", 2);
  await db.dropKeyspace("dropped");
  return storage;
}

async function assertFilled(storage: MemoryStorage): Promise<void> {
  await using db = await open(storage, { createIfMissing: false });
  assertEquals(db.keyspaces(), ["users"]);
  const users = db.keyspace("users", { values: json<number>() });
  assertEquals([...users.scanSync()], [["1", 1], ["2", 2]]);
  assertEquals(db.keyspace("dropped").countSync(), 0);
  assertEquals(await db.count(), 0);
  await db.keyspace("new").put("1", "v");
  assertEquals(users.countSync(), 2);
}

test("verify finds a store with keyspaces in order, and a checkpoint of it has them", async () => {
  const storage = await filled();
  assertEquals(await verify(storage).then(({ ok }) => ok), true);
  const copy = new MemoryStorage();
  {
    await using db = await open(storage);
    assertEquals((await db.verify()).problems, []);
    await db.checkpoint(copy);
  }
  await assertFilled(copy);
  await assertFilled(storage);
});

test("A repair without a manifest brings keyspaces along", async () => {
  const storage = await filled();
  storage.remove("MANIFEST");
  const repaired = new MemoryStorage();
  const { losses } = await repair(storage, { into: repaired });
  assertEquals(losses, []);
  await using db = await open(repaired);
  const users = db.keyspace("users", { values: json<number>() });
  assertEquals([...users.scanSync()], [["1", 1], ["2", 2]]);
  assertEquals(await db.count(), 0);
});

test("A repair counts the keys that users have written, not those of the catalogue", async () => {
  const into = new MemoryStorage();
  const { entries, bytes } = await repair(await filled(), { into });
  // Two bytes of prefix before each key.
  assertEquals([entries, bytes], [2, 2 * (2 + 1 + 1)]);
  await assertFilled(into);
});
