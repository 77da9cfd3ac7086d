import type { Sizes } from "../common/sizes.ts";

/** One run of db_bench. */
export interface Invocation {
  /** Its benchmarks, in order. One that stands there twice is warmed up by the first. */
  readonly benchmarks: readonly string[];
  readonly flags: Readonly<Record<string, string | number | boolean>>;
  /** Whether it works on what the last one left. */
  readonly goesOn?: boolean;
  /**
   * Which of its lines are which figures; of several lines with the same benchmark, the last one.
   */
  readonly figures: readonly {
    readonly benchmark: string;
    readonly workload: string;
  }[];
  /** The figure under which the size of its files goes. */
  readonly space?: string;
}

/** Random order, every key once, and all that follows from it. */
const LOAD = ["filluniquerandom", "waitforcompaction"];
/** Entries that stay in the preset MemTable of db_bench. */
const MEMTABLE_ENTRIES = 100_000;
const MANY = 100;

/** What stands for the workloads of a suite. Those without a counterpart are left out. */
export function invocationsOf(
  suite: string,
  sizes: Sizes,
): readonly Invocation[] {
  return (SUITES[suite] ?? (() => []))(sizes);
}

const SUITES: Readonly<
  Record<string, (sizes: Sizes) => readonly Invocation[]>
> = {
  write: ({ batch }) => [
    fill("fillseq", ["fillseq"], {}),
    fill("fillrandom", ["fillrandom", "fillawaited"], {}),
    fill("fillseq", ["fillbatch"], { batch_size: batch }),
    fill("fillrandom", ["fillrandombatch"], { batch_size: batch }),
  ],
  sync: ({ num, batch, syncNum }) => [
    fill("fillrandom", ["fillsync"], { sync: true, num: syncNum }),
    fill("fillrandom", ["fillsyncbatch"], {
      sync: true,
      num: Math.min(num, 100 * batch),
      batch_size: batch,
    }),
  ],
  memtable: ({ num, operations }) => [{
    benchmarks: ["filluniquerandom", "readrandom", "readrandom"],
    flags: {
      num: Math.min(num, MEMTABLE_ENTRIES),
      reads: operations,
      write_buffer_size: 64 << 20,
    },
    figures: [{ benchmark: "readrandom", workload: "readmemtable" }],
  }],
  read: ({ num, operations }) => [
    {
      benchmarks: [...LOAD, ...twice("readrandom", "readmissing")],
      flags: { reads: operations },
      figures: same("readrandom", "readmissing"),
    },
    again(twice("readseq", "readreverse"), same("readseq", "readreverse"), {
      reads: num,
    }),
    again(twice("multireadrandom"), [{
      benchmark: "multireadrandom",
      workload: "getmany",
    }], { reads: operations, batch_size: MANY, multiread_batched: true }),
    ...[10, 100].map((entries) =>
      again(twice("seekrandom"), [{
        benchmark: "seekrandom",
        workload: `seekrandom${entries}`,
      }], {
        reads: Math.ceil(operations / entries),
        seek_nexts: entries,
      })
    ),
  ],
  change: ({ operations }) => [
    {
      benchmarks: [...LOAD, "overwrite", "waitforcompaction", "deleterandom"],
      flags: { deletes: operations },
      figures: same("overwrite", "deleterandom"),
    },
  ],
  space: () => [
    { benchmarks: LOAD, flags: {}, figures: [], space: "space" },
    {
      benchmarks: ["compact"],
      flags: { use_existing_db: true },
      goesOn: true,
      figures: [],
      space: "spacecompacted",
    },
  ],
};

function fill(
  benchmark: string,
  workloads: readonly string[],
  flags: Invocation["flags"],
): Invocation {
  const figures = workloads.map((workload) => ({ benchmark, workload }));
  return { benchmarks: [benchmark], flags, figures };
}

function again(
  benchmarks: readonly string[],
  figures: Invocation["figures"],
  flags: Invocation["flags"],
): Invocation {
  return {
    benchmarks,
    flags: { ...flags, use_existing_db: true },
    goesOn: true,
    figures,
  };
}

function twice(...names: readonly string[]): string[] {
  return names.flatMap((name) => [name, name]);
}

function same(...names: readonly string[]): Invocation["figures"] {
  return names.map((name) => ({ benchmark: name, workload: name }));
}
