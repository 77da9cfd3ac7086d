import { statSync } from "node:fs";
import { join } from "node:path";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import type {
  BuildJob,
  CompactionJob,
  FlushJob,
} from "../../src/compaction/job.ts";
import { parseFileName, segmentName } from "../../src/format/file_names.ts";
import { PUT } from "../../src/format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordLength,
  writeRecordHeader,
} from "../../src/format/record.ts";
import {
  InlineRunner,
  type JobRunner,
} from "../../src/engine/background/job_runner.ts";
import { LoggedTable } from "../../src/engine/state/logged_table.ts";
import {
  type WorkerHost,
  WorkerRunner,
} from "../../src/engine/background/worker_runner.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { newTableMemory } from "../../src/memtable/table_memory.ts";
import { BlockCache } from "../../src/segment/block_cache.ts";
import { warmUp } from "../../src/engine/background/warm_up.ts";
import { collect, openBytes, randomFrom } from "../segment/support.ts";
import { WrittenBlocks } from "../../src/segment/written_blocks.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { openLocalStorage } from "../../src/storage/local_storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { segmentsOf } from "../support/segment_names.ts";
import { tempDir } from "../support/temp_dir.ts";

const MIB = 1024 * 1024;
const RECORDS = 20_000;
const settings = {
  blockSize: 4096,
  compression: "none",
  snapshots: [],
} as const;
/** Numbers of what is flushed: by a worker, and on the event loop. */
const FLUSHED = [50, 51] as const;

/** No sync of the folder fails here. */
function unexpected(error: unknown): never {
  throw error;
}

const never = new AbortController().signal;

/** Counts up file numbers; salts are fixed so that equal jobs give equal files. */
function hostOf(storage: Storage): WorkerHost & { numbers: number[] } {
  const numbers: number[] = [];
  return {
    storage,
    writtenBlocks: new WrittenBlocks(new BlockCache(0)),
    numbers,
    takeFileNumber: () => {
      numbers.push(100 + numbers.length);
      return numbers.at(-1)!;
    },
    randomUint32: () => 42,
  };
}

/**
 * A table of about 2.4 MiB, large enough for a worker, whose log is in `storage`. All bytes of its
 * values are the number of the log.
 */
async function loggedTable(
  storage: Storage,
  number = 7,
  records = RECORDS,
): Promise<LoggedTable> {
  const header = { salt: 1, number, firstSequence: 1 };
  const memory = newTableMemory(200 * records);
  const logged = LoggedTable.create(header, memory, () => []);
  const { table } = logged;
  for (let i = 0; i < records; i++) {
    const { bytes, recordStart } = table.arena;
    const key = new TextEncoder().encode(`key ${(i * 7919) % records}`);
    const start = recordStart + RECORD_HEADER_BYTES;
    bytes.set(key, start);
    bytes.fill(number, start + key.length, start + key.length + 100);
    table.commitRecord(PUT, key.length, 100);
  }
  await logged.createLog(storage);
  await logged.appendUnwritten(0);
  await logged.closeLog();
  return logged;
}

function flushJob(logged: LoggedTable): FlushJob {
  const { logNumber, table } = logged;
  return {
    ...settings,
    levels: [],
    rangeTombstones: table.ranges.tombstones.fragments,
    ceiling: table.lastSequence,
    logNumber,
    records: table.records,
    outputNumbers: FLUSHED,
    keepsDeletes: false,
    compactionShare: 0,
  };
}

function compactionJob(segment: SegmentInfo): CompactionJob {
  return {
    ...settings,
    levels: [[segment]],
    rangeTombstones: [],
    ceiling: segment.ceiling,
    inputs: [{ level: 0, segments: [segment] }],
    outputLevel: 1,
    splitKeys: [],
    mostKeptBytes: 0,
    segmentSize: MIB,
  };
}

