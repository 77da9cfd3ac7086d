import type { EngineOptions } from "../../../src/options.ts";
import { below, seeded } from "../../codec/random.ts";

/** A put, or, without a value, a delete. */
export type Write = readonly [key: string, value: string | undefined];

/** One call of the engine. */
export interface Operation {
  readonly kind: "write" | "batch" | "flush" | "compact" | "checkpoint";
  readonly writes: readonly Write[];
  readonly sync: boolean;
}

/** What a writer does most. Rates are parts of all its operations. */
export interface Profile {
  readonly name: string;
  readonly underWay: number;
  /** Part of the writes that are synced. */
  readonly sync: number;
  readonly batches: number;
  readonly flushes: number;
  readonly compactions: number;
  readonly checkpoints: number;
  readonly options: EngineOptions;
}

/** Small MemTables and segments: flushes and compactions are always under way. */
const small: EngineOptions = {
  memtableSize: 128 * 1024,
  memtableEntries: 500,
  compaction: {
    threshold: 2,
    levelSize: 256 * 1024,
    levelRatio: 3,
    segmentSize: 64 * 1024,
  },
};

const mixed: Profile = {
  name: "a bit of everything",
  underWay: 24,
  sync: 0.2,
  batches: 0.2,
  flushes: 0.001,
  compactions: 0.0005,
  checkpoints: 0,
  options: small,
};

const profiles: readonly Profile[] = [
  mixed,
  { ...mixed, name: "synced, one by one", underWay: 1, sync: 1 },
  { ...mixed, name: "unsynced", underWay: 300, sync: 0, batches: 0 },
  { ...mixed, name: "batches", underWay: 8, sync: 0.5, batches: 1 },
  {
    ...mixed,
    name: "tiny MemTables",
    flushes: 0.02,
    compactions: 0.01,
    options: { ...small, memtableSize: 64 * 1024, memtableEntries: 40 },
  },
  { ...mixed, name: "checkpoints", checkpoints: 0.01 },
  {
    ...mixed,
    name: "jobs for the worker",
    underWay: 300,
    sync: 0,
    options: { memtableSize: 1100 * 1024, compaction: { threshold: 2 } },
  },
];

/** What the writer of a round does most. */
export function profileOf(round: number): Profile {
  return profiles[round % profiles.length]!;
}

const KEYS = 4_000;

/** All that the writer of a round does, one after the other, without an end. */
export function* operations(
  seed: number,
  round: number,
): Generator<Operation, never> {
  const random = seeded(seed + round);
  const { sync, batches, ...rates } = profileOf(round);
  for (let number = 0;; number++) {
    const isSynced = random() < sync;
    const other = otherKind(random(), rates);
    if (other !== undefined) {
      yield { kind: other, writes: [], sync: isSynced };
      continue;
    }
    const isBatch = random() < batches;
    const count = isBatch ? 2 + below(random, 40) : 1;
    const writes = Array.from(
      { length: count },
      (_, i): Write => [
        `key ${below(random, KEYS)}`,
        random() < 0.2 ? undefined : valueOf(random, `${round}.${number}.${i}`),
      ],
    );
    yield { kind: isBatch ? "batch" : "write", writes, sync: isSynced };
  }
}

function otherKind(
  roll: number,
  { flushes, compactions, checkpoints }: Pick<
    Profile,
    "flushes" | "compactions" | "checkpoints"
  >,
): "flush" | "compact" | "checkpoint" | undefined {
  if (roll < flushes) return "flush";
  if (roll < flushes + compactions) return "compact";
  return roll < flushes + compactions + checkpoints ? "checkpoint" : undefined;
}

/** A value like no other; some are longer than a block, few as long as a MemTable. */
function valueOf(random: () => number, name: string): string {
  const roll = random();
  const repeats = roll < 0.9 ? 5 : roll < 0.999 ? 300 : 8_000;
  return `${name} `.repeat(below(random, repeats) + 1);
}
