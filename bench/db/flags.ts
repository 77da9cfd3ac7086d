import { parseArgs } from "node:util";
import {
  countReader,
  readOrExit,
  readSizes,
  type Sizes,
} from "../common/sizes.ts";
import { BENCHMARKS } from "../workloads/run.ts";

/** What is run, on what. */
export interface Flags extends Sizes {
  /** Names of workloads, in the order in which they run. */
  readonly benchmarks: readonly string[];
  /** Folder in which the store is kept; a temporary one if there is none. */
  readonly db: string | undefined;
  /** How often each workload is run; the median counts. */
  readonly rounds: number;
  /** Whether to print JSON instead of a table. */
  readonly json: boolean;
}

const PRESETS = [
  // First: it measures waits for memory, and in a process that has been through a fill they take a
  // fifth longer in Bun.
  "readmemtable",
  "fillsync",
  "fillseq",
  "fillbatch",
  "fillsorted",
  "fillrandom",
  "readrandom",
  "readmissing",
  "readhot",
  "readawaited",
  "readseq",
  "readreverse",
  "scanawaited",
  // Without it nothing would be left to compact.
  "overwrite",
  "compact",
  "readrandom",
  "readmissing",
  "readhot",
  "readawaited",
  "readseq",
  "readreverse",
  "scanawaited",
  "deleterandom",
];

const USAGE = `Usage: db_bench.ts [flags]

  --benchmarks=A,B   what to run, in this order (default: all)
  --num=N            entries of a full store (1,000,000)
  --key-size=BYTES   zero-padded decimal keys (16)
  --value-size=BYTES (100)
  --in-flight=N      unsynced writes that are waited for together (1,000)
  --batch=N          writes in a batch of fillbatch (1,000)
  --sync-num=N       writes of fillsync, each waited for (1,000)
  --cache=BYTES      block cache (default: holds the whole store)
  --db=FOLDER        keep the store in FOLDER/purekv-bench
  --rounds=N         runs of each workload; the median is shown (1)
  --seed=N           (1)
  --json             print JSON

Benchmarks: ${Object.keys(BENCHMARKS).join(", ")}`;

/** Reads the command line; prints how it is used and ends the process if it makes no sense. */
export function readFlags(): Flags {
  return readOrExit(parseFlags, USAGE);
}

function parseFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      "benchmarks": { type: "string" },
      "num": { type: "string" },
      "key-size": { type: "string" },
      "value-size": { type: "string" },
      "in-flight": { type: "string" },
      "batch": { type: "string" },
      "sync-num": { type: "string" },
      "cache": { type: "string" },
      "db": { type: "string" },
      "rounds": { type: "string" },
      "seed": { type: "string" },
      "json": { type: "boolean" },
    },
  });
  const count = countReader(values);
  return {
    ...readSizes(count, (num) => num),
    benchmarks: readBenchmarks(values.benchmarks),
    db: values.db,
    rounds: count("rounds", 1),
    json: values.json ?? false,
  };
}

function readBenchmarks(value: string | undefined): readonly string[] {
  const names = value?.split(",") ?? PRESETS;
  const unknown = names.find((name) => !Object.hasOwn(BENCHMARKS, name));
  if (unknown === undefined) return names;
  throw new Error(`Invalid flag --benchmarks: there is no ${unknown}`);
}
