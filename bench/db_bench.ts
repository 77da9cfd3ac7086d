/**
 * The workloads of LevelDB's db_bench, on purekv:
 *
 *     deno task bench:db
 *     bun bench/db_bench.ts
 *     node bench/db_bench.ts --num=100000 --benchmarks=fillrandom,readrandom
 *
 * `--help` names the flags. Fills begin with an empty store and put every key once; all other
 * workloads go on with the store that is there. A fill is over when the last write is acknowledged;
 * flush and compaction are then waited for, which is shown beside it. Reads run over segments in
 * cache, after one pass that is not measured and that compares every value with what was written.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "./common/measure.ts";
import { readFlags } from "./db/flags.ts";
import type { Flags } from "./db/flags.ts";
import {
  describeEnd,
  describeSetup,
  printMemory,
  printRow,
  printSetup,
  printShape,
  type Row,
} from "./db/report.ts";
import { purekv, type PurekvStore } from "./engines/purekv.ts";
import { BENCHMARKS, runOnce, type Timing } from "./workloads/run.ts";
import { Session } from "./workloads/session.ts";

// `deno bench` loads this file too.
if (import.meta.main) await main();

async function main(): Promise<void> {
  const flags = readFlags();
  const temporary = flags.db === undefined
    ? mkdtempSync(join(tmpdir(), "purekv-bench-"))
    : undefined;
  const folder = join(temporary ?? flags.db!, "purekv-bench");
  const session = new Session(purekv, folder, flags);
  try {
    await runAll(session, flags);
  } finally {
    await session.close();
    if (temporary) rmSync(temporary, { recursive: true, force: true });
  }
}

async function runAll(
  session: Session<PurekvStore>,
  flags: Flags,
): Promise<void> {
  const rows: Row[] = [];
  if (!flags.json) printSetup(flags);
  for (const name of flags.benchmarks) {
    const row = await runBenchmark(name, session, flags);
    rows.push(row);
    if (flags.json) continue;
    printRow(row);
    if (BENCHMARKS[name]!.writes) {
      printShape("then", session.store.db.stats(), flags);
    }
  }
  if (!flags.json) return printMemory();
  const end = describeEnd(session.store.db.stats(), flags);
  console.log(JSON.stringify({ ...describeSetup(flags), rows, end }, null, 2));
}

async function runBenchmark(
  name: string,
  session: Session<PurekvStore>,
  flags: Flags,
): Promise<Row> {
  const benchmark = BENCHMARKS[name]!;
  const timings: Timing[] = [];
  const rounds = name === "compact" ? 1 : flags.rounds;
  for (let round = 0; round < rounds; round++) {
    const verified = { reads: round > 0, writes: round > 0 };
    timings.push((await runOnce(benchmark, session, verified))!);
  }
  const { operations, movesData, state } = timings.at(-1)!;
  const ms = median(timings.map(({ ms }) => ms));
  const bytes = movesData ? operations * (flags.keySize + flags.valueSize) : 0;
  return {
    name,
    state,
    operations,
    roundsMs: timings.map(({ ms }) => ms),
    opsPerSecond: operations / ms * 1e3,
    microsPerOp: ms * 1e3 / operations,
    megabytesPerSecond: movesData ? bytes / ms / 1e3 : undefined,
    longestStallMs: benchmark.writes
      ? Math.max(...timings.map(({ longestStallMs }) => longestStallMs))
      : undefined,
    untilIdleMs: benchmark.writes
      ? median(timings.map(({ untilIdleMs }) => untilIdleMs))
      : undefined,
  };
}
