import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { bytes, open } from "../../mod.ts";
import { KvError } from "../../src/errors.ts";
import { MAX_SEQUENCE } from "../../src/format/sequence.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import {
  commitsOf,
  entriesIn,
  entriesOf,
  manifestOf,
  storageOf,
} from "./crafted_store.ts";

const small = { memtableSize: 64 * 1024 };

test("The empty key and the empty value are a key and a value like others, wherever they lie", async () => {
  const storage = new FaultStorage();
  let db = await open(storage, small);
  await db.put("", "");
  const check = async () => {
    assertEquals(await db.get(""), "");
    assertEquals(await db.has(""), true);
    assertEquals(db.getSync(""), "");
    assertEquals(await entriesIn(db), { "": "" });
    assertEquals([...db.scanSync({ gte: "", reverse: true })], [["", ""]]);
    assertEquals([...db.scanSync({ gt: "" })], []);
    assertEquals([...db.scanSync({ lte: "" })], [["", ""]]);
    assertEquals([...db.scanSync({ prefix: "" })], [["", ""]]);
  };
  await check();
  await db.flush();
  await check();
  await db.compact();
  await check();
  await db.close();
  db = await open(storage, small);
  await check();
  assertEquals(await db.del(""), true);
  await db.compact();
  assertEquals(await entriesIn(db), {});
  await db.close();
});

test("An empty key with an empty value finds its place however little room a MemTable has left", async () => {
  // Records that end in every distance from the end of the table, where not even a header fits any
  // more.
  for (let left = 0; left < 100; left++) {
    const storage = new FaultStorage();
    const db = await open(storage, { ...small, keys: bytes, values: bytes });
    const key = Uint8Array.of(1);
    const header = 32 + 8 + key.length;
    await db.put(key, new Uint8Array(64 * 1024 - header - left));
    const empty = new Uint8Array(0);
    await db.put(empty, empty);
    assertEquals(await db.get(empty), empty, `${left} bytes left`);
    assertEquals((await db.get(key))?.length, 64 * 1024 - header - left);
    const killed = await open(storage.crash({ survival: "written" }), {
      ...small,
      keys: bytes,
      values: bytes,
    });
    assertEquals(await killed.get(empty), empty, `${left} bytes left`);
    await killed.close();
    await db.close();
  }
});

test("Keys of 64 KiB are kept apart by their last byte", async () => {
  const storage = new MemoryStorage();
  let db = await open(storage, { ...small, compaction: { threshold: 2 } });
  const long = (last: string) => "k".repeat(65_535) + last;
  for (const last of ["a", "b", "c"]) await db.put(long(last), last);
  await db.del(long("b"));
  const check = async () => {
    assertEquals(await db.get(long("a")), "a");
    assertEquals(await db.get(long("b")), undefined);
    const found = [...db.scanSync({ gt: long("a") })].map(([, v]) => v);
    assertEquals(found, ["c"]);
  };
  await check();
  await db.flush();
  await check();
  await db.compact();
  await check();
  await db.close();
  db = await open(storage, small);
  await check();
  await db.close();
});

test("A key or value one byte past the limit is refused, and the store goes on", async () => {
  const limits = { maxKeySize: 10, maxValueSize: 20 };
  const db = await open(new MemoryStorage(), { ...small, ...limits });
  const [key, value] = ["k".repeat(10), "v".repeat(20)];
  await db.put(key, value);
  const refused = [
    () => db.put(key + "k", value),
    () => db.put(key, value + "v"),
    () => db.del(key + "k"),
    // Six characters, twelve bytes.
    () => db.put("é".repeat(6), ""),
  ];
  for (const write of refused) {
    const error = await assertRejects(write, KvError);
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
  }
  const batch = db.batch();
  assertThrows(() => batch.put(key + "k", ""), KvError, "maxKeySize");
  assertThrows(() => batch.put("", value + "v"), KvError, "maxValueSize");
  assertEquals(batch.size, 0);
  assertEquals(await entriesIn(db), { [key]: value });
  assertEquals(db.stats().lastSequence, 1);
  await db.close();
});

test("A batch larger than the MemTable happens as a whole, and survives as a whole", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, small);
  await db.put("before", "1");
  const batch = db.batch();
  const expected: Record<string, string> = { before: "1" };
  for (let n = 0; n < 300; n++) {
    batch.put(`k${n}`, "x".repeat(1_000));
    expected[`k${n}`] = "x".repeat(1_000);
  }
  const commit = batch.commit();
  assertEquals(db.getSync("k299"), "x".repeat(1_000));
  await commit;
  await using killed = await open(
    storage.crash({ survival: "written" }),
    small,
  );
  assertEquals(await entriesIn(killed), expected);
  await db.close();
  await using again = await open(storage, small);
  assertEquals(await entriesIn(again), expected);
});

