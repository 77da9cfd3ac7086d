import { type Codec, json, type Tuple, tuple, utf8 } from "../../mod.ts";
import type { EngineOptions } from "../../src/options.ts";
import type { Random } from "../../src/testing/random.ts";
import { BEHIND_ALL, type Operation, type Write } from "./operations.ts";
import { DROPS } from "./parted.ts";

/** How the texts of a simulation are stored: it has its own form of keys and values. */
export interface Face<K = unknown, V = unknown> {
  readonly keys: Codec<K>;
  readonly values: Codec<V>;
  key(text: string): K;
  value(text: string): V;
  /** Back from what the store has answered. */
  textOfKey(key: K): string;
  textOfValue(value: V): string;
}

/** A kind of use, from which a seed makes a history. */
export interface Workload {
  readonly name: string;
  readonly options: EngineOptions;
  readonly face: Face;
  /** Whether the storage answers at once. */
  readonly synchronous: boolean;
  /** Which calls of the storage are held up now and then. */
  readonly slow: "none" | "any" | "flushes";
  /** Whether keys are spread over keyspaces. Only for the face of texts. */
  readonly isParted: boolean;
  readonly mix: Mix;
}

/** What happens how often, and to what. */
interface Mix {
  readonly operations: number;
  readonly keys: number;
  /** Of ten writes, how many are deletes. */
  readonly deletes: number;
  /** Of ten writes, how many delete a range. */
  readonly ranges: number;
  /** Of ten range deletes, how many are of a whole keyspace. */
  readonly drops: number;
  /** Of ten writes, how many are synced. */
  readonly synced: number;
  /** Of ten operations, how many are waited for. */
  readonly awaited: number;
  /** The most writes of a batch; 1: no batches. */
  readonly batch: number;
  readonly largestValue: number;
  /** Other actions, each as often as it is named; writes are as many as `writes`. */
  readonly writes: number;
  readonly others: readonly Other[];
}

type Other =
  | "import"
  | "sync"
  | "flush"
  | "compact"
  | "reopen"
  | "get"
  | "scan"
  | "takeSnapshot"
  | "readSnapshot"
  | "openScan"
  | "stepScan"
  | "endScan"
  | "pause";

const tiny: EngineOptions = {
  memtableSize: 64 * 1024,
  memtableEntries: 8,
  blockSize: 256,
  cacheSize: 64 * 1024,
  compaction: {
    threshold: 2,
    levelSize: 64 * 1024,
    levelRatio: 2,
    segmentSize: 16 * 1024,
  },
};

/** Leaves larger segments of level 0 out when newer ones are merged. */
const patient: EngineOptions["compaction"] = {
  ...tiny.compaction,
  threshold: 3,
};

const text: Face<string, string> = {
  keys: utf8,
  values: utf8,
  key: (text) => text,
  value: (text) => text,
  textOfKey: (key) => key,
  textOfValue: (value) => value,
};

const typed: Face<Tuple, { text: string }> = {
  keys: tuple,
  values: json(),
  key: (text) => ["key", Number(text.slice(1))],
  value: (text) => ({ text }),
  textOfKey: (key) => `k${String(key[1]).padStart(2, "0")}`,
  textOfValue: (value) => value.text,
};

const usual: Mix = {
  operations: 40,
  keys: 12,
  deletes: 2,
  ranges: 0,
  drops: 0,
  synced: 5,
  awaited: 6,
  batch: 1,
  largestValue: 40,
  writes: 10,
  others: ["get", "scan"],
};

/** What snapshots and scans take at the least. */
const looking: readonly Other[] = [
  "takeSnapshot",
  "readSnapshot",
  "openScan",
  "stepScan",
];

const reading: readonly Other[] = [
  ...looking,
  "stepScan",
  "endScan",
  "flush",
  "compact",
];

