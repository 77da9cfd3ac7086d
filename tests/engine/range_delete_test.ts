import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  bytes,
  type EngineOptions,
  type KvEngine,
  type KvReader,
  open,
  tuple,
} from "../../mod.ts";
import { KvError } from "../../src/errors.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";

type Db = KvEngine<string, string>;

const manual: EngineOptions = { sync: false, compaction: { threshold: 64 } };

/** A store with the keys, each with its name in upper case as its value. */
async function storeWith(
  keys: string,
  storage = new MemoryStorage(),
): Promise<Db> {
  const db = await open(storage, manual);
  await putAll(db, keys);
  return db;
}

async function putAll(db: Db, keys: string): Promise<void> {
  for (const key of keys) await db.put(key, key.toUpperCase());
}

/**
 * The keys that a scan comes to, and, asked one by one, those that have a value: both have to be
 * the same.
 */
async function keysOf(reader: KvReader<string, string>): Promise<string> {
  const forward = [...reader.scanSync()].map(([key]) => key).join("");
  const backward = [...reader.scanSync({ reverse: true })]
    .map(([key]) => key).reverse().join("");
  assertEquals(backward, forward);
  let found = "";
  for (const key of "abcdefghijklmnopqrstuvwxyz") {
    const value = await reader.get(key);
    assertEquals(reader.getSync(key), value);
    assertEquals(await reader.has(key), value !== undefined);
    if (value !== undefined) found += key;
  }
  assertEquals(found, forward);
  return forward;
}

const cases: [string, Parameters<Db["delRange"]>[0], string][] = [
  ["from a key on", { gte: "c" }, "ab"],
  ["behind a key", { gt: "c" }, "abc"],
  ["before a key", { lt: "c" }, "cdef"],
  ["up to a key", { lte: "c" }, "def"],
  ["between two keys", { gte: "b", lt: "e" }, "aef"],
  ["between two keys, both included", { gte: "b", lte: "e" }, "af"],
  ["with a prefix", { prefix: "d" }, "abcef"],
  ["with the empty prefix and a bound", { prefix: "", gte: "c" }, "ab"],
  ["of one key", { gte: "c", lte: "c" }, "abdef"],
  ["without keys", { gte: "bb", lt: "c" }, "abcdef"],
  ["that ends before it begins", { gte: "d", lt: "b" }, "abcdef"],
];

for (const [name, range, left] of cases) {
  test(`A range ${name} is deleted, in memory, in segments and after both were read back`, async () => {
    const storage = new MemoryStorage();
    let db = await storeWith("abcdef", storage);
    assertEquals(await db.delRange(range), undefined);
    assertEquals(await keysOf(db), left);
    await db.close();
    db = await open(storage, manual);
    assertEquals(await keysOf(db), left, "opened again");
    await db.clear();
    await putAll(db, "abcdef");
    await db.flush();
    await db.delRange(range);
    assertEquals(await keysOf(db), left, "of a segment");
    await db.flush();
    assertEquals(await keysOf(db), left, "flushed");
    await db.compact();
    assertEquals(await keysOf(db), left, "compacted");
    assertEquals(db.stats().rangeTombstones, 0);
    await db.close();
    await using again = await open(storage, manual);
    assertEquals(await keysOf(again), left, "opened once more");
  });
}

test("What is written after a range delete stays, in every place", async () => {
  await using db = await storeWith("abc");
  await db.flush();
  await putAll(db, "d");
  await db.delRange({ gte: "a" });
  await putAll(db, "bd");
  assertEquals(await keysOf(db), "bd");
  await db.flush();
  assertEquals(await keysOf(db), "bd");
  await db.compact();
  assertEquals(await keysOf(db), "bd");
});

test("clear removes everything, and the store goes on", async () => {
  await using db = await storeWith("abc");
  await db.flush();
  assertEquals(await db.clear(), undefined);
  assertEquals(await keysOf(db), "");
  await putAll(db, "b");
  assertEquals(await keysOf(db), "b");
});

test("A snapshot and a scan that began before see what a range delete has removed, whatever flush and compaction do", async () => {
  await using db = await storeWith("abc");
  await db.flush();
  await putAll(db, "de");
  const scan = db.scanSync();
  const snapshot = db.snapshot();
  await db.delRange({ gte: "b", lt: "e" });
  assertEquals(await keysOf(db), "ae");
  using between = db.snapshot();
  await putAll(db, "c");
  await db.clear();
  for (const step of ["none", "flush", "compact", "compact"] as const) {
    if (step !== "none") await db[step]();
    assertEquals(await keysOf(snapshot), "abcde", step);
    assertEquals(await keysOf(between), "ae", step);
    assertEquals(await keysOf(db), "", step);
  }
  assertEquals([...scan].map(([key]) => key).join(""), "abcde");
  snapshot.close();
  await db.compact();
  assertEquals(await keysOf(between), "ae");
  assertEquals(await keysOf(db), "");
});

test("In a batch a range delete covers what came before it and not what comes after", async () => {
  const storage = new MemoryStorage();
  await using db = await storeWith("ab", storage);
  const batch = db.batch().put("c", "C").delRange({ gte: "b" }).put("d", "D");
  assertEquals(batch.size, 3);
  assertEquals(await keysOf(db), "ab");
  await batch.commit();
  assertEquals(await keysOf(db), "ad");
  await db.close();
  await using again = await open(storage, manual);
  assertEquals(await keysOf(again), "ad");
});

