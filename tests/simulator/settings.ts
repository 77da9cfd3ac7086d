import process from "node:process";

const isDeno = process.versions.deno !== undefined;

/** PUREKV_SEED: the first seed of the simulations. */
export const seed: number = Number(process.env.PUREKV_SEED ?? 1);

/**
 * PUREKV_RECOVERIES: recoveries of the crash test; unless given 50,400 in Deno, and 3,000 in Bun
 * and Node to save time.
 */
export const recoveries: number = Number(
  process.env.PUREKV_RECOVERIES ?? (isDeno ? 50_400 : 3_000),
);

/** PUREKV_EVERY: faults are injected at every so manyth place only; 1: at all of them. */
export const every: number = Number(
  process.env.PUREKV_EVERY ?? (isDeno ? 5 : 25),
);

/** How to repeat a test that fails. */
export function repeat(workload: string, runSeed: number): string {
  return `workload "${workload}"; repeat it with PUREKV_SEED=${runSeed} PUREKV_EVERY=1`;
}
