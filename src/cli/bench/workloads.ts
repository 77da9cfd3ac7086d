import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type KvEngine, open } from "../../../mod.ts";
import { nextTurn } from "../../engine/runtime/event_loop.ts";
import { fileError } from "../system_error.ts";

/** What a workload has come to. */
export interface WorkloadResult {
  /** The name that LevelDB's db_bench has for it. */
  readonly name: string;
  readonly about: string;
  readonly ops: number;
  readonly ms: number;
}

interface BenchOptions {
  readonly num: number;
  readonly valueSize: number;
  readonly signal: AbortSignal;
}

interface Context extends BenchOptions {
  readonly db: KvEngine<string, string>;
  readonly value: string;
}

interface Workload {
  readonly name: string;
  readonly about: string;
  /** Does the work and answers with how many operations that was. */
  readonly run: (context: Context) => number | Promise<number>;
}

const IN_FLIGHT = 1000;
const MOST_SYNCED = 1000;

/** Operations between two looks at the signal. */
const STEP = 1000;

const WORKLOADS: readonly Workload[] = [
  {
    name: "fillrandom",
    about: "put, random order, 1,000 in flight, unsynced",
    run: fillRandom,
  },
  {
    name: "fillbatch",
    about: "batches of 1,000 over the same keys, unsynced",
    run: fillBatch,
  },
  {
    name: "fillsync",
    about: "put, awaited one by one, on disk each",
    run: fillSync,
  },
  { name: "readrandom", about: "getSync", run: (c) => readRandom(c, "") },
  {
    name: "readmissing",
    about: "getSync of absent keys",
    run: (c) => readRandom(c, "."),
  },
  { name: "readseq", about: "scanSync", run: readSequence },
];

/**
 * Runs all workloads on a store in a new folder inside of `parent`, which is removed at the end.
 */
export async function* runBench(
  parent: string,
  options: BenchOptions,
): AsyncGenerator<WorkloadResult> {
  const folder = await mkdtemp(join(parent, "purekv-bench-"))
    .catch((error) => Promise.reject(fileError("write to", parent, error)));
  try {
    await using db = await open(folder);
    const value = "v".repeat(options.valueSize);
    for (const { name, about, run } of WORKLOADS) {
      options.signal.throwIfAborted();
      const startedMs = performance.now();
      const ops = await run({ ...options, db, value });
      yield { name, about, ops, ms: performance.now() - startedMs };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fillRandom(
  { db, num, value, signal }: Context,
): Promise<number> {
  for (let first = 0; first < num; first += IN_FLIGHT) {
    signal.throwIfAborted();
    const writes = [];
    for (let i = first; i < Math.min(num, first + IN_FLIGHT); i++) {
      writes.push(db.put(keyOf(i, num), value, { sync: false }));
    }
    await Promise.all(writes);
  }
  return num;
}

async function fillBatch({ db, num, value, signal }: Context): Promise<number> {
  for (let first = 0; first < num; first += IN_FLIGHT) {
    signal.throwIfAborted();
    const batch = db.batch();
    for (let i = first; i < Math.min(num, first + IN_FLIGHT); i++) {
      batch.put(keyOf(i, num), value);
    }
    await batch.commit({ sync: false });
  }
  return num;
}

async function fillSync({ db, num, value, signal }: Context): Promise<number> {
  const count = Math.min(num, MOST_SYNCED);
  for (let i = 0; i < count; i++) {
    signal.throwIfAborted();
    await db.put(keyOf(i, num), value, { sync: true });
  }
  return count;
}

async function readRandom(
  { db, num, signal }: Context,
  suffix: string,
): Promise<number> {
  let found = 0;
  for (let i = 0; i < num; i++) {
    if (db.getSync(keyOf(i, num) + suffix) !== undefined) found++;
    if (i % STEP === 0) await pause(signal);
  }
  if (found !== (suffix === "" ? num : 0)) throw wrong("readrandom", found);
  return num;
}

async function readSequence({ db, num, signal }: Context): Promise<number> {
  let found = 0;
  for (const [key] of db.scanSync()) {
    if (key.length > 0 && ++found % STEP === 0) await pause(signal);
  }
  if (found !== num) throw wrong("readseq", found);
  return num;
}

/** Lets signals through. */
async function pause(signal: AbortSignal): Promise<void> {
  await nextTurn();
  signal.throwIfAborted();
}

function wrong(name: string, found: number): Error {
  return new Error(`Cannot measure: ${name} has found ${found} entries`);
}

/**
 * A prime larger than any `num`, so that its multiples go through all numbers below `num`, in an
 * order that looks random.
 */
const STRIDE = 15_485_863;

function keyOf(i: number, num: number): string {
  return String(i * STRIDE % num).padStart(16, "0");
}
