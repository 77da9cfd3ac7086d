import { assertEquals } from "@std/assert";
import { bytes, follow } from "../../mod.ts";
import { PureLevel } from "../../src/level/level.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";

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
    keys: bytes,
    values: bytes,
    refreshMs: 0,
  });
  assertEquals(reader.keyspace("users").getSync("1"), "Alice");
});
