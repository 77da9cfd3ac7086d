// Which flushes are under way at once, and in which order they become live.
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { FlushJob } from "../../src/compaction/job.ts";
import { Background } from "../../src/engine/background/background.ts";
import { Backpressure } from "../../src/engine/background/backpressure.ts";
import { BackgroundGate } from "../../src/engine/background/background_gate.ts";
import {
  type BackgroundOptions,
  newCounts,
} from "../../src/engine/background/background_options.ts";
import { compactionShare } from "../../src/engine/background/debts.ts";
import { Flushes } from "../../src/engine/background/flushes.ts";
import { InlineRunner } from "../../src/engine/background/job_runner.ts";
import { defer, type Deferred } from "../../src/engine/runtime/deferred.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { Snapshots } from "../../src/engine/state/snapshots.ts";
import { Tables } from "../../src/engine/state/tables.ts";
import { VersionSet } from "../../src/engine/state/version_set.ts";
import { KvError } from "../../src/errors.ts";
import { RangeTombstones } from "../../src/tombstones/range_tombstones.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { MAX_LEVELS } from "../../src/manifest/version.ts";
import { readManifest } from "../../src/manifest/manifest_store.ts";
import type { MemTable } from "../../src/memtable/memtable.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { sampleState } from "../manifest/samples.ts";
import { del, put } from "../memtable/tables.ts";
import { bytes } from "../segment/support.ts";
import { segmentsOf } from "../support/segment_names.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Writes segments beside the event loop, as a worker does, and answers when it is told to. */
class HeldRunner extends InlineRunner {
  override leastParallelBytes = 1;
  readonly jobs: FlushJob[] = [];
  readonly holds: Deferred[] = [];

  override async flush(
    table: MemTable,
    job: FlushJob,
    signal: AbortSignal,
  ): Promise<SegmentInfo | undefined> {
    const hold = defer();
    this.jobs.push(job);
    this.holds.push(hold);
    const segment = await super.flush(table, job, signal);
    await hold.promise;
    signal.throwIfAborted();
    return segment;
  }
}

/** A store without its engine, whose tables are filled and flushed by hand. */
async function makeStore() {
  const storage = new MemoryStorage();
  const levels = Array.from({ length: MAX_LEVELS }, () => []);
  const state = sampleState({
    levels,
    rangeTombstones: RangeTombstones.none,
    flushedSequence: 0,
    nextFileNumber: 1,
  });
  const versions = await VersionSet.open(storage, new BlockCache(0), state);
  const takeFileNumber = () => versions.takeFileNumber();
  const randomUint32 = () => 1;
  const tables = new Tables([], 0, {
    memtableSize: 1 << 16,
    memtableEntries: 1000,
    snapshots: () => [],
    takeFileNumber,
    randomUint32,
  });
  const runner = new HeldRunner({ storage, takeFileNumber, randomUint32 });
  const failures: unknown[] = [];
  const options: Mutable<BackgroundOptions> = {
    tables,
    versions,
    runner,
    snapshots: new Snapshots(),
    blockSize: 4096,
    compression: "none",
    compaction: { threshold: 100, segmentSize: 1 << 20 } as never,
    backpressure: new Backpressure(),
    removeLog: (name) => Promise.resolve(storage.remove(name)),
    onChange: () => {},
    assertSound: () => {},
    onFailure: (error) => {
      failures.push(error);
      void background.stop(new KvError("KV_POISONED", "poisoned"));
    },
  };
  const background = new Background(options);
  /** Lets `write` fill a table, which waits for its flush from then on. */
  const fill = async (write: (table: MemTable) => void) => {
    const logged = tables.active;
    write(logged.table);
    await logged.createLog(storage);
    await logged.appendUnwritten(0);
    tables.rotate();
  };
  return {
    storage,
    versions,
    tables,
    runner,
    options,
    background,
    failures,
    fill,
  };
}

const putA = (table: MemTable) => put(table, bytes("a"), bytes("value"));
const delA = (table: MemTable) => del(table, bytes("a"));

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1000 && !isSo(); turn++) await nextTurn();
  assert(isSo());
}

/** Lets happen what would happen by itself. */
async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

/** Flushes what waits, which is one table. */
async function flushNow(
  runner: HeldRunner,
  background: Background,
): Promise<void> {
  const { length } = runner.holds;
  const flushed = background.flushAll();
  await until(() => runner.holds.length > length);
  runner.holds[length]!.resolve();
  await flushed;
}

