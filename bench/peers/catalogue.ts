import type { Unit } from "../workloads/probe.ts";

/** Workloads that share a process and, where they can, a store; in this order. */
export const SUITES: Readonly<Record<string, readonly string[]>> = {
  write: [
    "fillseq",
    "fillrandom",
    "fillawaited",
    "fillbatch",
    "fillrandombatch",
  ],
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
};

/** All workloads, in the order in which they run. */
export const WORKLOADS: readonly string[] = Object.values(SUITES).flat();

/** What a figure is of. */
export interface Caption {
  readonly unit: Unit;
  readonly text: string;
}

/**
 * All figures, in the order in which they are shown. The last ones are the memory of the processes
 * that ran the suites.
 */
export const CAPTIONS: Readonly<Record<string, Caption>> = {
  fillseq: ops("put in key order, 1,000 in flight"),
  fillrandom: ops("put in random order, 1,000 in flight"),
  fillawaited: ops("put in random order, awaited one by one"),
  fillbatch: ops("batches of 1,000 in key order"),
  fillrandombatch: ops("batches of 1,000 in random order"),
  fillsync: ops("synced put, awaited one by one"),
  fillsyncappend: {
    unit: "x append",
    text: "the same, as a share of a bare append and fdatasync",
  },
  fillsyncflight: ops("synced put, 1,000 in flight"),
  fillsyncbatch: ops("synced batches of 1,000"),
  overwrite: ops("put over a full store, 1,000 in flight"),
  deleterandom: ops("delete in random order, 1,000 in flight"),
  readmemtable: ops("get without a promise, newest 12 MiB"),
  readrandom: ops("get without a promise, all keys in random order"),
  readhot: ops("the same, of one key in a hundred"),
  readmissing: ops("the same, of keys that are not there"),
  readawaited: ops("get awaited, all keys in random order"),
  readmissingawaited: ops("get awaited, of keys that are not there"),
  getmany: ops("keys of get-many, 100 at a time"),
  readseq: ops("entries of a scan of everything"),
  readreverse: ops("the same from the last key to the first"),
  scanawaited: ops("the same with promises"),
  seekrandom10: ops("scans of 10 entries from a random key on"),
  seekrandom100: ops("scans of 100 entries from a random key on"),
  readwhilewriting: ops("random reads, and a put for every nine"),
  ycsba: ops("YCSB A: half reads, half updates"),
  ycsbb: ops("YCSB B: 95 % reads, 5 % updates"),
  ycsbc: ops("YCSB C: reads"),
  ycsbd: ops("YCSB D: 95 % reads of the latest, 5 % inserts"),
  ycsbe: ops("YCSB E: 95 % scans of up to 100, 5 % inserts"),
  ycsbf: ops("YCSB F: half reads, half read-modify-write"),
  open: ms("open after a clean close, to the first value"),
  opencrash: ms("open after a crash, to the first value"),
  replay: { unit: "MB/s", text: "log replayed by open after a crash" },
  space: { unit: "x raw", text: "files after a load in random order" },
  spacecompacted: { unit: "x raw", text: "files after a compaction as well" },
  sustained: ops("put, 100 at a time with a turn of the event loop between"),
  sustainedstall: ms("longest stall of the event loop meanwhile"),
  sustainedp999: ms("99.9th percentile of a put meanwhile"),
  memory: mib("memory gained meanwhile and by reads after it"),
  ...Object.fromEntries(
    Object.keys(SUITES).map((suite) => [
      peakName(suite),
      mib(`peak memory of the process, ${suite}`),
    ]),
  ),
};

/** The name of the figure that says how much memory the process of a suite took. */
export function peakName(suite: string): string {
  return `peak ${suite}`;
}

function ops(text: string): Caption {
  return { unit: "ops/s", text };
}

function ms(text: string): Caption {
  return { unit: "ms", text };
}

function mib(text: string): Caption {
  return { unit: "MiB", text };
}
