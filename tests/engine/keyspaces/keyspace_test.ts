import { assert, assertEquals } from "@std/assert";
import {
  bytes,
  type Codec,
  json,
  type KvEngine,
  type KvReader,
  open,
  tuple,
  utf8,
} from "../../../mod.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { test } from "../../harness.ts";
import { AsyncStorage } from "../../support/async_storage.ts";
import { assertKvError } from "../../support/kv_error.ts";

interface User {
  name: string;
}

const invalid = "KV_INVALID_ARGUMENT";

async function entriesOf<K, V>(reader: KvReader<K, V>): Promise<[K, V][]> {
  const entries: [K, V][] = [];
  for await (const entry of reader.scan()) entries.push(entry);
  return entries;
}

/** The store anew, as the next process would have it. */
async function reopened(
  storage: MemoryStorage,
  work: (db: KvEngine<string, string>) => void | Promise<void>,
): Promise<void> {
  await using db = await open(storage);
  await work(db);
}

test("Keyspaces have keys of their own: neither another one nor the store itself sees them", async () => {
  for (const flushes of [false, true]) {
    const storage = new MemoryStorage();
    await using db = await open(storage);
    const users = db.keyspace("users", { values: json<User>() });
    const names = db.keyspace("names", { keys: tuple });
    await db.put("1", "plain");
    await users.put("1", { name: "Alice" });
    await users.put("2", { name: "Bob" });
    await names.put(["Alice", 1], "1");
    if (flushes) await db.flush();

    assertEquals(await users.get("1"), { name: "Alice" });
    assertEquals(users.getSync("2"), { name: "Bob" });
    assertEquals(await users.has("3"), false);
    assertEquals((await users.getMany(["2", "3"]))[1], undefined);
    assertEquals([...users.keysSync()], ["1", "2"]);
    assertEquals([...users.keysSync({ gt: "1", reverse: true })], ["2"]);
    assertEquals([...users.keysSync({ lte: "1" })], ["1"]);
    assertEquals([...users.keysSync({ prefix: "2" })], ["2"]);
    assertEquals(await entriesOf(names), [[["Alice", 1], "1"]]);
    assertEquals([...db.scanSync()], [["1", "plain"]]);
    assertEquals([...db.scanSync({ reverse: true })], [["1", "plain"]]);
    assertEquals([...db.keysSync({ gte: "1" })], ["1"]);
    assertEquals([db.countSync(), users.countSync()], [1, 2]);
    assertEquals(await names.count({ prefix: ["Alice"] }), 1);
    const { entries } = await users.approximateSize();
    assert(flushes ? entries <= 4 : entries === 2, `${entries}`);

    assertEquals(await users.del("2"), true);
    assertEquals(await users.del("2"), false);
    await db.clear();
    assertEquals([db.countSync(), users.countSync()], [0, 1]);
    await users.delRange({ prefix: "1" });
    await users.put("9", { name: "Zoe" });
    await names.clear();
    assertEquals([users.countSync(), names.countSync()], [1, 0]);
    assertEquals(db.stats().keyspaces, 2);
  }
});

test("A keyspace is made by its first write, whichever that is, and is there after a reopen", async () => {
  const storage = new MemoryStorage();
  const writes: [string, (db: KvEngine<string, string>) => Promise<unknown>][] =
    [
      ["put", (db) => db.keyspace("put").put("k", "v", { sync: false })],
      ["del", (db) => db.keyspace("del").del("k")],
      ["delRange", (db) => db.keyspace("delRange").delRange({ gt: "a" })],
      ["clear", (db) => db.keyspace("clear").clear()],
      ["batch", (db) => db.keyspace("batch").batch().put("k", "v").commit()],
    ];
  for (const [name, write] of writes) {
    await reopened(storage, async (db) => {
      const keyspace = db.keyspace(name);
      assertEquals(keyspace.getSync("k"), undefined);
      assertEquals([...keyspace.scanSync()], []);
      assertEquals(await keyspace.count(), 0);
      assert(!db.keyspaces().includes(name));
      await keyspace.batch().commit();
      assert(!db.keyspaces().includes(name));
      await write(db);
      assert(db.keyspaces().includes(name));
    });
  }
  const names = writes.map(([name]) => name).sort();
  await reopened(storage, async (db) => {
    assertEquals(db.keyspaces(), names);
    assertEquals(await db.keyspace("put").get("k"), "v");
    await db.compact();
  });
  await reopened(storage, async (db) => {
    assertEquals(db.keyspaces(), names);
    assertEquals(db.keyspace("batch").getSync("k"), "v");
    assertEquals(await db.count(), 0);
  });
});