test("The next table is written while the segment of the one before is made live, but none after it", async () => {
  const { runner, background, tables, fill } = await makeStore();
  await fill(putA);
  background.wake();
  await until(() => runner.jobs.length === 1);
  await fill(putA);
  await fill(putA);
  background.wake();
  await until(() => runner.jobs.length === 2);
  await manyTurns();
  assertEquals(runner.jobs.length, 2);
  assertEquals(tables.waiting.length, 3);
  runner.holds[0]!.resolve();
  await until(() => runner.jobs.length === 3);
  assertEquals(tables.waiting.length, 2);
  for (const hold of runner.holds) hold.resolve();
  await background.flushAll();
  assertEquals(background.counts.flushes, 3);
});

test("What was written ahead becomes live after the table before it, though it is there sooner", async () => {
  const { runner, background, versions, tables, fill } = await makeStore();
  await fill(putA);
  await fill(delA);
  const flushed = background.flushAll();
  await until(() => runner.jobs.length === 2);
  runner.holds[1]!.resolve();
  await manyTurns();
  assertEquals(tables.waiting.length, 2);
  assertEquals(versions.flushedSequence, 0);
  runner.holds[0]!.resolve();
  await flushed;
  const [level0] = versions.version.levels;
  assertEquals(level0!.map(({ tombstones }) => tombstones), [1, 0]);
  assertEquals(versions.flushedSequence, 2);
  const numbers = level0!.map(({ number }) => number);
  assertEquals(numbers, numbers.toSorted((a, b) => b - a));
});

test("Deletes are kept where the table before is not in a level yet, and otherwise only where a level has room for the key", async () => {
  const { runner, background, versions, fill } = await makeStore();
  await fill(putA);
  await fill(delA);
  const flushed = background.flushAll();
  await until(() => runner.jobs.length === 2);
  for (const hold of runner.holds) hold.resolve();
  await flushed;
  assertEquals(runner.jobs.map((job) => job.keepsDeletes), [false, true]);
  assertEquals(versions.version.levels[0]!.length, 2);

  await fill((table) => del(table, bytes("nobody has it")));
  const last = background.flushAll();
  await until(() => runner.jobs.length === 3);
  runner.holds[2]!.resolve();
  await last;
  assertEquals(runner.jobs[2]!.keepsDeletes, false);
  assertEquals(versions.version.levels[0]!.length, 2);
});

test("The log of a table that is written ahead stays named until the table is live", async () => {
  const { runner, background, storage, tables, fill } = await makeStore();
  await fill(putA);
  await fill(putA);
  const last = tables.waiting[1]!.logNumber;
  const flushed = background.flushAll();
  await until(() => runner.jobs.length === 2);
  runner.holds[0]!.resolve();
  await until(() => background.counts.flushes === 1);
  assertEquals((await readManifest(storage))!.logs, [last]);
  runner.holds[1]!.resolve();
  await flushed;
  assertEquals((await readManifest(storage))!.logs, []);
});

test("No segment becomes live once a write or a sync has failed", async () => {
  const { runner, background, storage, failures, options, fill } =
    await makeStore();
  await fill(putA);
  background.wake();
  await until(() => runner.jobs.length === 1);
  const failure = new Error("a sync has failed");
  options.assertSound = () => {
    throw failure;
  };
  runner.holds[0]!.resolve();
  await until(() => failures.length > 0);
  assertEquals(failures, [failure]);
  assertEquals(storage.list().includes("MANIFEST"), false);
});

test("When a flush fails, what was written ahead of its turn does not become live", async () => {
  const { runner, background, versions, tables, failures, fill } =
    await makeStore();
  await fill(putA);
  await fill(delA);
  background.wake();
  await until(() => runner.jobs.length === 2);
  runner.holds[1]!.resolve();
  const failure = new Error("the disk is gone");
  runner.holds[0]!.reject(failure);
  await until(() => failures.length > 0);
  assertEquals(failures, [failure]);
  await background.stop(new KvError("KV_CLOSED", "closed"));
  assertEquals(versions.version.levels[0], []);
  assertEquals(tables.waiting.length, 2);
});

