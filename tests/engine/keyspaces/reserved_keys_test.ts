// Keys of the default keyspace that begin with 0xFF: where keyspaces would lie.
import { assert, assertEquals } from "@std/assert";
import {
  bytes,
  follow,
  type KvEngine,
  open,
  tuple,
  utf8,
} from "../../../mod.ts";
import type { Codec } from "../../../src/codec/codec.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { FaultStorage } from "../../../src/testing/testing.ts";
import { seeded } from "../../codec/random.ts";
import { randomTuple } from "../../codec/tuple_model.ts";
import { test } from "../../harness.ts";
import { AsyncStorage } from "../../support/async_storage.ts";
import { assertKvError } from "../../support/kv_error.ts";

type Db = KvEngine<Uint8Array, Uint8Array>;

const invalid = "KV_INVALID_ARGUMENT";
const codecs = { keys: bytes, values: bytes };
const of = (...values: number[]) => Uint8Array.from(values);
const value = of(1);

/** Keys where a catalogue and a keyspace would be, and others that begin with the same byte. */
const reserved = [
  of(0xff),
  of(0xff, 0),
  of(0xff, 0, 0x61),
  of(0xff, 1, 0x61),
  of(0xff, 0xff, 0xff),
];

function keysOf(db: Db): Uint8Array[] {
  return [...db.keysSync()];
}

test("A store without keyspaces takes any keys, those that begin with 0xFF among them, and has them after a reopen", async () => {
  const storage = new MemoryStorage();
  for (const round of [1, 2, 3]) {
    await using db = await open(storage, codecs);
    for (const key of reserved) {
      if (round === 1) await db.put(key, value);
      assertEquals(db.getSync(key), value);
    }
    assertEquals(keysOf(db), reserved);
    assertEquals(db.countSync({ prefix: of(0xff) }), reserved.length);
    assertEquals(db.keyspaces(), []);
    assertEquals([...db.keyspace("x", codecs).keysSync()], []);
    assertEquals(db.keyspace("x", codecs).getSync(of(0x61)), undefined);
    if (round === 2) await db.compact();
  }
  await using db = await open(storage, codecs);
  await db.delRange({ gte: of(0xff, 1) });
  assertEquals(keysOf(db), reserved.slice(0, 3));
  await db.clear();
  assertEquals(keysOf(db), []);
});

test("While there are such keys no keyspace is made; once they are deleted it is", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, codecs);
    const users = db.keyspace("users");
    await db.put(reserved[1]!, value);
    await assertKvError(() => users.put("1", "v"), invalid, "0xFF", "delete");
    await db.del(reserved[1]!);
    await db.put(reserved[2]!, value);
    await db.flush();
    await assertKvError(() => users.put("1", "v"), invalid, "0xFF");
    const both = db.batch().put(reserved[0]!, value);
    both.in(users).put("1", "v");
    await assertKvError(() => both.commit(), invalid, "0xFF");
  }
  {
    await using db = await open(storage, codecs);
    const users = db.keyspace("users");
    await assertKvError(() => users.put("1", "v"), invalid, "0xFF");
    await db.clear();
    const both = db.batch().put(reserved[0]!, value);
    both.in(users).put("1", "v");
    await assertKvError(() => both.commit(), invalid, "the batch");
    await users.put("1", "v");
    assertEquals(db.keyspaces(), ["users"]);
  }
  await using db = await open(storage, codecs);
  assertEquals(db.keyspace("users").getSync("1"), "v");
  assertEquals(keysOf(db), []);
});

test("On storage that answers with promises the next open tells that they are deleted", async () => {
  const storage = new AsyncStorage(new MemoryStorage());
  {
    await using db = await open(storage, codecs);
    await db.put(reserved[3]!, value);
    await db.del(reserved[3]!);
    const users = db.keyspace("users");
    await assertKvError(() => users.put("1", "v"), invalid, "open the store");
    await db.compact();
  }
  await using db = await open(storage, codecs);
  await db.keyspace("users").put("1", "v");
  assertEquals(db.keyspaces(), ["users"]);
});