test("One batch writes to several keyspaces and to the store, whichever of its faces is told to commit", async () => {
  await using db = await open(new MemoryStorage());
  const users = db.keyspace("users", { values: json<User>() });
  const byName = db.keyspace("by name");
  const batch = db.batch().put("users", "1");
  batch.in(users).put("1", { name: "Alice" }).in(byName).put("Alice", "1");
  assertEquals([batch.size, batch.in(byName).size], [3, 3]);
  assertEquals([db.countSync(), users.countSync()], [0, 0]);
  await batch.in(users).commit();
  assertEquals(db.getSync("users"), "1");
  assertEquals(users.getSync("1"), { name: "Alice" });
  assertEquals(byName.getSync("Alice"), "1");
  await assertKvError(() => batch.put("a", "b"), "KV_CLOSED");
  await assertKvError(() => batch.in(users), "KV_CLOSED");
  const own = users.batch().del("1");
  own.in(byName).delRange({ prefix: "A" });
  await own.commit();
  assertEquals([users.countSync(), byName.countSync()], [0, 0]);
});

test("A range delete of the store ends before keyspaces, also in the batch that makes the first one, and in one begun before", async () => {
  await using db = await open(new MemoryStorage());
  const users = db.keyspace("users");
  await db.put("b", "1");
  const early = db.batch().delRange({ gte: "a" });
  const batch = db.batch();
  batch.in(users).put("1", "Alice");
  batch.delRange({ gte: "a" }).put("c", "2");
  await batch.commit();
  assertEquals([...db.keysSync()], ["c"]);
  assertEquals([...users.keysSync()], ["1"]);
  await early.commit();
  assertEquals([db.countSync(), users.countSync()], [0, 1]);
  assertEquals(db.keyspaces(), ["users"]);
});

test("A dropped keyspace is gone, and its handles and batches are closed; one of its name begins empty", async () => {
  const storage = new MemoryStorage();
  await reopened(storage, async (db) => {
    const users = db.keyspace("users");
    const others = db.keyspace("others");
    for (let i = 0; i < 100; i++) void users.put(`${i}`, "v");
    await others.put("1", "stays");
    const waiting = db.batch().put("plain", "1");
    waiting.in(users).put("late", "v");
    const first = users.keysSync();
    first.next();
    const counting = users.count();

    assertEquals(await db.dropKeyspace("users"), true);
    assertEquals(await db.dropKeyspace("users"), false);
    assertEquals(db.keyspaces(), ["others"]);
    assertEquals([...first].length, 99);
    assertEquals(await counting, 100);
    const calls = [
      () => users.get("1"),
      () => users.getSync("1"),
      () => users.scan(),
      () => users.count(),
      () => users.put("1", "v"),
      () => users.del("1"),
      () => users.clear(),
      () => users.delRange({ gte: "1" }),
      () => users.batch(),
      () => users.snapshot(),
      () => db.batch().in(users),
      () => waiting.commit(),
    ];
    for (const call of calls) {
      await assertKvError(call, "KV_CLOSED", "users", "dropped");
    }
    assertEquals(db.getSync("plain"), undefined);

    const anew = db.keyspace("users", { values: json<User>() });
    assertEquals(anew.countSync(), 0);
    await anew.put("1", { name: "Alice" });
    assertEquals(await entriesOf(anew), [["1", { name: "Alice" }]]);
    assertEquals(await others.get("1"), "stays");
  });
  await reopened(storage, async (db) => {
    assertEquals(db.keyspaces(), ["others", "users"]);
    await db.dropKeyspace("users");
    await db.compact();
  });
  await reopened(storage, async (db) => {
    assertEquals(db.keyspaces(), ["others"]);
    assertEquals(await db.dropKeyspace("users"), false);
    assertEquals(db.keyspace("users").countSync(), 0);
  });
});

