import { assert, assertEquals, assertRejects } from "@std/assert";
import { type KvEngine, KvPoisonedError, open } from "../../mod.ts";
import { defer } from "../../src/engine/runtime/deferred.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { KvError, KvIoError } from "../../src/errors.ts";
import { type Fault, FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { lineOf } from "../support/calls.ts";
import { segmentsOf } from "../support/segment_names.ts";
import { entriesIn, entriesOf } from "./crafted_store.ts";

/** Small enough that a few writes make tables, segments and compactions. */
const tiny = {
  memtableSize: 64 * 1024,
  memtableEntries: 4,
  compaction: { threshold: 2, segmentSize: 16 * 1024 },
  blockSize: 256,
  cacheSize: 0,
  sync: false,
};

type Db = KvEngine<string, string>;

test("A flush that fails ends all writing, and no reading", async () => {
  const places: Omit<Fault, "kind">[] = [
    { operation: "create", file: /seg$/ },
    { operation: "append", file: /seg$/ },
    { operation: "sync", file: /seg$/ },
    { operation: "rename" },
  ];
  for (const place of places) {
    const storage = new FaultStorage();
    const db = await open(storage, tiny);
    storage.inject({ kind: "fail", ...place, times: Infinity });
    await putAll(db, 1, 4);
    await assertRejects(() => db.flush(), KvError);
    const error = await assertRejects(() => db.put("k5", "v5"), KvError);
    assertEquals(error.code, "KV_POISONED");
    assert(error.cause instanceof KvIoError);
    assertEquals(await entriesIn(db), entriesOf(1, 4));
    assertEquals(db.getSync("k3"), "v3");
    await db.close();
    assertEquals(storage.openFiles, [], `${place.operation}`);
    storage.heal();
    await using again = await open(storage, tiny);
    assertEquals(await entriesIn(again), entriesOf(1, 4));
  }
});

test("Whichever write a full disk fails first, the error of a put says that it is full and space is to be freed", async () => {
  for (const file of [/log$/, /seg$/]) {
    const storage = new FaultStorage();
    const db = await open(storage, tiny);
    const fault = { kind: "fail", failure: "full", times: Infinity } as const;
    storage.inject({ ...fault, operation: "append", file });
    const errors = await failuresOf(db);
    const [first, second] = errors;
    if (file.test("1.log")) assert(first instanceof KvIoError, `${first}`);
    else assert(first instanceof KvPoisonedError, `${first}`);
    assert(second instanceof KvPoisonedError, `${second}`);
    assertEquals([first.failure, second.failure], ["full", "full"]);
    assertEquals(second.code, "KV_POISONED");
    assert(second.cause instanceof KvIoError);
    assert(second.message.includes("free space, then close"), second.message);
    await db.close();
  }
});

test("The error after a write that failed for another reason says that one, and nothing of space", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  storage.inject({ kind: "fail", operation: "append", file: /log$/ });
  const [, second] = await failuresOf(db);
  assert(second instanceof KvPoisonedError, `${second}`);
  assertEquals(second.failure, "other");
  assert(!second.message.includes("space"), second.message);
  assertEquals(new KvPoisonedError(new Error("gone")).failure, undefined);
  await db.close();
});

/** The errors of the first two puts that are refused. */
async function failuresOf(db: Db): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (let i = 0; errors.length < 2; i++) {
    await db.put(`key ${i}`, "v").catch((error) => errors.push(error));
    await nextTurn();
  }
  return errors;
}

