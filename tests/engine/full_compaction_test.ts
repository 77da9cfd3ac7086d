import { assertEquals, assertRejects } from "@std/assert";
import { open } from "../../mod.ts";
import type { EngineOptions } from "../../src/options.ts";
import { defer } from "../../src/engine/runtime/deferred.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";

const smallTables: EngineOptions = {
  memtableSize: 64 * 1024,
  memtableEntries: 20,
  sync: false,
  compaction: { segmentSize: 16 * 1024 },
};

test("compact can be called several times at once", async () => {
  await using db = await open(
    new MemoryStorage(),
    smallTables,
  );
  for (let i = 0; i < 500; i++) await db.put(`key ${i % 90}`, `value ${i}`);
  await Promise.all([db.compact(), db.compact(), db.compact()]);
  await db.put("key 1", "after");
  assertEquals(await db.get("key 1"), "after");
  assertEquals(await db.get("key 49"), "value 499");
});

test("compact is done when the files are removed that it has replaced, but for those that a scan still reads", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, { background: "inline" });
  await db.put("key", "old");
  await db.flush();
  await db.put("key", "new");
  await db.flush();
  const scan = db.scan();
  assertEquals(await scan.next(), { done: false, value: ["key", "new"] });
  await db.compact();

  const held = defer();
  let isRemoving = false;
  storage.onCall = ({ operation, file }) => {
    if (operation !== "remove" || !file.endsWith(".seg")) return;
    isRemoving = true;
    return held.promise;
  };
  await db.put("key", "newest");
  let isDone = false;
  const compacted = db.compact().then(() => isDone = true);
  while (!isRemoving) await nextTurn();
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  const wasDone = isDone;
  held.resolve();
  await compacted;
  await scan.return?.();
  assertEquals(wasDone, false);
});

test("Writers that full compaction has held back go on after it", async () => {
  await using db = await open(
    new AsyncStorage(new MemoryStorage()),
    smallTables,
  );
  const spread = Array.from({ length: 200 }, (_, i) => `key ${i}`);
  await Promise.all(spread.map((key) => db.put(key, "x".repeat(4_000))));
  await db.compact();
  await Promise.all([db.put("key", ""), db.put("z", "")]);
  await db.flush();
  const compacted = db.compact();
  // Much faster than a merge of everything: level 0 gets more segments than it may have.
  for (let i = 0; i < 20; i++) {
    await Promise.all(spread.slice(0, 20).map((key) => db.put(key, "new")));
  }
  await compacted;
  await Promise.all(spread.map((key) => db.put(key, "last")));
  assertEquals(await db.get("key 7"), "last");
});

test("A full compaction that waits for another one ends with its signal, and with the other one", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, {
    ...smallTables,
    compaction: { threshold: 2 },
  });
  await db.put("key 1", "old");
  await db.flush();
  const [begun, held] = [defer(), defer()];
  let segments = 0;
  storage.onCall = ({ operation, file }) => {
    // The first is that of the flush.
    if (operation !== "create" || !file.endsWith(".seg")) return;
    if (++segments !== 2) return;
    begun.resolve();
    return held.promise;
  };
  await db.put("key 1", "new");
  await db.flush();
  await begun.promise;
  const cancel = new AbortController();
  const reason = new Error("enough");
  const [ended, compacted] = [
    db.compact({ signal: cancel.signal }),
    db.compact(),
  ];
  // Until they wait for it.
  for (let i = 0; i < 50; i++) await nextTurn();
  cancel.abort(reason);
  assertEquals(await assertRejects(() => ended), reason);
  held.resolve();
  await compacted;
  assertEquals(db.stats().levels[0]!.segments, 0);
  assertEquals(await db.get("key 1"), "new");
});
