/**
 * How `getSync` scales over followers: threads of this process that read the store which the engine
 * of the main thread has open.
 *
 *     deno task bench:followers
 *     bun bench/followers.ts --num=1000000 --rounds=3
 *
 * The store is filled in random order and not closed. Each reader has a cache as large as the store
 * and fills it in a pass that is not measured; then all of them read random keys for the same
 * second, and nobody else does anything. The engine alone, on the main thread, is shown for
 * comparison.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { type KvEngine, open } from "../mod.ts";
import { Data } from "./common/data.ts";
import { median } from "./common/measure.ts";
import { describeMachine } from "./common/machine.ts";
import { countReader, presetCache } from "./common/sizes.ts";
import { type ReaderSetup, readFor, warmUp } from "./followers/reading.ts";

const KEY_BYTES = 16;
const VALUE_BYTES = 100;
const IN_FLIGHT = 1_000;
const READ_MS = 1_000;

// `deno bench` loads this file too.
if (import.meta.main) await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      num: { type: "string" },
      rounds: { type: "string" },
      readers: { type: "string" },
    },
  });
  const count = countReader(values);
  const most = count("readers", 2);
  const rounds = count("rounds", 3);
  const num = count("num", 1_000_000);
  const folder = mkdtempSync(join(tmpdir(), "purekv-followers-"));
  const sizes = { num, keySize: KEY_BYTES, valueSize: VALUE_BYTES, seed: 1 };
  const cacheSize = presetCache(num * (KEY_BYTES + VALUE_BYTES));
  const setup = { folder: join(folder, "store"), sizes, cacheSize };
  const { runtime, cores, cpu } = describeMachine();
  console.log(`${runtime}, ${cores} x ${cpu}`);
  console.log(`${num} records of ${KEY_BYTES} + ${VALUE_BYTES} bytes`);
  try {
    await using db = await open(setup.folder, { sync: false, cacheSize });
    await fill(db, new Data(sizes));
    const alone = await measureEngine(db, new Data(sizes), rounds);
    print("engine alone", alone, alone);
    for (let readers = 1; readers <= most; readers++) {
      const rate = await measureFollowers(setup, readers, rounds);
      print(readers === 1 ? "1 follower" : `${readers} followers`, rate, alone);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(db: KvEngine<string, string>, data: Data): Promise<void> {
  const order = data.shuffled(data.num, 1);
  for (let start = 0; start < data.num; start += IN_FLIGHT) {
    const writes = Array.from(
      order.subarray(start, start + IN_FLIGHT),
      (index) => db.put(data.key(index), data.value(index, 1)),
    );
    await Promise.all(writes);
  }
  await db.compact();
}

/** Gets a second, the median of the rounds. */
async function measureEngine(
  db: KvEngine<string, string>,
  data: Data,
  rounds: number,
): Promise<number> {
  warmUp(db, data);
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    rates.push(await readFor(db, data, { ms: READ_MS, salt: round }));
  }
  return median(rates);
}

/** The same of all followers together. */
async function measureFollowers(
  setup: Omit<ReaderSetup, "salt">,
  readers: number,
  rounds: number,
): Promise<number> {
  const url = new URL("./followers/reader.ts", import.meta.url);
  const workers = Array.from(
    { length: readers },
    (_, salt) => new Worker(url, { workerData: { ...setup, salt } }),
  );
  try {
    await Promise.all(workers.map(nextMessage));
    const rates: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const answers = workers.map(nextMessage);
      for (const worker of workers) worker.postMessage(READ_MS);
      const counts = await Promise.all(answers);
      rates.push(counts.reduce((sum, count) => sum + count, 0));
    }
    return median(rates);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function nextMessage(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function print(name: string, rate: number, alone: number): void {
  const share = (rate / alone).toFixed(2);
  const shown = Math.round(rate).toLocaleString("en-US");
  console.log(`${name.padEnd(14)} ${shown.padStart(12)} gets/s  ${share}`);
}
