import process from "node:process";

const isDeno = process.versions.deno !== undefined;

/** PUREKV_SEED: what samples and random damage depend on. */
export const seed: number = Number(process.env.PUREKV_SEED ?? 1);

/** PUREKV_MUTATIONS: how many random mutations there are; fewer in Bun and Node to save time. */
export const mutations: number = Number(
  process.env.PUREKV_MUTATIONS ?? (isDeno ? 4_000 : 1_000),
);

/** Whether this is the long run: nothing is left out of what the normal one does in part. */
export const isLong: boolean = mutations >= 100_000;

/** PUREKV_EVERY: systematic damage is done at every so manyth place only; 1: at all of them. */
export const every: number = Number(
  process.env.PUREKV_EVERY ?? (isDeno || isLong ? 1 : 16),
);

/** How to repeat a test that fails. */
export const repeat: string =
  `repeat it with PUREKV_SEED=${seed} PUREKV_EVERY=1`;
