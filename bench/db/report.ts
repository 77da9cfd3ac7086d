import type { KvStats } from "../../mod.ts";
import type { Flags } from "./flags.ts";
import { describeMachine } from "../common/machine.ts";
import { peakMemoryBytes } from "../common/measure.ts";
import { rawBytes } from "../common/sizes.ts";

/** One line of the result. */
export interface Row {
  readonly name: string;
  /** What had been done to the store. */
  readonly state: string;
  readonly operations: number;
  /** Duration of each round, in milliseconds. */
  readonly roundsMs: readonly number[];
  readonly opsPerSecond: number;
  readonly microsPerOp: number;
  readonly megabytesPerSecond: number | undefined;
  /** Longest time in which no other task had its turn, in milliseconds; of writes only. */
  readonly longestStallMs: number | undefined;
  /**
   * Until flush and compaction had caught up, from the end of the workload, in milliseconds; of
   * writes only.
   */
  readonly untilIdleMs: number | undefined;
}

/** What the numbers belong to. */
export function describeSetup(flags: Flags): Record<string, unknown> {
  return {
    ...describeMachine(),
    entries: flags.num,
    keyBytes: flags.keySize,
    valueBytes: flags.valueSize,
    rawBytes: rawBytes(flags),
    cacheBytes: flags.cache,
    inFlight: flags.inFlight,
    batch: flags.batch,
    syncNum: flags.syncNum,
    rounds: flags.rounds,
    seed: flags.seed,
  };
}

export function printSetup(flags: Flags): void {
  const setup = describeSetup(flags);
  for (const [name, value] of Object.entries(setup)) {
    const shown = typeof value === "number" ? grouped(value) : value;
    console.log(`${name.padEnd(12)}${shown}`);
  }
  console.log();
  console.log(
    line("workload", "store", [
      "ops/s",
      "us/op",
      "MB/s",
      "stall ms",
      "idle ms",
    ]),
  );
}

export function printRow(row: Row): void {
  console.log(line(row.name, row.state, [
    grouped(row.opsPerSecond),
    row.microsPerOp.toFixed(3),
    row.megabytesPerSecond?.toFixed(1) ?? "-",
    row.longestStallMs?.toFixed(1) ?? "-",
    row.untilIdleMs?.toFixed(0) ?? "-",
  ]));
}

function line(name: string, state: string, cells: readonly string[]): string {
  return name.padEnd(14) + state.padEnd(16) +
    cells.map((cell) => cell.padStart(11)).join("");
}

/** What is left at the end: the shape of the store, and what it took. */
export function describeEnd(
  stats: KvStats,
  flags: Flags,
): Record<string, unknown> {
  return {
    levels: stats.levels.map(({ segments, bytes }) => ({ segments, bytes })),
    bytesOnDisk: stats.bytesOnDisk,
    rawBytes: rawBytes(flags),
    flush: stats.flush,
    compaction: stats.compaction,
    cache: stats.cache,
    peakMemoryBytes: peakMemoryBytes(),
  };
}

/** Says how the store lies on disk. */
export function printShape(when: string, stats: KvStats, flags: Flags): void {
  const levels = stats.levels.map(({ segments, bytes }, level) =>
    segments > 0 ? `L${level} ${segments} x ${megabytes(bytes)}` : ""
  ).filter(Boolean);
  const ratio = stats.bytesOnDisk / rawBytes(flags);
  console.log(
    `  ${when}: ${megabytes(stats.bytesOnDisk)} on disk, ${
      ratio.toFixed(2)
    } of raw; ${levels.join(", ") || "no segments"}`,
  );
}

export function printMemory(): void {
  console.log(
    `\nPeak memory, keys and values of the benchmark included: ${
      megabytes(peakMemoryBytes())
    }`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
