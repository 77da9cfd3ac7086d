import { assertEquals } from "@std/assert";
import { follow, json, type KvReader, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { countingCodec } from "../support/counting_codec.ts";
import { assertKvError } from "../support/kv_error.ts";

/** What `hasSync` says of the keys `a`, `b` and `c`. */
function had(reader: KvReader<string, unknown>): boolean[] {
  return ["a", "b", "c"].map((key) => reader.hasSync(key));
}

test("hasSync tells whether a key has a value, of the engine, a snapshot, a keyspace and a follower, in memory and in segments", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  const users = db.keyspace("users");
  for (const isFlushed of [false, true]) {
    await db.batch().put("a", "1").put("b", "").put("c", "3").commit();
    await users.put("c", "4");
    await db.del("c");
    if (isFlushed) await db.flush();
    await using reader = await follow(storage, { refreshMs: 0 });
    using before = db.snapshot();
    using usersBefore = users.snapshot();
    await db.delRange({ lte: "a" });
    await users.del("c");
    if (isFlushed) await db.flush();
    assertEquals(had(db), [false, true, false]);
    assertEquals(had(before), [true, true, false]);
    assertEquals(had(users), [false, false, false]);
    assertEquals(had(usersBefore), [false, false, true]);
    assertEquals(had(before.keyspace(users)), [false, false, true]);
    assertEquals(had(reader), [true, true, false]);
    assertEquals(had(reader.keyspace("users")), [false, false, true]);
    await reader.refresh();
    assertEquals(had(reader), [false, true, false]);
  }
});

test("hasSync decodes neither key nor value, and values decodes no key", async () => {
  const keys = countingCodec();
  const values = countingCodec();
  await using db = await open(new MemoryStorage(), { keys, values });
  await db.put("a", "1");
  await db.put("b", "2");
  await db.flush();
  assertEquals(had(db), [true, true, false]);
  assertEquals([keys.decoded, values.decoded], [0, 0]);
  assertEquals([...db.valuesSync()], ["1", "2"]);
  assertEquals([keys.decoded, values.decoded], [0, 2]);
});

test("values goes through a range in the order of its keys, as scan does", async () => {
  for (const isAsync of [false, true]) {
    const inner = new MemoryStorage();
    const storage = isAsync ? new AsyncStorage(inner) : inner;
    await using db = await open(storage, { values: json<number>() });
    await db.batch().put("a", 3).put("b", 2).put("c", 1).commit();
    const drain = (reader: KvReader<string, number>, options = {}) =>
      Array.fromAsync(reader.values(options));
    assertEquals(await drain(db), [3, 2, 1]);
    assertEquals(await drain(db, { gt: "a", reverse: true }), [1, 2]);
    using before = db.snapshot();
    await db.put("b", 20);
    assertEquals(await drain(before, { limit: 2 }), [3, 2]);
    assertEquals(await Array.fromAsync(db.values().stream()), [3, 20, 1]);
    if (isAsync) continue;
    assertEquals([...db.valuesSync({ prefix: "b" })], [20]);
  }
});

test("What answers at once is refused on storage that answers with promises", async () => {
  await using db = await open(new AsyncStorage(new MemoryStorage()));
  for (
    const read of [
      () => db.getSync("a"),
      () => db.hasSync("a"),
      () => db.keysSync(),
      () => db.valuesSync(),
    ]
  ) await assertKvError(read, "KV_UNSUPPORTED", "promises");
});