/** All of them. */
export const workloads: readonly Workload[] = [
  workload("synced", {
    mix: { synced: 10, awaited: 10 },
    options: { memtableEntries: 100 },
  }),
  workload("synced on slow storage", {
    mix: { synced: 9, awaited: 8, others: ["reopen", "get", "pause"] },
    options: { memtableEntries: 30 },
    synchronous: false,
    slow: "any",
  }),
  workload("mixed", { mix: { awaited: 4 }, options: { memtableEntries: 100 } }),
  workload("batches", { mix: { batch: 9, awaited: 5 } }),
  workload("overwrites", { mix: { keys: 3, operations: 50 } }),
  workload("deletes", { mix: { deletes: 6, keys: 8, operations: 50 } }),
  workload("tables", {
    mix: { operations: 60, synced: 2, others: ["get", "pause"] },
    options: { memtableEntries: 2 },
  }),
  workload("readers", {
    mix: {
      keys: 8,
      operations: 60,
      others: reading,
    },
    options: { memtableEntries: 4 },
  }),
  workload("large values", {
    mix: { largestValue: 9_000, operations: 25, synced: 3 },
  }),
  workload("syncs", { mix: { synced: 0, others: ["sync", "sync", "get"] } }),
  workload("maintenance", {
    mix: { synced: 3, others: ["flush", "compact", "flush", "scan", "pause"] },
  }),
  workload("reopens", {
    mix: { synced: 3, others: ["reopen", "reopen", "scan", "get"] },
  }),
  // Small segments over a large level 1: those of level 0 are merged with one another.
  workload("sessions", {
    mix: {
      keys: 60,
      deletes: 3,
      operations: 100,
      synced: 3,
      largestValue: 3_000,
      others: ["reopen", "reopen", "flush", "flush", "pause", "takeSnapshot"],
    },
    options: { memtableEntries: 6, compaction: patient },
  }),
  workload("sessions on slow storage", {
    mix: {
      keys: 60,
      deletes: 3,
      ranges: 1,
      operations: 80,
      awaited: 4,
      synced: 2,
      largestValue: 3_000,
      others: ["flush", "flush", "pause", "scan", "takeSnapshot"],
    },
    options: { memtableEntries: 4, compaction: patient },
    synchronous: false,
    slow: "any",
  }),
  workload("codecs", {
    mix: { batch: 3, others: ["flush", "scan", "get", "pause"] },
    options: { compression: "deflate", blockSize: 1024 },
    face: typed as Face,
  }),
  workload("promises", {
    mix: { awaited: 3, batch: 3, others: ["flush", "sync", "get", "pause"] },
    options: { memtableEntries: 4 },
    synchronous: false,
  }),
  workload("slow storage", {
    mix: { awaited: 2, synced: 2, others: ["pause", "pause", "get", "sync"] },
    options: { memtableEntries: 3 },
    synchronous: false,
    slow: "any",
  }),
  workload("piled logs", {
    mix: { awaited: 2, synced: 1, batch: 3, others: ["pause"] },
    options: { memtableEntries: 3 },
    slow: "flushes",
  }),
  workload("ranges", {
    mix: {
      ranges: 3,
      synced: 3,
      operations: 60,
      others: ["flush", "flush", "compact", "pause", "pause", "scan"],
    },
    options: { memtableEntries: 4 },
  }),
  workload("ranges and readers", {
    mix: {
      ranges: 3,
      keys: 8,
      operations: 60,
      others: reading,
    },
    options: { memtableEntries: 4 },
  }),
  workload("ranges in batches", {
    mix: {
      ranges: 2,
      batch: 5,
      awaited: 3,
      synced: 2,
      others: ["reopen", "flush", "get", "pause", "takeSnapshot", "compact"],
    },
    options: { memtableEntries: 3 },
    synchronous: false,
    slow: "any",
  }),
  workload("keyspaces", {
    mix: {
      ranges: 3,
      batch: 4,
      synced: 3,
      operations: 60,
      drops: 5,
      others: ["flush", "compact", "pause", "scan", "get", "reopen"],
    },
    options: { memtableEntries: 8 },
    isParted: true,
  }),
  workload("keyspaces and readers", {
    mix: {
      ranges: 3,
      drops: 7,
      awaited: 4,
      batch: 3,
      others: [...looking, "stepScan", "endScan", "flush", "compact"],
    },
    options: { memtableEntries: 5 },
    synchronous: false,
    slow: "any",
    isParted: true,
  }),
  workload("imports", {
    mix: {
      largestValue: 200,
      operations: 40,
      ranges: 1,
      others: ["import", "import", "flush", "compact", "reopen", "pause"],
    },
    options: { memtableEntries: 4 },
  }),
  workload("imports and readers", {
    mix: {
      operations: 50,
      ranges: 1,
      others: [...looking, "endScan", "flush", "compact", "import", "import"],
    },
    options: { memtableEntries: 4 },
  }),
  workload("imports of promises", {
    mix: {
      awaited: 3,
      synced: 3,
      ranges: 1,
      others: ["import", "import", "takeSnapshot", "readSnapshot", "pause"],
    },
    options: { memtableEntries: 4 },
    synchronous: false,
    slow: "any",
  }),
];

