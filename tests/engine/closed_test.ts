import { assert, assertEquals } from "@std/assert";
import { type KvEngine, type KvSnapshot, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { WatchedStorage } from "../support/watched_storage.ts";
import { expectLiveFilesOnly } from "./live_files.ts";

type Engine = KvEngine<string, string>;
type Snapshot = KvSnapshot<string, string>;

const reads: ((reader: Engine | Snapshot) => unknown)[] = [
  (reader) => reader.get("a"),
  (reader) => reader.getSync("a"),
  (reader) => reader.getMany(["a"]),
  (reader) => reader.getMany([]),
  (reader) => reader.has("a"),
  (reader) => reader.hasSync("a"),
  (reader) => reader.scan(),
  (reader) => reader.scanSync(),
  (reader) => reader.keys(),
  (reader) => reader.values(),
  (reader) => reader.valuesSync(),
  (reader) => reader.exportTo(new WritableStream()),
];

const others: ((db: Engine) => unknown)[] = [
  (db) => db.put("a", "1"),
  (db) => db.del("a"),
  (db) => db.batch(),
  (db) => db.snapshot(),
  (db) => db.flush(),
  (db) => db.compact(),
  (db) => db.importFrom([]),
  (db) => db.sync(),
  (db) => db.checkpoint(new MemoryStorage()),
  (db) => db.stats(),
];

const storages: [string, () => Storage][] = [
  ["memory", () => new MemoryStorage()],
  ["promises", () => new AsyncStorage(new MemoryStorage())],
];

for (const [name, make] of storages) {
  test(`A closed engine refuses every call (${name})`, async () => {
    const db = await open(make());
    await db.put("a", "1");
    const batch = db.batch().put("a", "2");
    const snapshot = db.snapshot();
    await db.close();
    for (const call of [...reads, ...others]) {
      await assertKvError(() => call(db), "KV_CLOSED", "store", "closed");
    }
    for (const read of reads) {
      await assertKvError(() => read(snapshot), "KV_CLOSED");
    }
    await assertKvError(() => batch.commit(), "KV_CLOSED");
    snapshot.close();
    assertEquals(typeof db.location, "string");
  });

  test(`A closed snapshot refuses every read, and the engine goes on (${name})`, async () => {
    await using db = await open(make());
    await db.put("a", "1");
    const snapshot = db.snapshot();
    const scan = snapshot.scan();
    assertEquals((await scan.next()).value, ["a", "1"]);
    snapshot.close();
    snapshot.close();
    for (const read of reads) {
      await assertKvError(() => read(snapshot), "KV_CLOSED", "snapshot");
    }
    await assertKvError(() => scan.next(), "KV_CLOSED", "snapshot");
    assertEquals((await scan.next()).done, true);
    assertEquals(await db.get("a"), "1");
    assertEquals(db.stats().snapshots, 0);
  });

  test(`close can be called twice, also while the first is under way (${name})`, async () => {
    const storage = make();
    const db = await open(storage);
    const put = db.put("a", "1", { sync: false });
    const closes = [db.close(), db.close()];
    await assertKvError(() => db.put("b", "2"), "KV_CLOSED");
    await Promise.all([put, ...closes]);
    await db.close();
    await using again = await open(storage);
    assertEquals(await again.get("a"), "1");
    assertEquals(await again.get("b"), undefined);
  });

  test(`close ends scans and snapshots that are open, and leaves no file behind (${name})`, async () => {
    const storage = new WatchedStorage(make());
    const db = await open(storage, { memtableEntries: 10 });
    for (let i = 0; i < 100; i++) await db.put(`key ${i}`, `value ${i}`);
    const snapshot = db.snapshot();
    const scans = [db.scan(), snapshot.scan({ reverse: true }), db.scan()];
    for (const scan of scans.slice(0, 2)) {
      assertEquals((await scan.next()).done, false);
    }
    // The scans hold segments that nobody else needs any more.
    await db.compact();
    await db.close();
    for (const scan of scans) {
      await assertKvError(() => scan.next(), "KV_CLOSED");
      assertEquals((await scan.return()).done, true);
    }
    assertEquals(storage.openFiles, []);
    assertEquals(storage.violations, []);
    await expectLiveFilesOnly(storage);
  });
}

test("await using closes the engine, and using the snapshot", async () => {
  const storage = new MemoryStorage();
  let left: Engine;
  {
    await using db = await open(storage);
    await db.put("a", "1");
    left = db;
    {
      using snapshot = db.snapshot();
      assertEquals(snapshot.getSync("a"), "1");
      assertEquals(db.stats().snapshots, 1);
    }
    assertEquals(db.stats().snapshots, 0);
  }
  await assertKvError(() => left.get("a"), "KV_CLOSED");
  await using again = await open(storage);
  assertEquals(again.getSync("a"), "1");
});

test("Scans that were left early let go of what they hold", async () => {
  const storage = new WatchedStorage(new MemoryStorage());
  await using db = await open(storage, { memtableEntries: 10 });
  for (let i = 0; i < 100; i++) await db.put(`key ${i}`, "value");
  for await (const _ of db.scan()) break;
  for (const _ of db.scanSync()) break;
  {
    await using scan = db.keys();
    await scan.next();
    using other = db.scanSync();
    other.next();
  }
  await db.compact();
  const { levels } = db.stats();
  const live = levels.reduce((sum, { segments }) => sum + segments, 0);
  const segments = () => storage.openFiles.filter((n) => n.endsWith("seg"));
  for (let turns = 0; turns < 50 && segments().length > live; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(live > 0);
  assertEquals(segments().length, live);
});