test("A value of 256 MiB is written, flushed and read back", async () => {
  const storage = new MemoryStorage();
  const options = { ...small, keys: bytes, values: bytes, sync: false };
  const size = 256 * 1024 * 1024;
  const key = Uint8Array.of(1);
  {
    const value = new Uint8Array(size);
    value[0] = 1;
    value[size - 1] = 2;
    const db = await open(storage, options);
    await db.put(key, value);
    await db.put(Uint8Array.of(2), Uint8Array.of(3));
    const tooLong = new Uint8Array(size + 1);
    await assertRejects(() => db.put(key, tooLong), KvError, "maxValueSize");
    await db.close();
  }
  await using db = await open(storage, options);
  const found = await db.get(key);
  assertEquals([found?.length, found?.[0], found?.[size - 1]], [size, 1, 2]);
  assertEquals(await db.get(Uint8Array.of(2)), Uint8Array.of(3));
});

test("The last sequence numbers are used, then writes are refused and reads go on", async () => {
  const flushedSequence = MAX_SEQUENCE - 3;
  const storage = storageOf(manifestOf({ flushedSequence }), []);
  const db = await open(storage, small);
  await db.put("k1", "v1");
  await db.put("k2", "v2");
  // Two writes need two numbers, and there is one.
  const batch = db.batch().put("k3", "v3").del("k1");
  const refused = [
    () => batch.commit(),
    async () => {
      await db.put("k3", "v3");
      await db.put("k4", "v4");
    },
    () => db.del("k1"),
    () => db.batch().put("k4", "v4").commit(),
  ];
  for (const write of refused) {
    const error = await assertRejects(write, KvError);
    assertEquals(error.code, "KV_UNSUPPORTED");
  }
  const check = async (reader: typeof db) => {
    assertEquals(reader.stats().lastSequence, MAX_SEQUENCE);
    assertEquals(await entriesIn(reader), entriesOf(1, 3));
    using snapshot = reader.snapshot();
    assertEquals(await snapshot.get("k3"), "v3");
  };
  await check(db);
  await using killed = await open(
    storage.crash({ survival: "written" }),
    small,
  );
  await check(killed);
  await db.flush();
  await db.compact();
  await check(db);
  await db.close();
  // Again and again: a store that is used up stays readable.
  for (let i = 0; i < 3; i++) {
    const again = await open(storage, small);
    await check(again);
    await assertRejects(() => again.put("k5", "v5"), KvError, "used up");
    await assertRejects(() => again.clear(), KvError, "used up");
    const batch = again.batch().delRange({ gte: "k" });
    await assertRejects(() => batch.commit(), KvError, "used up");
    await using afterKill = await open(
      storage.crash({ survival: "written" }),
      small,
    );
    await check(afterKill);
    await again.close();
  }
});

test("A log may end with the last sequence number, but not go past it", async () => {
  const flushedSequence = MAX_SEQUENCE - 2;
  const first = MAX_SEQUENCE - 1;
  const state = manifestOf({ flushedSequence, logs: [3] });
  const storage = storageOf(state, [
    { number: 3, first, commits: commitsOf(first, MAX_SEQUENCE) },
  ]);
  await using db = await open(storage, small);
  assertEquals(db.stats().lastSequence, MAX_SEQUENCE);
  assertEquals(Object.keys(await entriesIn(db)).length, 2);
});

test("A range delete may have the last sequence number there is, and is applied as any other", async () => {
  const flushedSequence = MAX_SEQUENCE - 3;
  const storage = storageOf(manifestOf({ flushedSequence }), []);
  const db = await open(storage, small);
  await db.put("a", "1");
  await db.put("b", "2");
  await db.delRange({ gte: "b" });
  assertEquals(db.stats().lastSequence, MAX_SEQUENCE);
  assertEquals(Object.keys(await entriesIn(db)), ["a"]);
  await db.close();
  await using again = await open(storage, small);
  await again.compact();
  assertEquals(Object.keys(await entriesIn(again)), ["a"]);
});

