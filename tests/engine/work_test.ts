// How much work the engine makes, in calls of the storage and in bytes: what times on a busy
// machine would not show.
import { assert, assertEquals } from "@std/assert";
import { type EngineOptions, type KvEngine, open } from "../../mod.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { segmentsOf } from "../support/segment_names.ts";

type Db = KvEngine<string, string>;

const RECORDS = 20_000;
const VALUE = "v".repeat(100);
const RAW_BYTES = RECORDS * (16 + VALUE.length);

function key(i: number): string {
  return String(i).padStart(16, "0");
}

/** All records in one level, nothing of them in the cache. */
async function fullStore(options: EngineOptions = {}): Promise<FaultStorage> {
  const storage = new FaultStorage();
  await using db = await open(storage, { sync: false, ...options });
  await fill(db);
  await db.compact();
  return storage;
}

/** Puts all records in a scattered order, a thousand at a time. */
async function fill(db: Db): Promise<void> {
  for (let start = 0; start < RECORDS; start += 1000) {
    const writes = Array.from(
      { length: 1000 },
      (_, i) => db.put(key((start + i) * 7919 % RECORDS), VALUE),
    );
    await Promise.all(writes);
  }
}

/**
 * The calls of the storage that `work` makes, by operation, those on files with such a name alone.
 */
async function callsOf(
  storage: FaultStorage,
  work: () => unknown,
  file = /./,
): Promise<Record<string, number>> {
  const before = storage.trace.length;
  await work();
  const calls: Record<string, number> = {};
  for (const call of storage.trace.slice(before)) {
    if (!file.test(call.file)) continue;
    calls[call.operation] = (calls[call.operation] ?? 0) + 1;
  }
  return calls;
}

test("All unsynced puts of a task make one append, synced ones one append and one sync", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage);
  await db.put("first", "makes the log");
  for (const sync of [false, true]) {
    const calls = await callsOf(storage, () =>
      Promise.all(
        Array.from({ length: 1000 }, (_, i) => db.put(key(i), VALUE, { sync })),
      ));
    assertEquals(calls, sync ? { append: 1, sync: 1 } : { append: 1 });
  }
});

test("A log is hardly longer than the records that it holds", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, { sync: false });
  await fill(db);
  const { bytesWritten } = db.stats().wal;
  assert(bytesWritten < 1.08 * RAW_BYTES, `${bytesWritten / RAW_BYTES}`);
});

test("A look-up reads a hash page and a block when nothing is in the cache, and nothing when both are", async () => {
  const storage = await fullStore();
  await using db = await open(storage, { cacheSize: 1 << 24 });
  // The index of a segment is read with the first block.
  db.getSync(key(1));
  const far = key(RECORDS - 1);
  assertEquals(await callsOf(storage, () => db.getSync(far)), { readAt: 2 });
  assertEquals(await callsOf(storage, () => db.getSync(far)), {});
});

test("Keys that are not there are told without a block, but for one in hundreds", async () => {
  const storage = await fullStore();
  await using db = await open(storage, { cacheSize: 1 << 24 });
  const { misses } = db.stats().cache;
  for (let i = 0; i < 2000; i++) {
    assertEquals(db.getSync(`${key(i * 9)}.`), undefined);
  }
  // Hash pages have 4096 slots of five bytes each.
  const pages = Math.ceil(RECORDS / 2000);
  const read = db.stats().cache.misses - misses;
  assert(read <= pages + 20, `${read} reads`);
});

test("A scan reads many blocks at once, and ten entries no more than two blocks", async () => {
  const storage = await fullStore();
  await using db = await open(storage, { cacheSize: 1 << 20 });
  const all = await callsOf(
    storage,
    () => assertEquals([...db.scanSync()].length, RECORDS),
  );
  assert(all.readAt! <= RAW_BYTES / 100_000, `${all.readAt} reads`);
  await using cold = await open(storage.crash({ survival: "written" }), {
    cacheSize: 1 << 20,
  });
  cold.getSync(key(1));
  const misses = cold.stats().cache.misses;
  [...cold.scanSync({ gte: key(RECORDS / 2), limit: 10 })];
  const blocks = cold.stats().cache.misses - misses;
  assert(blocks <= 2, `${blocks} blocks`);
});