test("close tells of a failure that nobody has heard of, if a write that was acknowledged may be lost", async () => {
  for (const isSynced of [false, true]) {
    for (const isTold of [false, true]) {
      const storage = new FaultStorage();
      const db = await open(storage, { ...tiny, sync: isSynced });
      storage.inject({ kind: "fail", operation: "create", file: /seg$/ });
      await putAll(db, 1, 4);
      while (
        !storage.trace.some((call) => /^create .*seg/.test(lineOf(call)))
      ) {
        await nextTurn();
      }
      await nextTurn();
      if (isTold) await assertRejects(() => db.put("k5", "v5"), KvError);
      if (isSynced || isTold) await db.close();
      else {
        const error = await assertRejects(() => db.close(), KvError);
        assertEquals(error.code, "KV_POISONED");
      }
      assertEquals(storage.openFiles, []);
      await using again = await open(storage.crash(), tiny);
      const expected = isSynced ? entriesOf(1, 4) : {};
      assertEquals(await entriesIn(again), expected);
    }
  }
});

test("A compaction that fails ends all writing, and no reading", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, { ...tiny, compaction: { threshold: 64 } });
  await putOverlapping(db, 8);
  storage.inject({ kind: "fail", operation: "sync", file: /seg$/ });
  await assertRejects(() => db.compact(), KvIoError);
  const error = await assertRejects(() => db.put("k9", "v9"), KvError);
  assertEquals(error.code, "KV_POISONED");
  const expected = { ...entriesOf(1, 8), same: "8" };
  assertEquals(await entriesIn(db), expected);
  await db.close();
  assertEquals(storage.openFiles, []);
  storage.heal();
  await using again = await open(storage, tiny);
  assertEquals(await entriesIn(again), expected);
});

test("Once a sync of the directory has failed nothing relies on the next, which may say that what was dropped is durable", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const segments = gate(storage, /^sync .*seg/);
  await putAll(db, 1, 4);
  await turns(5);
  // The name of the segment is there, and goes with the name of the next log.
  storage.inject({ kind: "dropped-sync", operation: "syncDirectory" });
  await assertRejects(() => db.put("k5", "v5"), KvIoError);
  segments.resolve();
  await turns(20);
  await db.close();
  assertEquals(await entriesAfterLoss(storage), entriesOf(1, 4));
});

test("A log whose name went with a failed sync of the directory takes no write that is acknowledged", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const [segments, logs, removals] = [defer(), defer(), defer()];
  storage.onCall = ({ operation, file }) => {
    if (operation === "create" && file.endsWith(".seg")) {
      return segments.promise;
    }
    if (operation === "sync" && file.endsWith(".log")) return logs.promise;
    if (operation === "remove" && file.endsWith(".seg")) {
      return removals.promise;
    }
  };
  await putAll(db, 1, 4);
  // The next log is there, and its name goes with that of the segment.
  const writing = db.put("k5", "v5", { sync: true });
  const outcome = writing.catch((error) => error);
  await turns(5);
  storage.inject({ kind: "dropped-sync", operation: "syncDirectory" });
  segments.resolve();
  await turns(5);
  // The flush has failed, and is still busy putting away its segment.
  logs.resolve();
  await turns(5);
  removals.resolve();
  assert(await outcome instanceof KvError, `${await outcome}`);
  await db.close();
  assertEquals(await entriesAfterLoss(storage), entriesOf(1, 4));
});

test("A commit that is under way when a flush fails is not acknowledged", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const [segments, logs] = [defer(), defer()];
  storage.onCall = ({ operation, file }) => {
    if (operation === "create" && file.endsWith(".seg")) {
      return segments.promise;
    }
    // That of the full table comes first.
    if (operation === "sync" && file === "000001.log") return logs.promise;
  };
  await putAll(db, 1, 4);
  const writing = db.put("k5", "v5", { sync: true });
  await turns(5);
  storage.inject({ kind: "fail", operation: "create", file: /seg$/ });
  segments.resolve();
  await turns(5);
  logs.resolve();
  const error = await assertRejects(() => writing, KvError);
  assertEquals(error.code, "KV_POISONED");
  await db.close();
});

