/**
 * What purekv is to reach, as ratios to other engines in the same run and as figures of its own.
 */
import { FLOOR } from "./engines/engines.ts";
import { Figures, OURS, type Results } from "./peers/results.ts";
import { MEMTABLE_BYTES } from "./workloads/session.ts";
import { SMALL_CACHE_BYTES } from "./workloads/sustained.ts";

/** How far a goal is reached. */
export interface Verdict {
  readonly goal: string;
  /** The figure in question; undefined where the run does not tell. */
  readonly value: number | undefined;
  readonly bound: number;
  /** Whether the value is to be above or below the bound. */
  readonly isCeiling: boolean;
  readonly reached: boolean | undefined;
}

/** A goal: a value, and the bound that it must not miss. */
interface Goal {
  readonly goal: string;
  readonly bound: number;
  readonly isCeiling?: boolean;
  value(run: Run): number | undefined;
}

interface Run {
  readonly results: Results;
  readonly figures: Figures;
  /** A run with fewer records. */
  readonly smaller: Figures | undefined;
}

const ROCKSDB = "rocksdb";
const MIB = 2 ** 20;

/** The run with so many records that the last goals speak of. */
const MANY_RECORDS = 10_000_000;

/** Timed workloads whose cost is not to grow with the store. */
const GROWING = [
  "fillseq",
  "fillrandom",
  "fillrandombatch",
  "overwrite",
  "deleterandom",
  "readrandom",
  "readmissing",
  "readawaited",
  "readseq",
  "readreverse",
];

const GOALS: readonly Goal[] = [
  lead("puts in flight", "fillrandom", 5, "any JavaScript peer"),
  lead("puts in flight", "fillrandom", 3, ROCKSDB),
  floor("puts in flight, ops/s", "fillrandom", 1_000_000),
  lead("batches", "fillrandombatch", 2, "any peer"),
  lead("synced puts in flight", "fillsyncflight", 4, "lmdb"),
  floor("lone synced writer, x append", "fillsyncappend", 0.9),
  lead("getSync from the MemTable", "readmemtable", 5, "lmdb"),
  lead("getSync from segments", "readrandom", 2, "lmdb"),
  lead("getSync from segments", "readrandom", 2, ROCKSDB),
  lead("get awaited", "readawaited", 1.5, "lmdb"),
  lead("get of absent keys", "readmissing", 4, "any peer"),
  ...["readseq", "readreverse"].flatMap((workload) => [
    lead("scan", workload, 4, "lmdb"),
    lead("scan", workload, 4, "classic-level"),
    lead("scan", workload, 1.2, "bun-sqlite"),
  ]),
  ...["readwhilewriting", "ycsba", "ycsbb", "ycsbc"].concat(
    ["ycsbd", "ycsbe", "ycsbf"],
  ).map((workload) => lead("first", workload, 1, "any JavaScript peer")),
  floor("log replay, MB/s", "replay", 300),
  ceiling("files after load and compaction, x raw", "spacecompacted", 1.05),
  ceiling("longest stall of the event loop, ms", "sustainedstall", 10),
  ceiling("99.9th percentile of a put, ms", "sustainedp999", 2),
  ceiling(
    "memory gained by a load: cacheSize, memtableSize and 64 MiB, in MiB",
    "memory",
    (SMALL_CACHE_BYTES + MEMTABLE_BYTES) / MIB + 64,
  ),
  {
    goal: "open of 10 M records after a clean close, ms",
    bound: 100,
    isCeiling: true,
    value: ({ results, figures }) =>
      results.sizes.num >= MANY_RECORDS
        ? figures.median("open", OURS)
        : undefined,
  },
  {
    goal: "cost of an operation at 10 M records, x that at fewer; the worst",
    bound: 1.5,
    isCeiling: true,
    value: ({ results, figures, smaller }) =>
      results.sizes.num >= MANY_RECORDS && smaller !== undefined
        ? worstGrowth(figures, smaller)
        : undefined,
  },
];

/** Judges a run. `smaller` is one with fewer records, if there is one. */
export function judge(results: Results, smaller?: Results): Verdict[] {
  const run: Run = {
    results,
    figures: new Figures(results),
    smaller: smaller === undefined ? undefined : new Figures(smaller),
  };
  return GOALS.map(({ goal, bound, isCeiling = false, value: valueOf }) => {
    const value = valueOf(run);
    const reached = value === undefined
      ? undefined
      : isCeiling
      ? value <= bound
      : value >= bound;
    return { goal, value, bound, isCeiling, reached };
  });
}

/** A lead over one engine, or over the best of several. */
function lead(
  what: string,
  workload: string,
  bound: number,
  over: "any JavaScript peer" | "any peer" | string,
): Goal {
  return {
    goal: `${what} (${workload}), x ${over}`,
    bound,
    value({ results, figures }) {
      const leads = results.engines
        .map(({ name }) => name)
        .filter((name) => name !== OURS && isMeant(name, over))
        .map((name) => figures.lead(workload, name))
        .filter((ratio) => ratio !== undefined);
      return leads.length > 0 ? Math.min(...leads) : undefined;
    },
  };
}

function isMeant(name: string, over: string): boolean {
  if (name === FLOOR) return false;
  if (over === "any peer") return true;
  return over === "any JavaScript peer" ? name !== ROCKSDB : name === over;
}

function floor(goal: string, workload: string, bound: number): Goal {
  return {
    goal: `${goal} (${workload})`,
    bound,
    value: ({ figures }) => figures.median(workload, OURS),
  };
}

function ceiling(goal: string, workload: string, bound: number): Goal {
  return { ...floor(goal, workload, bound), isCeiling: true };
}

function worstGrowth(figures: Figures, smaller: Figures): number | undefined {
  const growths = GROWING.flatMap((workload) => {
    const now = figures.median(workload, OURS);
    const before = smaller.median(workload, OURS);
    return now === undefined || before === undefined ? [] : [before / now];
  });
  return growths.length > 0 ? Math.max(...growths) : undefined;
}