/** A build of about 2.4 MiB. */
function buildJob(): BuildJob {
  const records = new Uint8Array(new SharedArrayBuffer(4 * MIB));
  let length = 0;
  for (let i = 0; i < RECORDS; i++) {
    const key = new TextEncoder().encode(`key ${String(i).padStart(6, "0")}`);
    writeRecordHeader(records, length, PUT, key.length, 100);
    records.set(key, length + RECORD_HEADER_BYTES);
    length += recordLength(key.length, 100);
  }
  return { ...settings, buffer: records.buffer, length };
}

async function readWhole(
  storage: Storage,
  number: number,
): Promise<Uint8Array> {
  const file = await storage.open(segmentName(number));
  const bytes = new Uint8Array(file.size);
  await file.readAt(bytes, 0);
  await file.close();
  return bytes;
}

/** What a flush and a compaction of its result say of their segments, numbers left out. */
async function runBoth(runner: JobRunner, logged: LoggedTable) {
  const flushed = await runner.flush(logged.table, flushJob(logged), never);
  assert(flushed);
  const merged = await runner.compact(compactionJob(flushed), never);
  await runner.close();
  assert(merged.length > 1);
  return [flushed, ...merged].map(({ number: _, salt: __, ...rest }) => rest);
}

test("A worker makes the same segments as the event loop", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  const logged = await loggedTable(storage);
  const inline = hostOf(storage);
  const expected = await runBoth(new InlineRunner(inline), logged);
  const host = { ...hostOf(storage), takeFileNumber: inline.takeFileNumber };
  assertEquals(
    await runBoth(new WorkerRunner(dir.path, host, unexpected), logged),
    expected,
  );
  // Salts are drawn where the work is done: equal ones would mean that it was not done by the
  // worker.
  const [theirs, mine] = FLUSHED;
  const [a, b] = [
    await readWhole(storage, mine),
    await readWhole(storage, theirs),
  ];
  assertEquals(a.length, b.length);
  assert(a.some((byte, i) => byte !== b[i]));
});

test("Flushes that a worker is given at once are written one after another, each as if it was alone", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  const runner = new WorkerRunner(dir.path, hostOf(storage), unexpected);
  const records = 4 * RECORDS;
  const flushes: Promise<SegmentInfo | undefined>[] = [];
  for (const number of [1, 2, 3]) {
    const logged = await loggedTable(storage, number, records);
    const outputNumbers = [10 * number, 10 * number + 1] as const;
    const job = { ...flushJob(logged), outputNumbers };
    flushes.push(runner.flush(logged.table, job, never));
  }
  await Promise.all(flushes);
  assertEquals(runner.stats.jobs, 3);
  await runner.close();
  for (const number of [1, 2, 3]) {
    const reader = await openBytes(await readWhole(storage, 10 * number));
    const cursor = reader.cursor({ maxSequence: Infinity });
    const rows = await collect(cursor, () => cursor.seekToFirst());
    assertEquals(rows.length, records);
    assert(rows.every(({ value }) => value.every((byte) => byte === number)));
  }
});

test("A worker builds the same segment as the event loop, and leaves none when it is cancelled", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  const job = buildJob();
  const inline = hostOf(storage);
  const { number, salt, ...expected } = await new InlineRunner(inline)
    .build(job, never);
  assertEquals([expected.entries, expected.maxSequence], [RECORDS, 0]);
  const host = { ...hostOf(storage), takeFileNumber: inline.takeFileNumber };
  const runner = new WorkerRunner(dir.path, host, unexpected);
  const { number: other, salt: random, ...built } = await runner
    .build(job, never);
  assertEquals(built, expected);
  assert(random !== salt, "the event loop has done it");

  const cancel = new AbortController();
  const reason = new Error("enough");
  const cancelled = runner.build(job, cancel.signal);
  cancel.abort(reason);
  assertEquals(await assertRejects(() => cancelled), reason);
  await runner.close();
  assertEquals(
    (await storage.list()).sort(),
    [segmentName(number), segmentName(other)].sort(),
  );
});