test("Once the store is poisoned no further table is flushed", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const segments = gate(storage, /^create .*seg/);
  // Several tables wait behind the one whose flush is held up.
  void putAll(db, 1, 20).catch(() => {});
  while (db.stats().memtable.waiting < 2) await nextTurn();
  storage.inject({ kind: "fail", operation: "append", file: /log$/ });
  await assertRejects(() => db.put("k21", "v21"), KvIoError);
  storage.heal();
  storage.clearTrace();
  segments.resolve();
  await turns(30);
  const lines = storage.trace.map(lineOf);
  const created = lines.filter((line) => /^create .*seg/.test(line));
  assert(created.length <= 1, `${lines}`);
  await db.close();
  assertEquals(storage.openFiles, []);
});

test("Writers that wait for their writes fill no more than a few tables while flushes are held up", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const segments = gate(storage, /^create .*seg/);
  let written = 0;
  const writers = [0, 1, 2].map(async (writer) => {
    for (let n = 0; n < 40; n++) {
      await db.put(`w${writer}/${n}`, "v");
      written++;
    }
  });
  await untilHeldBack(db);
  let most = 0;
  for (let i = 0; i < 100; i++) {
    most = Math.max(most, db.stats().memtable.waiting);
    await nextTurn();
  }
  assert(written < 40, `${written} writes were acknowledged`);
  assert(most <= 4, `${most} tables were waiting`);
  // Reads, and writes of those who do not wait, go on.
  assertEquals(db.getSync("w0/0"), "v");
  segments.resolve();
  await Promise.all(writers);
  assertEquals(written, 120);
  await db.close();
});

test("Writers that are held back are let go by close", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const segments = gate(storage, /^create .*seg/);
  const outcome = putAll(db, 1, 40).catch((error) => error);
  await untilHeldBack(db);
  const closing = db.close();
  await turns(5);
  segments.resolve();
  await closing;
  const error = await outcome;
  assert(error === undefined || error.code === "KV_CLOSED", `${error}`);
});

test("Writers that are held back are let go when the flush that they wait for fails", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  const segments = gate(storage, /^create .*seg/);
  const outcome = putAll(db, 1, 40).catch((error) => error);
  await untilHeldBack(db);
  storage.inject({ kind: "fail", operation: "append", file: /seg$/ });
  segments.resolve();
  assertEquals((await outcome).code, "KV_POISONED");
  await db.close();
});

test("A table that fills up just as the last flush ends is flushed all the same", async () => {
  for (let delay = 0; delay < 25; delay++) {
    const storage = new FaultStorage();
    const db = await open(storage, { ...tiny, memtableEntries: 1 });
    const done = defer();
    // The last call of a flush: what comes so many microtasks later comes as it ends.
    storage.onCall = (call) => {
      if (!/^remove .*log/.test(lineOf(call))) return;
      storage.onCall = undefined;
      void afterMicrotasks(delay).then(() => {
        void db.put("k2", "v2");
        done.resolve();
      });
    };
    await db.put("k1", "v1");
    await done.promise;
    for (let i = 0; i < 50 && db.stats().memtable.waiting > 0; i++) {
      await nextTurn();
    }
    assertEquals(db.stats().memtable.waiting, 0, `${delay} microtasks`);
    await db.close();
  }
});

test("A replaced segment goes only when the last scan that reads it lets go", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, { ...tiny, compaction: { threshold: 64 } });
  await putOverlapping(db, 6);
  const old = segmentsOf(storage);
  assertEquals(old.length, 6);
  const one = db.scan();
  const two = db.scanSync({ reverse: true });
  assertEquals((await one.next()).value, ["k1", "v1"]);
  assertEquals(two.next().value, ["same", "6"]);
  await db.compact();
  assert(old.every((name) => segmentsOf(storage).includes(name)));
  assertEquals((await one.next()).value, ["k2", "v2"]);
  await one.return();
  await turns(3);
  assert(old.every((name) => segmentsOf(storage).includes(name)));
  const rest = [...two].map(([key]) => key);
  assertEquals(rest, ["k6", "k5", "k4", "k3", "k2", "k1"]);
  await turns(3);
  assert(!old.some((name) => segmentsOf(storage).includes(name)));
  assertEquals(await entriesIn(db), { ...entriesOf(1, 6), same: "6" });
  await db.close();
  assertEquals(storage.openFiles, []);
});