test("A delete and a read of many see range deletes, too", async () => {
  await using db = await storeWith("abc");
  await db.delRange({ lt: "c" });
  assertEquals(await db.del("a"), false);
  assertEquals(await db.del("c"), true);
  assertEquals(await db.getMany(["a", "b", "c"]), Array(3).fill(undefined));
});

test("Bounds are keys in the order of the codec", async () => {
  await using db = await open(new MemoryStorage(), { keys: tuple });
  for (let i = 0; i < 20; i++) await db.put(["log", i], "x");
  await db.put(["user"], "y");
  await db.delRange({ prefix: ["log"], lt: ["log", 18] });
  const left = [...db.scanSync()].map(([key]) => key);
  assertEquals(left, [["log", 18], ["log", 19], ["user"]]);
});

test("A range up to the very last key is deleted whole", async () => {
  const last = new Uint8Array(8).fill(255);
  await using db = await open(new MemoryStorage(), { keys: bytes });
  await db.put(last, "last");
  await db.put(new Uint8Array(0), "first");
  await db.delRange({ prefix: last.subarray(0, 3) });
  assertEquals([...db.scanSync()].map(([, value]) => value), ["first"]);
  await db.delRange({ lte: new Uint8Array(0) });
  assertEquals([...db.scanSync()], []);
});

test("A range without bounds is refused, and the error names clear", async () => {
  await using db = await storeWith("a");
  for (const range of [{}, { gte: undefined as unknown as string }]) {
    const error = await assertRejects(() => db.delRange(range), KvError);
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
    assert(error.message.includes("clear()"), error.message);
    assertThrows(() => db.batch().delRange(range), KvError, "clear()");
  }
  assertEquals(await keysOf(db), "a");
});

const refused: [string, object][] = [
  ["unknown option reverse", { gte: "a", reverse: true }],
  ["unknown option limit", { gte: "a", limit: 1 }],
  ["give gt or gte, not both", { gt: "a", gte: "a" }],
  ["give lt or lte, not both", { lt: "a", lte: "a" }],
  ["maxKeySize allows", { gte: "k".repeat(65_537) }],
  ["options must be an object", "a" as unknown as object],
];

for (const [problem, range] of refused) {
  test(`A range delete is refused: ${problem}`, async () => {
    await using db = await storeWith("a");
    const error = await assertRejects(() => db.delRange(range), KvError);
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
    assert(error.message.includes(problem), error.message);
    assertThrows(() => db.batch().delRange(range), KvError, problem);
    assertEquals(await keysOf(db), "a");
  });
}

test("An empty prefix without another bound is refused like a range without bounds: in batches and keyspaces, too", async () => {
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  const users = db.keyspace("users", { keys: tuple });
  const sessions = db.keyspace("sessions");
  await users.put(["a"], "1");
  await sessions.put("a", "1");
  await using tuples = await open(new MemoryStorage(), { keys: tuple });
  await tuples.put(["a"], "1");
  const calls: (() => unknown)[] = [
    () => db.delRange({ prefix: "" }),
    () => db.batch().delRange({ prefix: "" }),
    () => tuples.delRange({ prefix: [] }),
    () => tuples.batch().delRange({ prefix: [] }),
    () => sessions.delRange({ prefix: "" }),
    () => sessions.batch().delRange({ prefix: "" }),
    () => users.delRange({ prefix: [] }),
    () => db.batch().in(users).delRange({ prefix: [] }),
    () => db.keyspace("new").delRange({ prefix: "" }),
  ];
  for (const call of calls) {
    await assertKvError(call, "KV_INVALID_ARGUMENT", "empty", "clear()");
  }
  const readers: { countSync(): number }[] = [db, users, sessions, tuples];
  assertEquals(readers.map((reader) => reader.countSync()), [1, 1, 1, 1]);
  await Promise.all([
    db.clear(),
    users.clear(),
    sessions.clear(),
    tuples.clear(),
  ]);
  assertEquals(readers.map((reader) => reader.countSync()), [0, 0, 0, 0]);
});

test("A bound may be as long as the longest key, on either side", async () => {
  const longest = "k".repeat(65_536);
  const storage = new MemoryStorage();
  const db = await open(storage, manual);
  await db.put(longest, "there");
  await db.delRange({ gt: longest });
  assertEquals(db.getSync(longest), "there");
  await db.flush();
  await db.delRange({ gte: longest, lte: longest });
  await db.close();
  await using again = await open(storage, manual);
  assertEquals(again.getSync(longest), undefined);
});

test("A range delete is refused where a put is: read-only, closed", async () => {
  const storage = new MemoryStorage();
  await (await storeWith("a", storage)).close();
  const db = await open(storage, { readOnly: true });
  const calls = [() => db.delRange({ gte: "a" }), () => db.clear()];
  for (const call of calls) {
    const error = await assertRejects(call, KvError);
    assertEquals(error.code, "KV_READ_ONLY");
  }
  assertEquals(db.getSync("a"), "A");
  await db.close();
  for (const call of calls) {
    const error = await assertRejects(call, KvError);
    assertEquals(error.code, "KV_CLOSED");
  }
});

test("After a failed write a range delete is refused and deletes nothing", async () => {
  const storage = new FaultStorage();
  const db = await open(storage);
  await db.put("a", "A");
  storage.inject({ kind: "fail", operation: "append", file: /\.log$/ });
  await assertRejects(() => db.put("b", "B"));
  const error = await assertRejects(() => db.clear(), KvError);
  assertEquals(error.code, "KV_POISONED");
  assertEquals(db.getSync("a"), "A");
  await db.close().catch(() => {});
});