test("A drop is one write of two records, however large the keyspace, and its room comes back", async () => {
  await using db = await open(new MemoryStorage(), { sync: false });
  const users = db.keyspace("users");
  await db.put("stays", "1");
  for (let i = 0; i < 5_000; i++) void users.put(`${i}`, "v".repeat(100));
  await db.compact();
  const full = db.stats();
  assert(full.bytesOnDisk > 500_000, `${full.bytesOnDisk}`);
  await db.dropKeyspace("users");
  const dropped = db.stats();
  assertEquals(dropped.lastSequence - full.lastSequence, 2);
  assert(dropped.wal.bytesWritten - full.wal.bytesWritten < 200);
  await db.compact();
  assert(db.stats().bytesOnDisk < 2_000, `${db.stats().bytesOnDisk}`);
  assertEquals([...db.scanSync()], [["stays", "1"]]);
});

test("Snapshots see several keyspaces as of one moment, dropped ones too, whatever is compacted", async () => {
  await using db = await open(new MemoryStorage());
  const users = db.keyspace("users");
  const late = db.keyspace("late");
  await users.put("1", "Alice");
  using before = db.snapshot();
  using own = users.snapshot();
  await late.put("1", "new");
  await users.put("1", "changed");
  await db.dropKeyspace("users");
  await db.compact();

  assertEquals(before.keyspace(users).getSync("1"), "Alice");
  assertEquals(await before.keyspace(users).count(), 1);
  assertEquals([...before.keyspace(late).scanSync()], []);
  assertEquals([...before.scanSync()], []);
  assertEquals([...own.scanSync()], [["1", "Alice"]]);
  assertEquals(await entriesOf(own.keyspace(late)), []);
  assertEquals(own.keyspace(users).name, "users");
  const view = before.keyspace(users);
  before.close();
  await assertKvError(() => view.getSync("1"), "KV_CLOSED", "snapshot");
});

test("A keyspace is used with the codecs that it was made with, and with no others", async () => {
  const storage = new MemoryStorage();
  await reopened(storage, async (db) => {
    await db.keyspace("users", { values: json<User>() })
      .put("1", { name: "Alice" });
  });
  await reopened(storage, async (db) => {
    const wrong = [{}, { keys: tuple, values: json() }, { keys: bytes }];
    for (const options of wrong) {
      await assertKvError(
        () => db.keyspace("users", options as object),
        invalid,
        "users",
        "written with codec",
      );
    }
    const custom: Codec<User> = { ...json<User>(), name: "json" };
    const users = db.keyspace("users", { keys: utf8, values: custom });
    assertEquals(users.getSync("1"), { name: "Alice" });
  });
});

test("A name is any text of 1 to 255 bytes; what is none, or no keyspace of the store, is refused", async () => {
  const storage = new MemoryStorage();
  const names = ["ä".repeat(127), "\0", "a/b c", "x".repeat(255), "😀"];
  await reopened(storage, async (db) => {
    for (const name of names) await db.keyspace(name).put(name, name);
  });
  await reopened(storage, async (db) => {
    assertEquals(new Set(db.keyspaces()), new Set(names));
    for (const name of names) {
      assertEquals(db.keyspace(name).getSync(name), name);
    }
    for (const name of ["", "x".repeat(256), "ä".repeat(128), 5, "a\ud800"]) {
      const call = () => db.keyspace(name as string);
      await assertKvError(call, invalid);
      await assertKvError(() => db.dropKeyspace(name as string), invalid);
    }
    await assertKvError(
      () => db.keyspace("x", { key: utf8 } as object),
      invalid,
      "unknown option key",
    );
    await using other = await open(new MemoryStorage());
    const foreign = other.keyspace("x");
    using snapshot = db.snapshot();
    for (const keyspace of [foreign, {}, null, "x"]) {
      const bad = keyspace as typeof foreign;
      await assertKvError(() => db.batch().in(bad), invalid, "keyspace");
      await assertKvError(() => snapshot.keyspace(bad), invalid, "keyspace");
    }
  });
});

