import type { Results } from "../../bench/peers/results.ts";
import type { Unit } from "../../bench/workloads/probe.ts";
import { SIZES } from "./sessions.ts";

/** Results with these figures: workload, engine, unit, and the values of the rounds. */
export function resultsOf(
  figures: readonly (readonly [string, string, Unit, readonly number[]])[],
  num: number = SIZES.num,
): Results {
  const names = [...new Set(figures.map(([_workload, engine]) => engine))];
  return {
    date: "2026-01-02T03:04:05.000Z",
    machine: {
      runtime: "Runtime 1.0",
      platform: "linux x64",
      cpu: "a <CPU> & more",
      cores: 2,
      memoryBytes: 2 ** 30,
    },
    sizes: { ...SIZES, num },
    rounds: 3,
    engines: names.map((name) => ({
      name,
      version: "1",
      settings: "as | it comes",
      syncedSettings: "with care",
    })),
    absent: [{ name: "gone", reason: "it is not there" }],
    figures: figures.map(([workload, engine, unit, values]) => ({
      workload,
      engine,
      unit,
      values,
    })),
    failures: [],
  };
}