test("What a worker cannot do is done on the event loop, and nothing of the attempt is left", async () => {
  await using dir = tempDir();
  // The worker looks into an empty folder; the files are in memory.
  const storage = new MemoryStorage();
  const logged = await loggedTable(storage);
  const host = hostOf(storage);
  const made = await runBoth(
    new WorkerRunner(dir.path, host, unexpected),
    logged,
  );
  const segments = storage.list().filter((name) => name !== logged.logName);
  assertEquals(segments.length, made.length);
  // The worker had been given numbers that have come to nothing.
  const [given, own] = FLUSHED.map(segmentName);
  assertEquals([segments.includes(given!), segments.includes(own!)], [
    false,
    true,
  ]);
  assertEquals(host.numbers.length, made.length);
});

test("A merge that stays in level 0 has the number that was kept for it, another one where the worker fails", async () => {
  await using dir = tempDir();
  const inMemory = new MemoryStorage();
  for (
    const { storage, number } of [
      { storage: await openLocalStorage(dir.path), number: 20 },
      // The worker looks into a folder without such a file.
      { storage: inMemory, number: 21 },
    ]
  ) {
    const logged = await loggedTable(storage);
    const host = hostOf(storage);
    const flushed = await new InlineRunner(host)
      .flush(logged.table, flushJob(logged), never);
    const runner = new WorkerRunner(dir.path, host, unexpected);
    const merged = await runner.compact({
      ...compactionJob(flushed!),
      outputLevel: 0,
      outputNumbers: [20, 21],
      segmentSize: Infinity,
    }, never);
    await runner.close();
    assertEquals(merged.map((segment) => segment.number), [number]);
    assertEquals(merged[0]!.entries, flushed!.entries);
    assertEquals(
      segmentsOf({ fileNames: await storage.list() }).sort(),
      [segmentName(number), segmentName(flushed!.number)],
    );
    assertEquals(host.numbers.length, 0);
  }
});

test("A job that is cancelled rejects with the reason and leaves no segment", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  const logged = await loggedTable(storage);
  const runner = new WorkerRunner(dir.path, hostOf(storage), unexpected);
  const cancel = new AbortController();
  const reason = new Error("enough");
  const flushed = runner.flush(logged.table, flushJob(logged), cancel.signal);
  cancel.abort(reason);
  const error = await assertRejects(() => flushed);
  assertEquals(error, reason);
  await runner.close();
  assertEquals(await storage.list(), [logged.logName]);
});

test("A worker ends a job that is cancelled where it stands, and leaves nothing in the cache", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  const logged = await loggedTable(storage);
  const cache = new BlockCache(64 * MIB, true);
  const writtenBlocks = new WrittenBlocks(cache);
  const host = { ...hostOf(storage), writtenBlocks };
  const flushed = await new InlineRunner(host)
    .flush(logged.table, flushJob(logged), never);
  const before = await storage.list();
  const cancel = new AbortController();
  const reason = new Error("enough");
  const runner = new WorkerRunner(dir.path, {
    ...host,
    takeFileNumber: () => {
      if (host.numbers.length === 5) {
        assert(cache.bytes > 0);
        cancel.abort(reason);
      }
      return host.takeFileNumber();
    },
  }, unexpected);
  // About 75 segments.
  const job = {
    ...compactionJob(flushed!),
    segmentSize: 32 * 1024,
    mostKeptBytes: Infinity,
  };
  const error = await assertRejects(() => runner.compact(job, cancel.signal));
  assertEquals(error, reason);
  assertEquals(cache.bytes, 0);
  assert(host.numbers.length < 40, `${host.numbers.length} files`);
  await runner.close();
  assertEquals((await storage.list()).sort(), before.sort());
});

test("A job that is cancelled when the worker has just done it leaves no segment", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  const logged = await loggedTable(storage);
  const cancel = new AbortController();
  const reason = new Error("enough");
  const runner = new WorkerRunner(dir.path, hostOf(storage), unexpected);
  const flushed = runner.flush(logged.table, flushJob(logged), cancel.signal);
  // In the same turn, after which it is heard what the worker says.
  waitUntilWritten(join(dir.path, segmentName(FLUSHED[0])));
  cancel.abort(reason);
  const error = await assertRejects(() => flushed);
  assertEquals(error, reason);
  await runner.close();
  assertEquals(await storage.list(), [logged.logName]);
});