test("The limit on keys counts the key of the user alone, to the longest there is", async () => {
  const storage = new MemoryStorage();
  const long = "k".repeat(1024 * 1024);
  {
    await using db = await open(storage, { maxKeySize: 4 });
    const users = db.keyspace("users");
    for (const write of [users, users.batch()]) {
      const call = () => write.put("12345", "v");
      await assertKvError(call, invalid, "takes 5 bytes", "allows 4");
    }
    await users.put("1234", "v");
    await assertKvError(() => users.del("12345"), invalid, "5 bytes");
    await assertKvError(() => users.delRange({ gt: "12345" }), invalid);
    await users.delRange({ gt: "1234" });
  }
  {
    await using db = await open(storage, { maxKeySize: 1024 * 1024 });
    const users = db.keyspace("users");
    await users.put(long, "long");
    await users.delRange({ gt: long });
    await db.compact();
  }
  await using db = await open(storage);
  assertEquals(await db.keyspace("users").get(long), "long");
  assertEquals((await db.verify()).ok, true);
});

test("Many keyspaces keep apart, past where their ids need more bytes", async () => {
  const storage = new MemoryStorage();
  const count = 600;
  await reopened(storage, async (db) => {
    for (let i = 0; i < count; i++) {
      void db.keyspace(`n${i}`).put("key", `${i}`, { sync: false });
    }
    await db.sync();
    for (let i = 0; i < count; i += 3) void db.dropKeyspace(`n${i}`);
    await db.sync();
  });
  await reopened(storage, (db) => {
    assertEquals(db.keyspaces().length, count - count / 3);
    for (let i = 0; i < count; i++) {
      const expected = i % 3 === 0 ? [] : [["key", `${i}`]];
      assertEquals([...db.keyspace(`n${i}`).scanSync()], expected as never);
    }
  });
});

test("On storage that answers with promises keyspaces are as they are elsewhere", async () => {
  const inner = new MemoryStorage();
  {
    await using db = await open(new AsyncStorage(inner));
    const users = db.keyspace("users");
    void users.put("1", "Alice");
    assertEquals(await users.get("1"), "Alice");
    await db.flush();
    assertEquals(await entriesOf(users), [["1", "Alice"]]);
  }
  await using db = await open(new AsyncStorage(inner));
  assertEquals(db.keyspaces(), ["users"]);
  assertEquals(await db.keyspace("users").get("1"), "Alice");
  assertEquals(await db.count(), 0);
});

test("A store that was opened with readOnly reads its keyspaces and makes none", async () => {
  const storage = new MemoryStorage();
  await reopened(storage, async (db) => {
    await db.keyspace("users").put("1", "Alice");
  });
  await using db = await open(storage, { readOnly: true });
  const users = db.keyspace("users");
  assertEquals(users.getSync("1"), "Alice");
  assertEquals([...db.keyspace("none").scanSync()], []);
  for (
    const call of [
      () => users.put("2", "Bob"),
      () => db.keyspace("none").put("1", "v"),
      () => db.dropKeyspace("users"),
      () => users.batch(),
    ]
  ) await assertKvError(call, "KV_READ_ONLY");
  assertEquals(db.keyspaces(), ["users"]);
});

test("A closed store closes its keyspaces", async () => {
  const db = await open(new MemoryStorage());
  const users = db.keyspace("users");
  await users.put("1", "Alice");
  await db.close();
  await assertKvError(() => users.get("1"), "KV_CLOSED");
  await assertKvError(() => users.put("1", "v"), "KV_CLOSED");
  await assertKvError(() => db.keyspace("users"), "KV_CLOSED");
  await assertKvError(() => db.keyspaces(), "KV_CLOSED");
});
