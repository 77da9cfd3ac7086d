import { describeMachine } from "../common/machine.ts";
import { installPackages, PACKAGED } from "../engines/packages.ts";
import { SUITES } from "./catalogue.ts";
import {
  type Arena,
  type Contestant,
  loadContestant,
  type Outcome,
} from "./contestant.ts";
import type { Flags } from "./flags.ts";
import type { Absence, Failure, Figure, Results } from "./results.ts";
import { findRocksdb } from "./rocksdb.ts";

/**
 * Runs all workloads on all engines, in turn: each round begins with another engine, so that none
 * always has the machine as another left it.
 */
export async function runAll(flags: Flags, folder: string): Promise<Results> {
  const { sizes, timeoutMs, rounds } = flags;
  const arena = { folder, sizes, timeoutMs };
  const { contestants, absent } = await gather(flags.peers, arena);
  const collection = new Collection();
  for (let round = 0; round < rounds; round++) {
    for (const [suite, names] of Object.entries(SUITES)) {
      const workloads = names.filter((name) => flags.workloads.includes(name));
      if (workloads.length === 0) continue;
      for (const contestant of rotated(contestants, round)) {
        const start = performance.now();
        const engine = contestant.setup.name;
        const job = { suite, workloads, checkWrites: round === 0 };
        const outcome = await contestant.run(job);
        collection.add(outcome, { engine, suite, round });
        const seconds = ((performance.now() - start) / 1e3).toFixed(1);
        console.error(`round ${round + 1}  ${suite}  ${engine}  ${seconds} s`);
      }
    }
  }
  return {
    date: new Date().toISOString(),
    machine: describeMachine(),
    sizes,
    rounds,
    engines: contestants.map(({ setup }) => setup),
    absent,
    figures: collection.figures(),
    failures: collection.failures,
  };
}

/** Loads the engines that take part and notes why others do not. */
async function gather(
  names: readonly string[],
  arena: Arena,
): Promise<{ contestants: Contestant[]; absent: Absence[] }> {
  if (names.some((name) => PACKAGED.includes(name))) installPackages();
  const contestants: Contestant[] = [];
  const absent: Absence[] = [];
  for (const name of names) {
    const loaded = name === "rocksdb"
      ? findRocksdb(arena)
      : await loadContestant(name, arena);
    if ("absent" in loaded) absent.push({ name, reason: loaded.absent });
    else contestants.push(loaded);
  }
  return { contestants, absent };
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const first = by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

/** What the rounds have found so far. */
class Collection {
  readonly #values = new Map<string, Figure & { readonly values: number[] }>();
  readonly failures: Failure[] = [];

  add(
    { found, failures }: Outcome,
    origin: Omit<Failure, "reason">,
  ): void {
    const { engine } = origin;
    for (const { workload, unit, value } of found) {
      const key = `${engine} ${workload}`;
      const figure = this.#values.get(key) ??
        { workload, engine, unit, values: [] };
      figure.values.push(value);
      this.#values.set(key, figure);
    }
    for (const reason of failures) {
      this.failures.push({ ...origin, reason });
      console.error(`FAILED ${engine}, ${origin.suite}: ${reason}`);
    }
  }

  figures(): Figure[] {
    return [...this.#values.values()];
  }
}
