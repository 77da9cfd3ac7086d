// What the options of a store cost and bring: each against the defaults, in
// turn, in one run. Times are of the processor, that of the worker included, as
// ratios: those hold between machines, and while others use the machine.
//
//   deno task bench:options [ROUNDS] [RECORDS]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type EngineOptions, type KvEngine, open } from "../mod.ts";

const rounds = Number(process.argv[2] ?? 3);
const records = Number(process.argv[3] ?? 300_000);
const IN_FLIGHT = 1000;
const READS = 50_000;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Settings against the defaults, on a store that was compacted. */
const settings: Record<string, EngineOptions> = {
  "defaults": {},
  "memtableSize 4 MiB": { memtableSize: 4 * MIB },
  "memtableSize 64 MiB": { memtableSize: 64 * MIB },
  "cacheSize 0": { cacheSize: 0 },
  "cacheSize 8 MiB": { cacheSize: 8 * MIB },
  "cacheSize 256 MiB": { cacheSize: 256 * MIB },
  "blockSize 1 KiB": { blockSize: KIB },
  "blockSize 16 KiB": { blockSize: 16 * KIB },
  "compression deflate": { compression: "deflate" },
  "compression zstd": { compression: "zstd" },
};

/**
 * Shapes of a store as it was filled; all sizes are a sixteenth of the defaults, so that there are
 * as many levels as in a store 16 times as large.
 */
const small = { memtableSize: MIB };
const shape = { levelSize: 16 * MIB, segmentSize: MIB };
const shapes: Record<string, EngineOptions> = {
  "defaults": { ...small, compaction: shape },
  "threshold 2": { ...small, compaction: { ...shape, threshold: 2 } },
  "threshold 12": { ...small, compaction: { ...shape, threshold: 12 } },
  "levelSize / 4": { ...small, compaction: { ...shape, levelSize: 4 * MIB } },
  "levelRatio 4": { ...small, compaction: { ...shape, levelRatio: 4 } },
  "levelRatio 20": { ...small, compaction: { ...shape, levelRatio: 20 } },
  "segmentSize / 4": {
    ...small,
    compaction: { ...shape, segmentSize: MIB / 4 },
  },
  "segmentSize x 4": {
    ...small,
    compaction: { ...shape, segmentSize: 4 * MIB },
  },
  "memtableSize x 4": { memtableSize: 4 * MIB, compaction: shape },
};

/**
 * Times of the processor in milliseconds; the others are counts, which do not vary with the
 * machine.
 */
interface Measures {
  fill: number;
  get: number;
  scan: number;
  /** Bytes that flushes and compactions wrote for each byte that was put. */
  writeAmplification: number;
  /** Bytes on disk for each byte of the records that are there. */
  space: number;
  /** Reads from storage for each get. */
  blocksPerGet: number;
  /** Files that are open. */
  segments: number;
}

const order = shuffled(records);
// The first run is slower for all of them: it is not counted.
await measure({}, true);
await compare("compacted", settings, true);
await compare("as filled, a sixteenth of all sizes", shapes, false);

async function compare(
  title: string,
  all: Readonly<Record<string, EngineOptions>>,
  isCompacted: boolean,
): Promise<void> {
  const found = new Map(
    Object.keys(all).map((name) => [name, [] as Measures[]]),
  );
  for (let round = 0; round < rounds; round++) {
    const turn = Object.entries(all);
    // Every round begins with another one.
    turn.push(...turn.splice(0, Math.floor(round * turn.length / rounds)));
    for (const [name, options] of turn) {
      const measures = await measure(options, isCompacted);
      found.get(name)!.push(measures);
      console.error(`${round + 1} ${name}`);
    }
  }
  print(title, found);
}

async function measure(
  options: EngineOptions,
  isCompacted: boolean,
): Promise<Measures> {
  const folder = mkdtempSync(join(tmpdir(), "purekv-options-"));
  try {
    await using db = await open(folder, { ...options, sync: false });
    const fill = await timed(async () => {
      await fillStore(db);
      await db.flush();
    });
    const { flush, compaction } = db.stats();
    if (isCompacted) await db.compact();
    const before = db.stats();
    const get = await timed(() => readRandom(db));
    const after = db.stats();
    const scan = await timed(() => scanAll(db));
    const raw = rawBytes();
    return {
      fill,
      get,
      scan,
      // A fifth is put twice.
      writeAmplification: (flush.bytesWritten + compaction.bytesWritten) /
        (raw * 1.2),
      space: after.bytesOnDisk / raw,
      segments: before.levels.reduce((sum, { segments }) => sum + segments, 0),
      blocksPerGet: (after.cache.misses - before.cache.misses) / READS,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fillStore(db: KvEngine<string, string>): Promise<void> {
  let last: Promise<void> | undefined;
  for (let i = 0; i < records * 1.2; i++) {
    const number = order[i % records]!;
    last = db.put(keyOf(number), valueOf(number + i));
    if (i % IN_FLIGHT === 0) await last;
  }
  await last;
}

function readRandom(db: KvEngine<string, string>): void {
  for (let i = 0; i < READS; i++) {
    const key = keyOf(order[(i * 7919) % records]!);
    if (db.getSync(key) === undefined) throw new Error(`${key} is missing`);
  }
}

function scanAll(db: KvEngine<string, string>): void {
  let count = 0;
  for (const _ of db.scanSync()) count++;
  if (count !== records) throw new Error(`${count} of ${records}`);
}

function keyOf(number: number): string {
  return `user:${String(number).padStart(11, "0")}`;
}

/** JSON as applications store it, of about 200 bytes: it compresses by half or more. */
function valueOf(number: number): string {
  const mixed = Math.imul(number + 1, 2_654_435_761) >>> 0;
  return JSON.stringify({
    id: number,
    name: `User ${mixed.toString(36)}`,
    email: `${mixed.toString(16)}@example.com`,
    active: mixed % 3 === 0,
    created: new Date(1.7e12 + mixed).toISOString(),
    tags: ["alpha", "beta", `t${mixed % 97}`],
    balance: mixed % 100_000,
  });
}

function rawBytes(): number {
  let bytes = 0;
  for (let i = 0; i < records; i++) {
    bytes += keyOf(i).length + valueOf(i).length;
  }
  return bytes;
}

function shuffled(count: number): Uint32Array {
  const numbers = Uint32Array.from({ length: count }, (_, i) => i);
  let state = 1;
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = state % (i + 1);
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}

async function timed(work: () => void | Promise<void>): Promise<number> {
  const start = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function print(
  title: string,
  found: ReadonlyMap<string, readonly Measures[]>,
): void {
  function median(name: string, field: keyof Measures): number {
    const values = found.get(name)!.map((measures) => measures[field]);
    return values.toSorted((a, b) => a - b)[values.length >> 1]!;
  }
  function ratio(name: string, field: keyof Measures): string {
    const value = median(name, field) / median("defaults", field);
    return value.toFixed(2);
  }
  console.log(
    `${records} records of ${
      Math.round(rawBytes() / records)
    } bytes, ${rounds} rounds, ${title}`,
  );
  console.log(
    "| setting | fill | get | scan | written for each byte put | space | reads for each get | segments |",
  );
  console.log("| - | -: | -: | -: | -: | -: | -: | -: |");
  for (const name of found.keys()) {
    const cells = [
      ratio(name, "fill"),
      ratio(name, "get"),
      ratio(name, "scan"),
      median(name, "writeAmplification").toFixed(2),
      median(name, "space").toFixed(2),
      median(name, "blocksPerGet").toFixed(3),
      String(median(name, "segments")),
    ];
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}
