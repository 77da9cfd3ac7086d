// Random operations on an engine and on a plain sorted map beside it: every
// answer has to be the same.
//
// PUREKV_SEED         repeats the run with this seed
// PUREKV_MODEL        runs the settings whose name contains this
// PUREKV_MODEL_OPS    operations of all settings together; 1,000,000 in Deno and
//                     200,000 in Bun and Node, unless given
// PUREKV_MODEL_SEEDS  runs each setting with so many seeds, PUREKV_SEED and those
//                     that follow, and says when one is done;
//                     PUREKV_MODEL_OPS are those of one setting with one seed
//                     then, 10,000 unless given
//
// The long run, in halves for two processors:
//
//   PUREKV_SEED=1 PUREKV_MODEL_SEEDS=100 deno task test tests/engine/model_test.ts
//   PUREKV_SEED=101 PUREKV_MODEL_SEEDS=100 deno task test tests/engine/model_test.ts
import process from "node:process";
import { assert } from "@std/assert";
import { test } from "../harness.ts";
import { ModelRun } from "./model/model_run.ts";
import { prepare } from "./model/prepare.ts";
import {
  LEAST_FOR_LEVELS,
  type SettingPlan,
  settings,
} from "./model/settings.ts";

const { env } = process;
const firstSeed = Number(env["PUREKV_SEED"] ?? 20_250_731);
const only = env["PUREKV_MODEL"] ?? "";
/** 0 in a normal run. */
const seeds = Number(env["PUREKV_MODEL_SEEDS"] ?? 0);
const operations = Number(env["PUREKV_MODEL_OPS"] ?? presetOperations());

for (const plan of settings.filter(({ name }) => name.includes(only))) {
  test(
    `The engine answers as a sorted map does (${plan.name})`,
    () => seeds > 0 ? runSeeds(plan) : runOnce(plan),
    { timeoutMs: 60_000 + operations * Math.max(seeds, 1) },
  );
}

function presetOperations(): number {
  if (seeds > 0) return 10_000;
  return process.versions["deno"] === undefined ? 200_000 : 1_000_000;
}

async function runOnce(plan: SettingPlan): Promise<void> {
  const count = Math.ceil(operations * plan.share / 100);
  const deepest = await runModel(plan, firstSeed, count);
  if (count >= LEAST_FOR_LEVELS) expectLevels(plan, deepest);
}

async function runSeeds(plan: SettingPlan): Promise<void> {
  const start = Date.now();
  let deepest = -1;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    deepest = Math.max(deepest, await runModel(plan, seed, operations));
  }
  const seconds = Math.round((Date.now() - start) / 1000);
  console.log(
    `${plan.name}: seeds ${firstSeed} to ${
      firstSeed + seeds - 1
    }, ${operations} operations each, ${seconds} s`,
  );
  if (operations >= LEAST_FOR_LEVELS) expectLevels(plan, deepest);
}

/** Answers with the deepest level that there was. */
async function runModel(
  plan: SettingPlan,
  seed: number,
  count: number,
): Promise<number> {
  await using setting = prepare(plan, seed);
  const run = new ModelRun(setting, seed);
  try {
    await run.run(count);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    const repeat = seeds > 0 ? " PUREKV_MODEL_SEEDS=1" : "";
    throw new Error(
      `Model test, setting "${plan.name}", seed ${seed}, operation ${run.operation} (${run.operationName}): ${reason}
Repeat it with PUREKV_SEED=${seed} PUREKV_MODEL="${plan.name}"${repeat} PUREKV_MODEL_OPS=${operations}`,
      { cause },
    );
  }
  assert(run.reopened > 0);
  return run.deepestLevel;
}

function expectLevels(plan: SettingPlan, deepest: number): void {
  assert(
    deepest >= plan.deepestLevel,
    `Deepest level of "${plan.name}" was ${deepest}`,
  );
}