test("Segments take hardly more than the records, and no records are written more often than the levels ask for", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, {
    sync: false,
    memtableSize: 1 << 17,
    compaction: { threshold: 4, levelSize: 1 << 19, segmentSize: 1 << 17 },
  });
  await fill(db);
  await db.flush();
  const { flush, compaction } = db.stats();
  assert(flush.bytesWritten < 1.1 * RAW_BYTES, `${flush.bytesWritten}`);
  const amplification = compaction.bytesWritten / RAW_BYTES;
  assert(amplification < 6, `${amplification} times`);
  await db.compact();
  const { bytesOnDisk } = db.stats();
  assert(bytesOnDisk < 1.05 * RAW_BYTES, `${bytesOnDisk / RAW_BYTES}`);
});

test("A flush writes one segment and one manifest, and syncs each once", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, { sync: false });
  await fill(db);
  const calls = await callsOf(storage, () => db.flush(), /seg$|MANIFEST/);
  assertEquals([calls.create, calls.sync, calls.rename], [2, 2, 1]);
});

test("To open a store that was closed reads the ends of its segments, and no log", async () => {
  const storage = await fullStore({ compaction: { segmentSize: 1 << 19 } });
  const segments = segmentsOf(storage);
  const reads = await callsOf(storage, async () => {
    await using _db = await open(storage, { readOnly: true });
  });
  assertEquals(reads.readAt, segments.length + 1);
});

test("To delete a range is one record, however many keys it has", async () => {
  const storage = await fullStore();
  await using db = await open(storage);
  await db.put("first", "makes the log");
  const before = db.stats();
  const calls = await callsOf(storage, () => db.delRange({ gte: key(1) }));
  assertEquals(calls, { append: 1, sync: 1 });
  const { lastSequence, wal } = db.stats();
  assertEquals(lastSequence, before.lastSequence + 1);
  // The header of a frame and of a record, and a key.
  const bytes = wal.bytesWritten - before.wal.bytesWritten;
  assertEquals(bytes, 32 + 8 + 16);
});

test("Segments that were cleared go at the next flush, without being read, and so do their bytes", async () => {
  const storage = await fullStore({
    memtableSize: 1 << 18,
    compaction: { segmentSize: 1 << 19 },
  });
  await using db = await open(storage);
  const segments = db.stats().levels.reduce((sum, l) => sum + l.segments, 0);
  assert(segments > 3, `${segments}`);
  const reads = await callsOf(storage, async () => {
    await db.clear();
    await db.flush();
    while (db.stats().compaction.drops < segments) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }, /seg$/);
  assertEquals(reads.readAt, undefined);
  assertEquals(reads.remove, segments);
  const { bytesOnDisk, rangeTombstones, compaction } = db.stats();
  assertEquals([rangeTombstones, compaction.bytesRead], [0, 0]);
  assert(bytesOnDisk < 1000, `${bytesOnDisk}`);
});

test("A scan over a range that was deleted reads none of its blocks, in either direction", async () => {
  const storage = await fullStore({
    memtableSize: 1 << 18,
    compaction: { segmentSize: 1 << 19 },
  });
  await using db = await open(storage, { cacheSize: 1 << 24 });
  // The snapshot keeps all of it.
  using _snapshot = db.snapshot();
  await db.delRange({ gte: key(10), lt: key(RECORDS - 10) });
  for (const flushed of [false, true]) {
    if (flushed) await db.flush();
    for (const reverse of [false, true]) {
      const { misses } = db.stats().cache;
      const left = [...db.scanSync({ reverse })].length;
      assertEquals(left, 20);
      const blocks = db.stats().cache.misses - misses;
      // The first and the last block, and those that the range begins and ends in.
      assert(blocks <= 6, `${blocks} blocks`);
    }
  }
});

test("A compaction does not read the blocks of what was deleted", async () => {
  const storage = await fullStore({ compaction: { segmentSize: 1 << 23 } });
  await using db = await open(storage, {
    compaction: { segmentSize: 1 << 23 },
  });
  await db.delRange({ gte: key(100), lt: key(RECORDS - 100) });
  const calls = await callsOf(storage, () => db.compact(), /seg$/);
  assertEquals(db.stats().rangeTombstones, 0);
  assert(db.stats().bytesOnDisk < RAW_BYTES / 50, `${db.stats().bytesOnDisk}`);
  assert(calls.readAt! < 20, `${calls.readAt} reads`);
});
