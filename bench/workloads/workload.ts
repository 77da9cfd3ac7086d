import type { BenchStore, ScanRange, Visit } from "../engines/engine.ts";
import type { Session } from "./session.ts";

/** A workload that is ready to be run. */
export interface Workload {
  readonly operations: number;
  /** Whether keys and values went over the counter; a workload without counts no MB/s. */
  readonly movesData: boolean;
  /** The measured part. What it reads it only counts, as LevelDB's does. */
  run(): void | Promise<void>;
  /**
   * Of reads: the same, comparing each value with what was written. Runs before anything is
   * measured and warms up what `run` needs.
   */
  verify?(): void | Promise<void>;
  /** Of writes: compares what the store holds afterwards with what was written. */
  check?(): void | Promise<void>;
}

/** A workload by its name. */
export interface Benchmark {
  /** What it begins with: an empty store, one with all keys, or one with all keys of YCSB. */
  readonly needs: "fresh" | "full" | "ycsb";
  /** Whether the writes of a fresh store are acknowledged when they are durable. */
  readonly sync?: boolean;
  /**
   * Whether it changes the store: such a one is watched for stalls and for how long work goes on
   * behind it.
   */
  readonly writes: boolean;
  /** Makes all that is not to be measured. Answers nothing if the engine has no API for it. */
  prepare(
    session: Session,
  ): Workload | undefined | Promise<Workload | undefined>;
}

export function wrong(what: string): Error {
  return new Error(`The store gives a wrong answer: ${what}`);
}

/** The counts of what was read have to be right, so that no engine can leave a read undone. */
export function checkBytes(read: number, written: number): void {
  if (read !== written) throw wrong(`${read} bytes instead of ${written}`);
}

/** Goes through a whole store in the way that is fastest for the engine. */
export function scanAll(
  store: BenchStore,
  range: ScanRange,
  visit: Visit,
): void | Promise<void> {
  return store.scanSync === undefined
    ? store.scan?.(range, visit)
    : store.scanSync(range, visit);
}

/** All entries that a store is to hold, in the order of their keys. */
export interface Expected {
  readonly count: number;
  key(index: number): string;
  value(index: number): string;
}

/** Compares all entries of a store with those that it is to hold. */
export async function checkEntries(
  store: BenchStore,
  expected: Expected,
  reverse = false,
): Promise<void> {
  const comparison = new Comparison(expected, reverse);
  await scanAll(store, { reverse }, comparison.visit);
  comparison.end();
}

/** Compares the entries of a scan of everything with those that are expected. */
export class Comparison {
  readonly #expected: Expected;
  readonly #reverse: boolean;
  #passed = 0;

  constructor(expected: Expected, reverse = false) {
    this.#expected = expected;
    this.#reverse = reverse;
  }

  readonly visit: Visit = (key, value) => {
    const { count } = this.#expected;
    const index = this.#reverse ? count - 1 - this.#passed : this.#passed;
    if (
      index < 0 || index >= count || key !== this.#expected.key(index) ||
      value !== this.#expected.value(index)
    ) throw wrong(key);
    this.#passed++;
  };

  /** Throws if the scan has ended too early. */
  end(): void {
    if (this.#passed !== this.#expected.count) throw wrong("a key is missing");
  }
}