test("close takes the files of a scan that was never ended, and the scan says so", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, { ...tiny, compaction: { threshold: 64 } });
  await putOverlapping(db, 3);
  const old = segmentsOf(storage);
  const scan = db.scan();
  await scan.next();
  await db.compact();
  await db.close();
  assertEquals(storage.openFiles, []);
  assert(!old.some((name) => segmentsOf(storage).includes(name)));
  assertEquals(storage.trace.at(-1)?.operation, "release");
  const error = await assertRejects(() => scan.next(), KvError);
  assertEquals(error.code, "KV_CLOSED");
  await turns(3);
  assertEquals(storage.trace.at(-1)?.operation, "release");
});

test("Flush and compaction keep what a snapshot sees, and drop it when the snapshot is gone", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, { ...tiny, compaction: { threshold: 64 } });
  await putAll(db, 1, 6);
  const early = db.snapshot();
  for (let n = 1; n <= 6; n++) await db.put(`k${n}`, "changed");
  const middle = db.snapshot();
  for (let n = 1; n <= 6; n += 2) await db.del(`k${n}`);
  await db.compact();
  assertEquals(await entriesIn(early), entriesOf(1, 6));
  const changed = await entriesIn(middle);
  assertEquals(Object.values(changed), Array(6).fill("changed"));
  assertEquals(Object.keys(await entriesIn(db)), ["k2", "k4", "k6"]);
  early.close();
  middle.close();
  await db.compact();
  assertEquals(Object.keys(await entriesIn(db)), ["k2", "k4", "k6"]);
  await db.close();
});

for (const call of [/^create .*seg/, /^append .*seg/, /^rename/, /^remove/]) {
  test(`close waits for background work that is held up at ${call.source}`, async () => {
    const storage = new FaultStorage();
    const db = await open(storage, tiny);
    await putAll(db, 1, 3);
    const held = gate(storage, call);
    void db.flush().catch(() => {});
    void db.compact().catch(() => {});
    await turns(10);
    let isClosed = false;
    const closing = db.close().then(() => isClosed = true);
    await turns(10);
    assert(!isClosed);
    assert(storage.trace.at(-1)?.operation !== "release");
    held.resolve();
    await closing;
    assertEquals(storage.trace.at(-1)?.operation, "release");
    assertEquals(storage.openFiles, []);
    await turns(10);
    assertEquals(storage.trace.at(-1)?.operation, "release");
    await using again = await open(storage, tiny);
    assertEquals(await entriesIn(again), entriesOf(1, 3));
  });
}

test("A compaction that is given up leaves a good store, which goes on", async () => {
  for (let call = 0; call < 30; call += 3) {
    const storage = new FaultStorage();
    const db = await open(storage, { ...tiny, compaction: { threshold: 64 } });
    await putOverlapping(db, 8);
    const abort = new AbortController();
    const reason = new Error("enough");
    let calls = 0;
    storage.onCall = () => {
      if (calls++ === call) abort.abort(reason);
    };
    const outcome = await db.compact({ signal: abort.signal })
      .catch((error) => error);
    assert(outcome === undefined || outcome === reason, `${outcome}`);
    storage.onCall = undefined;
    const expected = { ...entriesOf(1, 8), same: "8" };
    assertEquals(await entriesIn(db), expected);
    await db.put("after", "1");
    await db.compact();
    assertEquals(await entriesIn(db), { ...expected, after: "1" });
    await db.close();
    assertEquals(storage.openFiles, []);
  }
});

