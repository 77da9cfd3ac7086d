// How a sorted import gets its turn among flushes, compactions and followers, and what ends it
// while it waits.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { follow, KvImportError, open } from "../../mod.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { MAX_SEQUENCE } from "../../src/format/sequence.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { manifestOf, storageOf } from "./crafted_store.ts";
import { expectLiveFilesOnly } from "./live_files.ts";

type Entry = [string, string];

const sorted = { sorted: true };
const imported: readonly Entry[] = [["k1", "v"], ["k2", "v"], ["k3", "v"]];
const importedKeys = imported.map(([key]) => key);

test("A compaction that is asked for while the manifest names an import waits until it does", async () => {
  const storage = new FaultStorage({ seed: 1 });
  await using db = await open(storage);
  // Two tables around the range of the import: a compaction writes into it.
  for (const value of ["1", "2"]) {
    await db.batch().put("a", value).put("z", value).commit();
    await db.flush();
  }
  let isBuilt = false;
  let compacting: Promise<void> | undefined;
  storage.onCall = ({ operation, file }) => {
    isBuilt ||= operation === "open" && file.endsWith(".seg");
    if (isBuilt && operation === "rename") compacting ??= db.compact();
  };
  const { segments } = await db.importFrom(imported, sorted);
  assert(segments > 0 && compacting !== undefined);
  await compacting;
  await db.put("b", "3");
  const keys = await Array.fromAsync(db.keys());
  assertEquals(keys, ["a", "b", ...importedKeys, "z"]);
  assertEquals((await db.verify()).problems, []);
});

/** Answers with promises, and has something done before it lists its files the next time. */
class Interposed extends AsyncStorage {
  beforeList: (() => Promise<unknown>) | undefined;

  override async list(): Promise<string[]> {
    const before = this.beforeList;
    this.beforeList = undefined;
    await before?.();
    return await super.list();
  }
}

test("A follower that looks while an import is installed sees no later write without it", async () => {
  const inner = new MemoryStorage();
  await using db = await open(inner);
  await db.put("a", "1");
  await db.flush();
  const storage = new Interposed(inner);
  await using follower = await follow(storage, { refreshMs: 0 });
  let segments = 0;
  // It has read the manifest by then, and not yet the logs.
  storage.beforeList = async () => {
    segments = (await db.importFrom(imported, sorted)).segments;
    await db.put("z", "after the import");
  };
  await follower.refresh();
  assert(segments > 0);
  const keys = await Array.fromAsync(follower.keys());
  assertEquals(keys, ["a", ...importedKeys, "z"]);
});

test("An import gets its turn between two flushes, however many are due", async () => {
  await using db = await open(new AsyncStorage(new MemoryStorage()), {
    memtableEntries: 10,
  });
  let isDone = false;
  const writing = (async () => {
    for (let i = 0; !isDone; i++) {
      const batch = db.batch();
      for (let j = 0; j < 25; j++) batch.put(`w${i}.${j}`, "value");
      await batch.commit({ sync: false });
    }
  })();
  while (db.stats().flush.count < 3) await nextTurn();
  const before = db.stats().flush.count;
  const { segments } = await db.importFrom(imported, sorted);
  const flushes = db.stats().flush.count - before;
  isDone = true;
  await writing;
  assert(segments > 0);
  // Its own, and those that were due when it was: a few. It used to wait for a moment in which none
  // was.
  assert(flushes < 50, `${flushes} flushes`);
});

test("An abort ends an import that waits for its turn, and nothing of it is left", async () => {
  const storage = new FaultStorage({ seed: 1 });
  await using db = await open(storage, { memtableEntries: 4 });
  let release = () => {};
  const released = new Promise<void>((resolve) => release = resolve);
  let isHeld = false;
  storage.onCall = ({ operation, file }) => {
    if (isHeld || operation !== "create" || !file.endsWith(".seg")) return;
    isHeld = true;
    return released;
  };
  for (let i = 0; i < 5; i++) await db.put(`w${i}`, "value");
  while (!isHeld) await nextTurn();
  const controller = new AbortController();
  const { signal } = controller;
  const importing = db.importFrom(imported, { ...sorted, signal });
  for (let i = 0; i < 20; i++) await nextTurn();
  controller.abort(new Error("Enough"));
  const error = await assertRejects(() => importing, KvImportError);
  assertEquals([error.entries, error.cause], [0, signal.reason]);
  release();
  await db.flush();
  assertEquals(await db.get("k1"), undefined);
  await db.close();
  await expectLiveFilesOnly(storage);
});

test("Where sequence numbers are used up an import is refused like any other write", async () => {
  const flushedSequence = MAX_SEQUENCE - 1;
  const storage = storageOf(
    manifestOf({ flushedSequence, nextFileNumber: 10, oldestLog: 10 }),
    [],
  );
  {
    await using db = await open(storage);
    await db.put("a", "last");
    using snapshot = db.snapshot();
    await assertRejects(() => db.importFrom(imported, sorted), KvImportError);
    assertEquals(await Array.fromAsync(snapshot.keys()), ["a"]);
  }
  await using again = await open(storage);
  assertEquals(await Array.fromAsync(again.keys()), ["a"]);
});