test("Work is at an end only when what is written ahead is", async () => {
  const { runner, background, storage, fill } = await makeStore();
  await fill(putA);
  await fill(putA);
  background.wake();
  await until(() => runner.jobs.length === 2);
  let isStopped = false;
  const reason = new KvError("KV_CLOSED", "closed");
  const stopping = background.stop(reason).then(() => isStopped = true);
  runner.holds[0]!.resolve();
  await manyTurns();
  assertEquals(isStopped, false);
  runner.holds[1]!.resolve();
  await stopping;
  assertEquals(await assertRejects(() => background.flushAll()), reason);
  assertEquals(storage.list().includes("MANIFEST"), false);
});

test("Nothing is written ahead while somebody waits for a time without flushes, or has it", async () => {
  const { runner, background, fill } = await makeStore();
  const { signal } = new AbortController();
  await fill(putA);
  background.wake();
  await until(() => runner.jobs.length === 1);
  const end = defer();
  let isAdmitted = false;
  const guest = background.withoutFlushes(async () => {
    isAdmitted = true;
    await end.promise;
  }, signal);
  await fill(putA);
  background.wake();
  await manyTurns();
  assertEquals([runner.jobs.length, isAdmitted], [1, false]);
  runner.holds[0]!.resolve();
  await until(() => isAdmitted);
  background.wake();
  await manyTurns();
  assertEquals(runner.jobs.length, 1);
  end.resolve();
  await guest;
  await until(() => runner.jobs.length === 2);
  runner.holds[1]!.resolve();
  await background.flushAll();
});

test("Who wants a time without flushes has it once what is written ahead is live too", async () => {
  const { runner, background, fill } = await makeStore();
  await fill(putA);
  await fill(putA);
  background.wake();
  await until(() => runner.jobs.length === 2);
  let flushes = 0;
  const guest = background.withoutFlushes(() => {
    flushes = background.counts.flushes;
    return Promise.resolve();
  }, new AbortController().signal);
  runner.holds[0]!.resolve();
  await until(() => background.counts.flushes === 1);
  await manyTurns();
  assertEquals(flushes, 0);
  runner.holds[1]!.resolve();
  await guest;
  assertEquals(flushes, 2);
});

test("Who wants a time without flushes in the turn in which one begins has it behind that one", async () => {
  const { runner, background, fill } = await makeStore();
  await fill(putA);
  background.wake();
  background.wake();
  let flushes = -1;
  const guest = background.withoutFlushes(() => {
    flushes = background.counts.flushes;
    return Promise.resolve();
  }, new AbortController().signal);
  await until(() => runner.jobs.length === 1);
  await manyTurns();
  runner.holds[0]!.resolve();
  await guest;
  assertEquals(flushes, 1);
});

test("What is merged in level 0 meanwhile has a number between those of the flushes that are done and those that are not", async () => {
  const { runner, options, storage, fill } = await makeStore();
  const flushes = new Flushes(options, newCounts());
  const { signal } = new AbortController();
  for (let i = 0; i < 3; i++) await fill(putA);
  const first = flushes.flushOldest(signal);
  flushes.beginAhead(signal);
  await until(() => runner.jobs.length === 2);
  const below = flushes.takeLevel0Numbers();
  assertEquals(flushes.haveLevel0Numbers, false);
  runner.holds[0]!.resolve();
  await first;
  assertEquals(flushes.haveLevel0Numbers, true);
  const between = flushes.takeLevel0Numbers();
  runner.holds[1]!.resolve();
  await flushes.flushOldest(signal);
  assertEquals(flushes.areDone, true);
  const above = flushes.takeLevel0Numbers();
  const own = runner.jobs.map(({ outputNumbers }) => outputNumbers);
  const inOrder = [below, own[0]!, between, own[1]!, above].flat();
  assertEquals(inOrder, inOrder.toSorted((a, b) => a - b));
  assertEquals(new Set(inOrder).size, inOrder.length);
  assertEquals(segmentsOf({ fileNames: storage.list() }).length, 2);
});

