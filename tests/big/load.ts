/**
 * Loads many records in random order under a ceiling on memory and holds the store to what it must
 * give back. No part of the normal tests: 5 M records take a minute and 1.2 GB of disk.
 *
 *     deno task load
 *     bun tests/big/load.ts
 *     node tests/big/load.ts --num=20000000 --ceiling=512 --seed=7
 *
 * 1. Puts all records, unsynced, a thousand in flight.
 * 2. Reads a random sample, and keys that are not there.
 * 3. Scans everything: order, number and every byte.
 * 4. Overwrites every fifth record, compacts, and measures the files: at most 1.3 times the raw
 *    data.
 * 5. Opens the store again and scans once more.
 *
 * The process fails as soon as its resident set has ever been larger than the ceiling, in MiB.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { bytes, type KvEngine, open } from "../../mod.ts";
import { peakBytes } from "./peak_memory.ts";

type Store = KvEngine<string, Uint8Array>;

const MIB = 1 << 20;
const KEY_BYTES = 16;
const VALUE_BYTES = 100;
const IN_FLIGHT = 1_000;
const SAMPLE = 200_000;
const MOST_SPACE = 1.3;
/** Every so many records are overwritten. */
const OVERWRITTEN = 5;

const { values: flags } = parseArgs({
  options: {
    num: { type: "string", default: "5000000" },
    ceiling: { type: "string", default: "512" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    db: { type: "string", default: tmpdir() },
  },
});
const num = Number(flags.num);
const ceilingBytes = Number(flags.ceiling) * MIB;
const seed = Number(flags.seed);
const rawBytes = num * (KEY_BYTES + VALUE_BYTES);

const folder = mkdtempSync(join(flags.db, "purekv-load-"));
console.log(
  `${num} records of ${KEY_BYTES} + ${VALUE_BYTES} bytes, seed ${seed}, at most ${flags.ceiling} MiB of memory, in ${folder}`,
);
try {
  await runAll();
  console.log("All is well");
} catch (error) {
  console.error(`Failed with --num=${num} --seed=${seed}:`, error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function runAll(): Promise<void> {
  {
    await using db = await openStore();
    await timed("put", num, () => putAll(db, num, 0));
    await timed("flush", num, () => db.flush());
    console.log(JSON.stringify(db.stats()));
    await timed("get, random", SAMPLE, () => readSample(db));
    await timed("get, missing", SAMPLE, () => readMissing(db));
    await timed("scan", num, () => scanAll(db, 0));
    const overwritten = Math.ceil(num / OVERWRITTEN);
    await timed("overwrite", overwritten, () => putAll(db, overwritten, 1));
    await timed("compact", num, () => db.compact());
    console.log(JSON.stringify(db.stats()));
    checkSpace();
  }
  await using db = await openStore();
  await timed("scan, reopened", num, () => scanAll(db, 1));
}

async function openStore(): Promise<Store> {
  return await open<string, Uint8Array>(folder, { values: bytes });
}

/** Runs one step and prints its rate and the peak of memory so far. */
async function timed(
  name: string,
  operations: number,
  step: () => void | Promise<void>,
): Promise<void> {
  const start = performance.now();
  await step();
  const seconds = (performance.now() - start) / 1e3;
  checkMemory();
  console.log(
    `${name.padEnd(16)}${seconds.toFixed(1).padStart(7)} s ${
      Math.round(operations / seconds).toLocaleString("en-US").padStart(12)
    }/s  peak ${Math.round(peakBytes() / MIB)} MiB`,
  );
}

/** Puts the first `count` records in random order, their values of the given generation. */
async function putAll(
  db: Store,
  count: number,
  generation: number,
): Promise<void> {
  let writes: Promise<void>[] = [];
  const values = Array.from(
    { length: IN_FLIGHT },
    () => new Uint8Array(VALUE_BYTES),
  );
  for (const index of shuffled(count)) {
    const value = values[writes.length]!;
    fillValue(value, index, generation);
    writes.push(db.put(key(index), value, { sync: false }));
    if (writes.length < IN_FLIGHT) continue;
    await Promise.all(writes);
    writes = [];
    checkMemory();
  }
  await Promise.all(writes);
}

async function readSample(db: Store): Promise<void> {
  const expected = new Uint8Array(VALUE_BYTES);
  for (const index of shuffled(num, SAMPLE)) {
    const value = await db.get(key(index));
    fillValue(expected, index, 0);
    if (value === undefined || !isEqual(value, expected)) throw wrong(index);
  }
}

async function readMissing(db: Store): Promise<void> {
  for (const index of shuffled(num, SAMPLE)) {
    if (await db.get(key(index) + ".") !== undefined) throw wrong(index);
  }
}

/**
 * Goes through the whole store, whose first records may have been overwritten up to `generation`.
 */
async function scanAll(db: Store, generation: number): Promise<void> {
  const expected = new Uint8Array(VALUE_BYTES);
  const overwritten = Math.ceil(num / OVERWRITTEN);
  let index = 0;
  for await (const [found, value] of db.scan()) {
    fillValue(expected, index, index < overwritten ? generation : 0);
    if (found !== key(index) || !isEqual(value, expected)) throw wrong(index);
    index++;
    if (index % 100_000 === 0) checkMemory();
  }
  if (index !== num) throw new Error(`The scan ended after ${index} records`);
}

function checkSpace(): void {
  const used = readdirSync(folder)
    .reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  const ratio = used / rawBytes;
  console.log(
    `On disk ${Math.round(used / 1e6)} MB, ${ratio.toFixed(3)} of raw`,
  );
  if (ratio > MOST_SPACE) {
    throw new Error(`The store takes ${ratio} times the raw data`);
  }
}

function checkMemory(): void {
  const peak = peakBytes();
  if (peak <= ceilingBytes) return;
  throw new Error(`Memory has been at ${Math.round(peak / MIB)} MiB`);
}

function key(index: number): string {
  return String(index).padStart(KEY_BYTES, "0");
}

/** Bytes that belong to this record and generation, and that nothing compresses: xorshift32. */
function fillValue(
  value: Uint8Array,
  index: number,
  generation: number,
): void {
  let state = Math.imul(index + 1, 0x9e3779b1) ^ (generation * 0x85ebca6b) ^
    seed;
  for (let i = 0; i < value.length; i += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    value[i] = state;
    value[i + 1] = state >>> 8;
    value[i + 2] = state >>> 16;
    value[i + 3] = state >>> 24;
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/**
 * The first `most` of the numbers below `count` in random order. Nothing is kept: every step of the
 * mix can be undone, so it permutes the numbers of as many bits as `count` has; those that are too
 * large are left out.
 */
function* shuffled(count: number, most: number = count): Generator<number> {
  const bits = Math.max(2, 32 - Math.clz32(count - 1));
  const mask = 2 ** bits - 1;
  const half = bits >>> 1;
  for (let i = 0, left = most; i <= mask && left > 0; i++) {
    let mixed = (i + seed) & mask;
    for (const factor of [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35]) {
      mixed = Math.imul(mixed, factor) & mask;
      mixed ^= mixed >>> half;
    }
    if (mixed >= count) continue;
    left--;
    yield mixed;
  }
}

function wrong(index: number): Error {
  return new Error(`Record ${index} is wrong or missing`);
}
