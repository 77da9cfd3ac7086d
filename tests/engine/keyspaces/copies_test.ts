// What is done with whole stores: it goes by bytes, and keyspaces come along.
import { assertEquals } from "@std/assert";
import {
  bytes as bytesCodec,
  follow,
  json,
  open,
  repair,
  verify,
} from "../../../mod.ts";
import { PureLevel } from "../../../src/level/level.ts";
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

test("A Level database shows nothing of the keyspaces in its store, and leaves them alone", async () => {
  const storage = new MemoryStorage();
  const db = new PureLevel(storage, { valueEncoding: "utf8" });
  await db.open();
  const users = db.engine.keyspace("users");
  await users.put("1", "Alice");
  await db.put("a", "1");
  assertEquals(await db.keys().all(), ["a"]);
  assertEquals(await db.iterator({ reverse: true }).all(), [["a", "1"]]);
  const snapshot = db.snapshot();
  await db.clear();
  assertEquals(await db.keys().all(), []);
  assertEquals(await db.keys({ snapshot }).all(), ["a"]);
  await snapshot.close();
  assertEquals(users.getSync("1"), "Alice");
  await db.close();
  const again = new PureLevel(storage);
  await again.open();
  assertEquals(again.engine.keyspaces(), ["users"]);
  await again.close();
  await using reader = await follow(storage, {
    keys: bytesCodec,
    values: bytesCodec,
    refreshMs: 0,
  });
  assertEquals(reader.keyspace("users").getSync("1"), "Alice");
});
