/**
 * The workloads of LevelDB's db_bench, on purekv:
 *
 *     deno task bench:db
 *     bun bench/db_bench.ts
 *     node bench/db_bench.ts --num=100000 --benchmarks=fillrandom,readrandom
 *
 * `--help` names the flags. Fills begin with an empty store and put every key once; all other workloads go on with the
 * store that is there. A fill is over when the last write is acknowledged; flush and compaction are then waited for, which
 * is shown beside it. Reads run over segments in cache, after one pass that is not measured and that compares every value
 * with what was written.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BenchStore } from "./db/bench_store.ts";
import { Data } from "./db/data.ts";
import { readFlags } from "./db/flags.ts";
import { median, StallProbe } from "./db/measure.ts";
import {
  describeEnd,
  describeSetup,
  printMemory,
  printRow,
  printSetup,
  printShape,
  type Row,
} from "./db/report.ts";
import {
  type Benchmark,
  BENCHMARKS,
  load,
  type Setting,
} from "./db/workloads.ts";

// `deno bench` loads this file too.
if (import.meta.main) await main();

async function main(): Promise<void> {
  const flags = readFlags();
  const temporary = flags.db === undefined
    ? mkdtempSync(join(tmpdir(), "purekv-bench-"))
    : undefined;
  const folder = join(temporary ?? flags.db!, "purekv-bench");
  const setting: Setting = {
    store: new BenchStore(folder, flags),
    data: new Data(flags),
    flags,
  };
  try {
    await runAll(setting);
  } finally {
    await setting.store.close();
    if (temporary) rmSync(temporary, { recursive: true, force: true });
  }
}

async function runAll(setting: Setting): Promise<void> {
  const { store, flags } = setting;
  const rows: Row[] = [];
  if (!flags.json) printSetup(flags);
  for (const name of flags.benchmarks) {
    const row = await runBenchmark(name, setting);
    rows.push(row);
    if (flags.json) continue;
    printRow(row);
    if (BENCHMARKS[name]!.writes) {
      printShape("then", store.db.stats(), flags);
    }
  }
  if (!flags.json) return printMemory();
  const end = describeEnd(store.db.stats(), flags);
  console.log(JSON.stringify({ ...describeSetup(flags), rows, end }, null, 2));
}

async function runBenchmark(name: string, setting: Setting): Promise<Row> {
  const benchmark = BENCHMARKS[name]!;
  const { store, flags } = setting;
  const probe = new StallProbe();
  const roundsMs: number[] = [];
  const idleMs: number[] = [];
  let longestStallMs = 0;
  let state = "";
  let operations = 0;
  let movesData = false;
  const rounds = name === "compact" ? 1 : flags.rounds;
  for (let round = 0; round < rounds; round++) {
    await makeReady(benchmark, setting);
    const workload = await benchmark.prepare(setting);
    ({ operations, movesData } = workload);
    state = store.state;
    if (round === 0) await workload.verify?.();
    if (benchmark.writes) probe.start();
    const start = performance.now();
    await workload.run();
    const end = performance.now();
    roundsMs.push(end - start);
    if (!benchmark.writes) continue;
    longestStallMs = Math.max(longestStallMs, probe.stop());
    await store.settle();
    idleMs.push(performance.now() - end);
  }
  const ms = median(roundsMs);
  const bytes = movesData ? operations * (flags.keySize + flags.valueSize) : 0;
  return {
    name,
    state,
    operations,
    roundsMs,
    opsPerSecond: operations / ms * 1e3,
    microsPerOp: ms * 1e3 / operations,
    megabytesPerSecond: movesData ? bytes / ms / 1e3 : undefined,
    longestStallMs: benchmark.writes ? longestStallMs : undefined,
    untilIdleMs: benchmark.writes ? median(idleMs) : undefined,
  };
}

/** Brings the store into the state that the benchmark starts from. */
async function makeReady(
  { needs }: Benchmark,
  setting: Setting,
): Promise<void> {
  const { store, data } = setting;
  if (needs === "fresh") return await store.reset();
  if (store.filled === data.num) return;
  await store.reset();
  await load(setting);
}
