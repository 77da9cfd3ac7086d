import { assertEquals } from "@std/assert";
import { follow, json, type KvEngine, open, tuple } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";

test("A follower sees keyspaces come, fill and go, through logs and through segments that it has not seen the logs of", async () => {
  for (const flushes of [false, true]) {
    const storage = new MemoryStorage();
    await using db = await open(storage);
    await using reader = await follow(storage, { refreshMs: 0 });
    const users = reader.keyspace("users", { values: json<number>() });
    const seen = async () => {
      if (flushes) await db.flush();
      await reader.refresh();
      return [...users.scanSync()];
    };
    assertEquals(await seen(), []);
    const written = db.keyspace("users", { values: json<number>() });
    await written.put("a", 1);
    assertEquals([...users.scanSync()], []);
    assertEquals(await seen(), [["a", 1]]);
    assertEquals(reader.keyspaces(), ["users"]);
    assertEquals(await users.get("a"), 1);
    assertEquals(reader.countSync(), 0);
    await written.put("b", 2);
    assertEquals((await seen()).length, 2);

    const begun = users.scanSync();
    begun.next();
    await db.dropKeyspace("users");
    assertEquals(await seen(), []);
    assertEquals(reader.keyspaces(), []);
    assertEquals([...begun], [["b", 2]]);
    await db.keyspace("other").put("a", "not here");
    await db.keyspace("users", { values: json<number>() }).put("c", 3);
    assertEquals(await seen(), [["c", 3]]);
    await db.compact();
    assertEquals(await seen(), [["c", 3]]);
    assertEquals(await users.count(), 1);
  }
});

test("A follower that opens later has the keyspaces that there are, on whatever storage", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.keyspace("flushed").put("1", "a");
  await db.keyspace("dropped").put("1", "a");
  await db.flush();
  await db.keyspace("logged").put("2", "b");
  await db.dropKeyspace("dropped");
  for (const place of [storage, new AsyncStorage(storage)]) {
    await using reader = await follow(place, { refreshMs: 0 });
    assertEquals(reader.keyspaces(), ["flushed", "logged"]);
    assertEquals(await reader.keyspace("flushed").get("1"), "a");
    assertEquals(await reader.keyspace("logged").get("2"), "b");
    assertEquals(await reader.keyspace("dropped").get("1"), undefined);
  }
});

test("A follower refuses other codecs than a keyspace was made with, as soon as it sees them", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, { refreshMs: 0 });
  const early = reader.keyspace("users");
  await made(db);
  assertEquals(early.getSync("1"), undefined);
  await reader.refresh();
  const invalid = "KV_INVALID_ARGUMENT";
  await assertKvError(() => early.getSync("1"), invalid, "tuple", "utf8");
  await assertKvError(() => reader.keyspace("users"), invalid, "tuple");
  assertEquals(reader.keyspace("users", { keys: tuple }).getSync([1]), "v");
  await reader.close();
  await assertKvError(() => early.getSync("1"), "KV_CLOSED");
  await assertKvError(() => reader.keyspaces(), "KV_CLOSED");
});

async function made(db: KvEngine<string, string>): Promise<void> {
  await db.keyspace("users", { keys: tuple }).put([1], "v");
}

test("On a follower, too, the codecs of a keyspace that is not there are open, and those of its first write count", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, { refreshMs: 0 });
  const texts = reader.keyspace("users");
  assertEquals(await texts.count(), 0);
  const users = reader.keyspace("users", { keys: tuple });
  assertEquals(await users.count(), 0);
  using before = reader.snapshot();
  await made(db);
  await reader.refresh();
  using after = reader.snapshot();
  assertEquals(users.getSync([1]), "v");
  assertEquals(after.keyspace(users).getSync([1]), "v");
  assertEquals(before.keyspace(users).getSync([1]), undefined);
  assertEquals(before.keyspace(texts).getSync("1"), undefined);
  const invalid = "KV_INVALID_ARGUMENT";
  await assertKvError(() => texts.count(), invalid, "tuple");
  await assertKvError(() => after.keyspace(texts), invalid, "tuple");
});