test("Scans that go through level 0 again and again have it merged, while what they see stays the same", async () => {
  const options = { compaction: { threshold: 64 }, sync: false };
  await using db = await open(new FaultStorage(), options);
  await putAll(db, 1, 4);
  await db.flush();
  await putAll(db, 3, 6);
  await db.flush();
  const before = await entriesIn(db);
  const snapshot = db.snapshot();
  const segments = () => db.stats().levels.map((level) => level.segments);
  for (let i = 0; i < 500; i++) db.countSync();
  await nextTurn();
  assertEquals(segments().slice(0, 2), [2, 0]);
  for (let i = 0; i < 1000; i++) for (const _ of db.scanSync({ limit: 1 }));
  while (segments()[0]! > 0) await nextTurn();
  assertEquals(segments().slice(0, 2), [0, 1]);
  assertEquals(db.stats().compaction.count, 1);
  assertEquals(await entriesIn(db), before);
  assertEquals(snapshot.getSync("k4"), before["k4"]);
  snapshot.close();
});

test("Scans of a store that is open for reading only merge nothing", async () => {
  const storage = new FaultStorage();
  const options = { compaction: { threshold: 64 }, sync: false };
  {
    await using db = await open(storage, options);
    await putAll(db, 1, 4);
  }
  await using db = await open(storage, { ...options, readOnly: true });
  for (let i = 0; i < 2000; i++) for (const _ of db.scanSync({ limit: 1 }));
  await nextTurn();
  assertEquals(db.stats().levels[0]!.segments, 1);
  assertEquals(db.stats().compaction.count, 0);
});

test("A compaction whose signal is aborted before it begins does nothing", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, tiny);
  await putAll(db, 1, 3);
  await db.flush();
  storage.clearTrace();
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => db.compact({ signal }), Error, "enough");
  assertEquals(segmentsOf(storage).length, 1);
});

test("Reads that follow one another without a pause meet no segment that compaction has just taken away", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, { ...tiny, compaction: { threshold: 64 } });
  for (let round = 0; round < 4; round++) {
    await putAll(db, 1, 8);
    await db.flush();
  }
  let isDone = false;
  const compacting = db.compact().finally(() => isDone = true);
  let reads = 0;
  while (!isDone) {
    assertEquals(await db.get(`k${1 + reads % 8}`), `v${1 + reads % 8}`);
    // The event loop gets its turn now and then.
    if (++reads % 50 === 0) await nextTurn();
  }
  await compacting;
  assert(reads > 10);
  await db.close();
});

test("The log of a flushed table is closed and removed, that of a dropped empty one too", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, tiny);
  // The first record is larger than the first table.
  await db.put("large", "x".repeat(100_000));
  await db.flush();
  assertEquals(logsOf(storage), []);
  assertEquals(storage.openFiles, segmentsOf(storage));
  await db.put("k", "v");
  assertEquals(logsOf(storage).length, 1);
  await db.close();
  assertEquals(storage.openFiles, []);
});

/**
 * What is there when the process has died, another one has opened the store and closed it, and then
 * the power was lost.
 */
async function entriesAfterLoss(
  storage: FaultStorage,
): Promise<Record<string, string>> {
  const killed = storage.crash({ survival: "written" });
  const again = await open(killed, tiny);
  await again.close();
  await using left = await open(killed.crash(), tiny);
  return await entriesIn(left);
}

function putAll(db: Db, from: number, to: number): Promise<void> {
  return (async () => {
    for (let n = from; n <= to; n++) await db.put(`k${n}`, `v${n}`);
  })();
}

/**
 * Makes `count` segments that all have the key `same`, so that none can be moved without being
 * merged.
 */
async function putOverlapping(db: Db, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await db.put(`k${n}`, `v${n}`);
    await db.put("same", `${n}`);
    await db.flush();
  }
}

/** Holds up the calls that match until it is resolved. */
/** Until background work is so far behind that nobody who waits for a write goes on. */
async function untilHeldBack(db: Db): Promise<void> {
  while (db.stats().backpressure.state !== "stopped") await nextTurn();
}

function gate(storage: FaultStorage, line: RegExp) {
  const held = defer();
  storage.onCall = (call) => line.test(lineOf(call)) ? held.promise : undefined;
  return held;
}

function logsOf(storage: FaultStorage): string[] {
  return storage.fileNames.filter((name) => name.endsWith(".log"));
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}

async function afterMicrotasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await undefined;
}
