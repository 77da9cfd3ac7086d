/** Workloads that share a process and, where they can, a store; in this order. */
export const SUITES = {
  write: ["fillseq", "fillrandom", "fillawaited", "fillbatch"].concat([
    "fillrandombatch",
  ]),
  sync: ["fillsync", "fillsyncappend", "fillsyncflight", "fillsyncbatch"],
  memtable: ["readmemtable"],
  read: [
    "readrandom",
    "readhot",
    "readmissing",
    "readawaited",
    "readmissingawaited",
    "getmany",
    "readseq",
    "readreverse",
    "scanawaited",
    "seekrandom10",
    "seekrandom100",
    "open",
  ],
  change: ["overwrite", "readwhilewriting", "deleterandom"],
  ycsb: ["ycsba", "ycsbb", "ycsbc", "ycsbf", "ycsbd", "ycsbe"],
  space: ["space"],
  crash: ["opencrash", "replay"],
  sustained: ["sustained"],
} as const satisfies Record<string, readonly string[]>;

export type SuiteName = keyof typeof SUITES;