test("A second merge within level 0 waits until the flush is done that gave its number to the first", async () => {
  const { runner, background, options, versions, fill } = await makeStore();
  options.compaction = {
    threshold: 2,
    levelSize: 1 << 20,
    levelRatio: 10,
    segmentSize: 1 << 20,
  };
  const flush = async (valueBytes: number) => {
    await fill((table) => put(table, bytes("a"), new Uint8Array(valueBytes)));
    await flushNow(runner, background);
  };
  const segments = () => versions.version.levels.map(({ length }) => length);
  // Level 1 is large; in level 0 there are two small segments above one that is not.
  await flush(60_000);
  await flush(60_000);
  await until(() => segments()[1] === 1);
  background.gate.isShut = true;
  for (const valueBytes of [3000, 1, 1]) await flush(valueBytes);
  assertEquals(segments().slice(0, 2), [3, 1]);

  await fill(putA);
  background.wake();
  await until(() => runner.holds.length === 6);
  background.gate.isShut = false;
  background.wake();
  await until(() => segments()[0] === 2);
  await manyTurns();
  assertEquals(segments()[0], 2);
  runner.holds[5]!.resolve();
  await background.flushAll();
  await until(() => segments()[0] === 1);
});

test("A flush is told how much of the time compactions need", async () => {
  const { runner, background, options, fill } = await makeStore();
  options.compaction = { ...options.compaction, threshold: 2 };
  background.gate.isShut = true;
  for (let i = 0; i < 12; i++) {
    await fill(putA);
    await flushNow(runner, background);
  }
  const shares = runner.jobs.map((job) => job.compactionShare);
  assertEquals(shares.slice(0, 6), Array(6).fill(0));
  assertEquals(shares, shares.toSorted((a, b) => a - b));
  assertEquals(
    shares.at(-1),
    compactionShare((11 - 2) / (9 * 2 + 1 - 2)),
  );
});

test("Small tables, which no worker is given, are not written ahead", async () => {
  const { runner, background, fill } = await makeStore();
  runner.leastParallelBytes = 1 << 20;
  await fill(putA);
  await fill(putA);
  const flushed = background.flushAll();
  await until(() => runner.jobs.length === 1);
  await manyTurns();
  assertEquals(runner.jobs.length, 1);
  runner.holds[0]!.resolve();
  await until(() => runner.jobs.length === 2);
  runner.holds[1]!.resolve();
  await flushed;
});

test("A flush is done when its log is gone, and work is at an end when the manifest is there", async () => {
  const { runner, background, options, storage, fill } = await makeStore();
  const removal = defer();
  options.removeLog = () => removal.promise;
  await fill(putA);
  let isFlushed = false;
  const flushed = background.flushAll().then(() => isFlushed = true);
  await until(() => runner.holds.length === 1);
  runner.holds[0]!.resolve();
  await until(() => background.counts.flushes === 1);
  await manyTurns();
  assertEquals(isFlushed, false);
  removal.resolve();
  await flushed;

  const sync = defer();
  await fill(putA);
  background.wake();
  await until(() => runner.holds.length === 2);
  storage.syncDirectory = () => sync.promise as never;
  runner.holds[1]!.resolve();
  await until(() => storage.list().includes("MANIFEST"));
  await manyTurns();
  let isStopped = false;
  const stopped = background.stop(new KvError("KV_CLOSED", "closed"))
    .then(() => isStopped = true);
  await manyTurns();
  assertEquals(isStopped, false);
  sync.resolve();
  await stopped;
});

test("A guest whose signal is aborted while it is at work ends that, and takes no other guest's turn", async () => {
  const gate = new BackgroundGate();
  const first = new AbortController();
  const end = defer();
  let isSecondDone = false;
  const guest = gate.enter(() => end.promise, first.signal);
  const second = gate.enter(() => {
    isSecondDone = true;
    return Promise.resolve();
  }, new AbortController().signal);
  const admitted = gate.admit(() => true);
  await nextTurn();
  first.abort(new Error("too late"));
  end.resolve();
  await guest;
  assertEquals([await admitted, gate.isAskedFor], [true, true]);
  assertEquals([await gate.admit(() => true), isSecondDone], [true, true]);
  await second;
  assertEquals(gate.isAskedFor, false);
});

test("An abort while a guest is about to be admitted takes no other guest's turn", async () => {
  const gate = new BackgroundGate();
  const first = new AbortController();
  const done: string[] = [];
  const guest = (name: string) => () => {
    done.push(name);
    return Promise.resolve();
  };
  const ended = assertRejects(() => gate.enter(guest("first"), first.signal));
  const second = gate.enter(guest("second"), new AbortController().signal);
  const admitted = gate.admit(() => true);
  first.abort(new Error("enough"));
  assertEquals(await admitted, true);
  await ended;
  await second;
  assertEquals(done, ["second"]);
  assertEquals([gate.isAskedFor, await gate.admit(() => true)], [false, false]);
});