/**
 * Holds the event loop until a file has grown and has then stayed as it is for a while; not for
 * ever, as no time limit ends a test in here.
 */
function waitUntilWritten(path: string): void {
  let size = 0;
  let since = Date.now();
  const latest = since + 60_000;
  while (Date.now() < latest && (size === 0 || Date.now() - since < 300)) {
    const now = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (now !== size) since = Date.now();
    size = now;
  }
}

test("Stats count what the worker did, and not what was too small for it", async () => {
  await using dir = tempDir();
  await using db = await open(join(dir.path, "store"));
  await db.put("small", "value");
  await db.flush();
  assertEquals(db.stats().worker.jobs, 0);
  await db.put("large", "x".repeat(2 * MIB));
  await db.flush();
  assertEquals(db.stats().worker.jobs, 1);
});

test("With background inline no worker is started, and large tables are flushed all the same", async () => {
  await using dir = tempDir();
  const options = { background: "inline" } as const;
  await using db = await open(join(dir.path, "store"), options);
  await db.put("large", "x".repeat(2 * MIB));
  await db.flush();
  const { worker, flush } = db.stats();
  assertEquals([worker.jobs, flush.count], [0, 1]);
});

test("A worker is started by open if the option says so, otherwise when a MemTable is half full", async () => {
  await using dir = tempDir();
  const options = { memtableSize: 2 * MIB, sync: false } as const;
  await using early = await open(join(dir.path, "early"), {
    ...options,
    background: "worker",
  });
  assertEquals(early.stats().worker, { jobs: 0, running: true });
  await using late = await open(join(dir.path, "late"), options);
  await late.put("a", "x".repeat(0.9 * MIB));
  assertEquals(late.stats().worker.running, false);
  await late.put("b", "x".repeat(0.2 * MIB));
  assertEquals(late.stats().worker, { jobs: 0, running: true });
});

test("No worker is started for MemTables that are too small for it", async () => {
  await using dir = tempDir();
  await using db = await open(join(dir.path, "store"), {
    memtableSize: 64 * 1024,
    sync: false,
  });
  await db.put("a", "x".repeat(50_000));
  assertEquals(db.stats().worker.running, false);
});

test("What fills MemTables faster than a worker flushes them is all there, and what was deleted is not", async () => {
  await using dir = tempDir();
  const random = randomFrom(7);
  const model = new Map<string, string>();
  const options = {
    memtableSize: 5 * MIB / 4,
    background: "worker",
    sync: false,
  } as const;
  {
    await using db = await open(dir.path, options);
    for (let group = 0; group < 120; group++) {
      const writes: Promise<unknown>[] = [];
      for (let i = 0; i < 1000; i++) {
        const key = `key ${random(20_000)}`;
        const isDelete = random(4) === 0;
        const value = `${group} `.repeat(1 + random(80));
        writes.push(isDelete ? db.del(key) : db.put(key, value));
        if (isDelete) model.delete(key);
        else model.set(key, value);
      }
      await Promise.all(writes);
    }
    await db.flush();
    assert(db.stats().worker.jobs > 4, `${db.stats().worker.jobs} jobs`);
    await expectModel(db, model);
  }
  await using again = await open(dir.path, options);
  await expectModel(again, model);
});

async function expectModel(
  db: KvEngine<string, string>,
  model: ReadonlyMap<string, string>,
): Promise<void> {
  const entries = await Array.fromAsync(db.scan());
  const expected = [...model].sort(([a], [b]) => a < b ? -1 : 1);
  assertEquals(entries, expected);
}

test("A worker that warms up writes to what it is given, and ends when it has work", async () => {
  const untouched = new MemoryStorage();
  await warmUp(untouched, () => true);
  assertEquals(untouched.list(), []);
  const storage = new MemoryStorage();
  await warmUp(storage, () => false);
  for (const name of storage.list()) {
    assertEquals(parseFileName(name)?.type, "segment");
  }
});