test("Figures of a store add up", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, { ...small, compaction: { threshold: 64 } });
  const fresh = db.stats();
  assertEquals(fresh.lastSequence, 0);
  assertEquals(fresh.memtable.entries, 0);
  assertEquals(fresh.wal.files, 1);
  assertEquals(fresh.wal.bytesWritten, 0);
  assertEquals(fresh.bytesOnDisk, fresh.wal.bytes);

  await db.put("a", "1");
  await Promise.all([db.put("b", "2"), db.put("c", "3"), db.del("a")]);
  const written = db.stats();
  assertEquals(written.lastSequence, 4);
  assertEquals(written.memtable.entries, 3);
  assertEquals([written.wal.commits, written.wal.syncs], [2, 2]);
  const log = storage.fileNames.find((name) => name.endsWith(".log"))!;
  assertEquals(written.wal.bytes, storage.readFile(log)!.length);
  assertEquals(written.wal.bytes, fresh.wal.bytes + written.wal.bytesWritten);

  using snapshot = db.snapshot();
  await db.flush();
  await db.put("b", "5");
  await db.flush();
  const flushed = db.stats();
  assertEquals(flushed.snapshots, 1);
  assertEquals(flushed.flush.count, 2);
  assertEquals(flushed.levels[0], {
    segments: 2,
    bytes: flushed.flush.bytesWritten,
  });
  assertEquals(flushed.bytesOnDisk, sizeOnDisk(storage));
  assertEquals([flushed.memtable.entries, flushed.memtable.waiting], [0, 0]);

  snapshot.close();
  await db.compact();
  const compacted = db.stats();
  assertEquals(compacted.snapshots, 0);
  assertEquals(compacted.compaction.bytesRead, flushed.flush.bytesWritten);
  const { count, bytesWritten } = compacted.compaction;
  assert(count > 0 && bytesWritten < flushed.flush.bytesWritten);
  assertEquals(compacted.levels[0]!.segments, 0);
  assertEquals(compacted.bytesOnDisk, sizeOnDisk(storage));

  const before = db.stats().cache;
  await db.get("b");
  const first = db.stats().cache;
  assert(first.misses > before.misses && first.bytes > before.bytes);
  await db.get("b");
  const second = db.stats().cache;
  assert(second.hits > first.hits);
  assertEquals(second.misses, first.misses);
  await db.close();
});

/** Bytes of all segments and logs that there are. */
function sizeOnDisk(storage: FaultStorage): number {
  return storage.fileNames.filter((name) => /\.(seg|log)$/.test(name))
    .reduce((sum, name) => sum + storage.readFile(name)!.length, 0);
}

test("A delete that is refused while its look-up waits leaves no rejection that nobody hears of", async () => {
  const storage = new FaultStorage({ synchronous: false });
  const filled = await open(storage, { ...small, cacheSize: 0 });
  await filled.batch().put("a", "1").put("long key", "2").put("z", "3")
    .commit();
  await filled.close();
  const db = await open(storage, { ...small, cacheSize: 0, maxKeySize: 4 });
  storage.inject({ kind: "fail", operation: "readAt", times: Infinity });
  await assertRejects(() => db.del("long key"), KvError, "maxKeySize");
  await new Promise((resolve) => setTimeout(resolve));
  await db.close();
});

/** Ranges side by side whose bounds are as long as keys may be. */
function longRanges(count: number): { gte: string; lt: string }[] {
  return Array.from({ length: count }, (_, i) => {
    const start = `b${String(i).padStart(6, "0")}`.padEnd(64 * 1024 - 1, "x");
    return { gte: `${start}a`, lt: `${start}b` };
  });
}

test("Range deletes whose bounds the manifest has no room for are refused, and the store goes on", async () => {
  const storage = new MemoryStorage();
  let db = await open(storage, { sync: false });
  await db.put("a", "1");
  await db.put("c", "2");
  await db.flush();
  const batch = db.batch();
  for (const range of longRanges(600)) batch.delRange(range);
  const error = await assertRejects(() => batch.commit(), KvError, "snapshots");
  assertEquals(error.code, "KV_UNSUPPORTED");

  const snapshot = db.snapshot();
  let accepted = 0;
  for (const range of longRanges(600)) {
    if (accepted === 400) break;
    try {
      await db.delRange(range);
      accepted++;
    } catch (error) {
      assertEquals((error as KvError).code, "KV_UNSUPPORTED");
      break;
    }
  }
  assert(accepted > 100, `${accepted}`);
  await db.put("d", "3");
  snapshot.close();
  await db.compact();
  await db.delRange({ gte: "c", lt: "d" });
  await db.close();
  db = await open(storage, { sync: false });
  assertEquals(await entriesIn(db), { a: "1", d: "3" });
  await db.close();
});

test("A batch may clear the store, or a keyspace, before it puts", async () => {
  await using db = await open(new MemoryStorage());
  const users = db.keyspace("users");
  await db.put("a", "1");
  await users.put("u", "1");
  await db.batch().clear().put("b", "2").commit();
  assertEquals(await entriesIn(db), { b: "2" });
  assertEquals(users.getSync("u"), "1");
  const batch = db.batch();
  batch.in(users).clear().put("v", "2");
  await batch.commit();
  assertEquals([...users.keysSync()], ["v"]);
});