function workload(
  name: string,
  { mix, options, ...rest }:
    & { mix: Partial<Mix>; options?: EngineOptions }
    & Partial<Pick<Workload, "face" | "synchronous" | "slow" | "isParted">>,
): Workload {
  return {
    name,
    face: text as Face<never, never> as Face,
    synchronous: true,
    slow: "none",
    isParted: false,
    ...rest,
    options: { ...tiny, ...options },
    mix: { ...usual, ...mix },
  };
}

/** Makes a history of a workload, or of its first `count` operations. */
export function operationsOf(
  { mix }: Workload,
  random: Random,
  count: number = mix.operations,
): Operation[] {
  return Array.from(
    { length: count },
    (_, number) => operation(mix, random, number),
  );
}

function operation(mix: Mix, random: Random, number: number): Operation {
  const isAwaited = random.below(10) < mix.awaited;
  const other = mix.others[random.below(mix.writes + mix.others.length)];
  switch (other) {
    case undefined:
      return { ...write(mix, random, number), isAwaited };
    case "import":
      return {
        kind: other,
        entries: sorted(mix, random, number),
        isAwaited: true,
      };
    case "get":
      return { kind: other, key: key(mix, random), isAwaited };
    case "scan":
      return { kind: other, reverse: random.flip(), isAwaited: true };
    case "sync":
    case "flush":
    case "compact":
      return { kind: other, isAwaited };
    default:
      return { kind: other, isAwaited: true };
  }
}

function write(mix: Mix, random: Random, number: number) {
  const count = random.flip() ? 1 : 1 + random.below(mix.batch);
  const writes = Array.from({ length: count }, (_, i): Write => {
    if (mix.ranges > 0 && random.below(10) < mix.ranges) {
      return range(mix, random);
    }
    const isDelete = random.below(10) < mix.deletes;
    const value = valueOf(`${number}.${i} `, mix.largestValue, random);
    return [key(mix, random), isDelete ? undefined : value];
  });
  return {
    kind: "write",
    writes,
    sync: random.below(10) < mix.synced,
  } as const;
}

/** Mostly of a few keys, now and then of all. */
function range({ keys, drops }: Mix, random: Random): Write {
  if (drops > 0 && random.below(10) < drops) {
    return DROPS[random.below(DROPS.length)]!;
  }
  if (random.below(6) === 0) return [keyAt(0), undefined, BEHIND_ALL];
  const first = random.below(keys);
  return [keyAt(first), undefined, keyAt(first + 1 + random.below(4))];
}

/**
 * Entries by ascending key: of a few keys next to one another, which puts seldom use, or of any.
 */
function sorted(mix: Mix, random: Random, number: number): [string, string][] {
  const first = random.below(4) === 0 ? 0 : 20 + random.below(60);
  const length = 1 + random.below(first === 0 ? mix.keys : 10);
  return Array.from({ length }, (_, i) => [
    `k${String(first + i).padStart(2, "0")}`,
    valueOf(`${number}.${i} `, mix.largestValue, random),
  ]);
}

/** A value like no other. Most are short. */
function valueOf(name: string, largest: number, random: Random): string {
  const length = random.below(1 + random.below(1 + largest));
  return name + "x".repeat(length);
}

function key({ keys }: Mix, random: Random): string {
  return keyAt(random.below(keys));
}

function keyAt(number: number): string {
  return `k${String(number).padStart(2, "0")}`;
}
