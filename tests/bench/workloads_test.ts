// The workloads of the benches, run for their answers: how long they take is
// nobody's business here.
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BenchEngine, BenchStore } from "../../bench/engines/engine.ts";
import { findEngine, FLOOR } from "../../bench/engines/engines.ts";
import { nodeSqlite } from "../../bench/engines/node_sqlite.ts";
import { installedPackages } from "../../bench/engines/packages.ts";
import { purekv } from "../../bench/engines/purekv.ts";
import { PROBES } from "../../bench/workloads/probes.ts";
import { BENCHMARKS, runOnce } from "../../bench/workloads/run.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { smallSession } from "./sessions.ts";

/** Workloads that SQLite has no API for. */
const WITHOUT_API = [
  "fillsorted",
  "readawaited",
  "readmissingawaited",
  "getmany",
  "scanawaited",
];

const FULLY = { reads: false, writes: false };

test("Every workload gets right answers from purekv", async () => {
  assertEquals(await runAll(purekv), []);
});

test("Every workload gets right answers from SQLite, or finds no API", async () => {
  const sqlite = await nodeSqlite.load(installedPackages());
  assertEquals(await runAll(sqlite), WITHOUT_API);
});

test("Every workload gets right answers from the floor, or finds no API", async () => {
  const floor = await findEngine(FLOOR).load(installedPackages());
  assertEquals(await runAll(floor), [
    "fillsorted",
    "fillsync",
    "fillsyncflight",
    "fillsyncbatch",
    "getmany",
    "scanawaited",
    "compact",
  ]);
});

test("The probes find figures, also of stores whose process was killed", async () => {
  await using dir = tempDir();
  const session = smallSession(purekv, dir.path);
  for (const [name, probe] of Object.entries(PROBES)) {
    const found = await probe(session);
    assert(found !== undefined && found.length > 0, name);
    for (const { workload, value } of found) {
      assert(value >= 0 && value < Infinity, `${workload}: ${value}`);
    }
  }
  await session.close();
});

/** What an engine might do wrong, and a workload that must notice it. */
const lies: [string, string, (store: BenchStore) => Partial<BenchStore>][] = [
  ["a put that is not made", "fillrandom", (store) => ({
    put: (key, value) => isFirst(key) ? undefined : store.put(key, value),
  })],
  ["a put that puts something else", "fillawaited", (store) => ({
    put: (key, value) =>
      store.put(key, isFirst(key) ? value.replace(/./, "\u00e9") : value),
  })],
  ["a load that loses its last entry", "fillsorted", (store) => ({
    load: (keys, values) => store.load!(keys.slice(0, -1), values),
  })],
  ["a batch that loses its last put", "fillbatch", (store) => ({
    putBatch: (batch) => store.putBatch({ ...batch, end: batch.end - 1 }),
  })],
  ["a delete that is not made", "deleterandom", (store) => ({
    del: (key) => isFirst(key) ? undefined : store.del(key),
  })],
  ["the value of another key", "readrandom", (store) => ({
    getSync: (key) =>
      store.getSync!(isFirst(key) ? key.replace(/.$/, "1") : key),
  })],
  ["a value for a key that is not there", "readmissing", (store) => ({
    getSync: (key) => store.getSync!(key) ?? "",
  })],
  ["a scan that leaves out its last entry", "readseq", (store) => ({
    scanSync: ({ limit = 549, ...range }, visit) =>
      store.scanSync!({ ...range, limit }, visit),
  })],
  ["a scan that does not turn round", "readreverse", (store) => ({
    scanSync: (_range, visit) => store.scanSync!({}, visit),
  })],
  ["a seek that stops short", "seekrandom10", (store) => ({
    scanSync: ({ from, limit }, visit) =>
      store.scanSync!({ from: from!, limit: limit! - 1 }, visit),
  })],
];

for (const [what, name, lie] of lies) {
  test(`${name} notices ${what}`, async () => {
    await using dir = tempDir();
    const liar: BenchEngine = {
      ...purekv,
      open: async (options) => lying(await purekv.open(options), lie),
    };
    const session = smallSession(liar, dir.path);
    await assertRejects(
      () => runOnce(BENCHMARKS[name]!, session, FULLY),
      Error,
      "The store gives a wrong answer",
    );
    await session.close();
  });
}

test("A read that is left undone is noticed in the measured pass, too", async () => {
  await using dir = tempDir();
  const session = smallSession(purekv, dir.path);
  await runOnce(BENCHMARKS.fillrandom!, session, FULLY);
  const workload = await BENCHMARKS.readrandom!.prepare(session);
  const { store } = session;
  const getSync = store.getSync.bind(store);
  store.getSync = (key) => isFirst(key) ? "" : getSync(key);
  await assertRejects(
    async () => await workload!.run(),
    Error,
    "bytes instead of 55000",
  );
  await session.close();
});

test("Every synced write, or group of them, waits until it is durable", async () => {
  await using dir = tempDir();
  const expected = { fillsync: 5, fillsyncflight: 6, fillsyncbatch: 6 };
  for (const [name, waits] of Object.entries(expected)) {
    let waited = 0;
    const opened: boolean[] = [];
    const engine: BenchEngine = {
      ...purekv,
      async open(options) {
        opened.push(options.sync);
        const store = await purekv.open(options);
        return Object.assign(store, { untilDurable: () => void waited++ });
      },
    };
    const session = smallSession(engine, dir.path);
    await runOnce(BENCHMARKS[name]!, session, FULLY);
    await session.close();
    assertEquals(opened, [true]);
    assertEquals(waited, waits, name);
  }
});

test("An engine that does not say when writes are durable has no synced writes", async () => {
  await using dir = tempDir();
  const session = smallSession({ ...purekv, canSync: false }, dir.path);
  for (const name of ["fillsync", "fillsyncflight", "fillsyncbatch"]) {
    assertEquals(await runOnce(BENCHMARKS[name]!, session, FULLY), undefined);
  }
  assertEquals(await PROBES.fillsyncappend!(session), undefined);
});

/** Runs all workloads and answers the names of those that the engine has no API for. */
async function runAll(engine: BenchEngine): Promise<string[]> {
  await using dir = tempDir();
  const session = smallSession(engine, dir.path);
  const none: string[] = [];
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
    const timing = await runOnce(benchmark, session, FULLY);
    if (timing === undefined) none.push(name);
    else assert(timing.operations > 0, name);
  }
  await session.close();
  return none;
}

/** A store that does something else than it should. */
function lying(
  store: BenchStore,
  lie: (store: BenchStore) => Partial<BenchStore>,
): BenchStore {
  const lies = lie(store);
  return {
    put: (key, value) => store.put(key, value),
    putBatch: (batch) => store.putBatch(batch),
    del: (key) => store.del(key),
    getSync: (key) => store.getSync!(key),
    scanSync: (range, visit) => store.scanSync!(range, visit),
    settle: () => store.settle(),
    close: () => store.close(),
    ...lies,
  };
}

function isFirst(key: string): boolean {
  return /^0+\.?$/.test(key);
}