test("Once there are keyspaces such keys are neither written nor read nor deleted by the store, and nothing of the keyspaces is", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, codecs);
    const users = db.keyspace("users", codecs);
    const early = db.batch().put(reserved[3]!, value);
    await users.put(of(0x61), value);
    await users.put(of(), value);
    await users.put(of(0xff, 0xff), value);
    await assertKvError(() => early.commit(), invalid, "0xFF");
    await db.put(of(0xfe, 0xff), value);
    await db.put(of(), value);
  }
  await using db = await open(storage, codecs);
  const users = db.keyspace("users", codecs);
  using snapshot = db.snapshot();
  for (const key of reserved) {
    await assertKvError(() => db.put(key, value), invalid, "0xFF");
    await assertKvError(() => db.del(key), invalid, "0xFF");
    await assertKvError(() => db.batch().put(key, value).commit(), invalid);
    for (const reader of [db, snapshot]) {
      assertEquals(reader.getSync(key), undefined);
      assertEquals(await reader.has(key), false);
      assertEquals([...reader.keysSync({ gte: key })], []);
      assertEquals(await reader.count({ prefix: key }), 0);
    }
    await db.delRange({ gte: key });
    await db.batch().delRange({ prefix: key }).commit();
  }
  assertEquals(keysOf(db), [of(), of(0xfe, 0xff)]);
  assertEquals([...users.keysSync()], [of(), of(0x61), of(0xff, 0xff)]);
  assertEquals(users.countSync({ prefix: of(0xff) }), 1);
  await db.clear();
  assertEquals(keysOf(db), []);
  assertEquals(users.countSync(), 3);
  await db.dropKeyspace("users");
  await assertKvError(() => db.put(of(0xff), value), invalid, "0xFF");
});

test("What a range delete has removed where the catalogue is does not come back, from a log or from a segment", async () => {
  for (const flushes of [false, true]) {
    const storage = new FaultStorage();
    await using db = await open(storage, codecs);
    await db.put(of(1), value);
    await db.put(reserved[1]!, value);
    await db.put(reserved[2]!, value);
    if (flushes) await db.flush();
    await db.delRange({ gte: of(0xff) });
    await db.keyspace("users").put("1", "v");
    if (flushes) await db.flush();
    const at = storage.trace.length;
    const left = storage.crash({ at, survival: "synced" });
    await using again = await open(left, codecs);
    assertEquals(again.keyspaces(), ["users"]);
    assertEquals(keysOf(again), [of(1)]);
    await using reader = await follow(storage, codecs);
    assertEquals(reader.keyspaces(), ["users"]);
  }
});

test("A snapshot from before the first keyspace still sees such keys, and nothing of keyspaces", async () => {
  await using db = await open(new MemoryStorage(), codecs);
  const users = db.keyspace("users", codecs);
  await db.put(of(0xff, 1, 0x61), value);
  using before = db.snapshot();
  await db.clear();
  await users.put(of(0x62), value);
  assertEquals([...before.keysSync()], [of(0xff, 1, 0x61)]);
  assertEquals(before.getSync(of(0xff, 1, 0x61)), value);
  assertEquals([...before.keyspace(users).keysSync()], []);
  assertEquals(before.keyspace(users).getSync(of(0x61)), undefined);
});

test("How to be rid of such keys is said as it is on the storage at hand", async () => {
  for (
    const storage of [
      new MemoryStorage(),
      new AsyncStorage(new MemoryStorage()),
    ]
  ) {
    await using db = await open(storage, codecs);
    await db.put(reserved[1]!, value);
    const call = () => db.keyspace("users").put("1", "v");
    const { message } = await assertKvError(call, invalid, "delete them");
    const isAnew = message.includes("reopen the store");
    assertEquals(isAnew, !storage.synchronous, message);
    assert(!message.includes("promises"), message);
  }
});

test("No text and no tuple has a key that begins with 0xFF", () => {
  const random = seeded(11);
  for (let i = 0; i < 2_000; i++) {
    const text = String.fromCodePoint(i * 557 % 0xd800) + i;
    assertEquals(startsReserved(utf8, text), false, text);
    assertEquals(startsReserved(tuple, randomTuple(random)), false);
  }
  const last = String.fromCodePoint(0x10ffff);
  assertEquals(startsReserved(utf8, last), false);
  for (
    const part of [true, [], Infinity, 2n ** 2039n, [[]], new Uint8Array()]
  ) {
    assertEquals(startsReserved(tuple, [part]), false, String(part));
  }
});

function startsReserved<K>(codec: Codec<K>, key: K): boolean {
  return codec.encode(key)[0] === 0xff;
}
