// Random operations on an engine and on a plain sorted map beside it: every
// answer has to be the same.
//
// PUREKV_SEED       repeats the run with this seed
// PUREKV_MODEL      runs the settings whose name contains this
// PUREKV_MODEL_OPS  operations of all settings together; 1,000,000 in Deno and
//                   200,000 in Bun and Node, unless given
import process from "node:process";
import { assert } from "@std/assert";
import { test } from "../harness.ts";
import { ModelRun } from "./model/model_run.ts";
import {
  LEAST_FOR_LEVELS,
  prepare,
  type SettingPlan,
  settings,
} from "./model/settings.ts";

const seed = Number(process.env.PUREKV_SEED ?? 20_250_731);
const operations = Number(
  process.env.PUREKV_MODEL_OPS ??
    (process.versions.deno !== undefined ? 1_000_000 : 200_000),
);
const only = process.env.PUREKV_MODEL ?? "";

for (const plan of settings.filter(({ name }) => name.includes(only))) {
  test(
    `The engine answers as a sorted map does (${plan.name})`,
    () => runModel(plan, Math.ceil(operations * plan.share / 100)),
    { timeoutMs: 60_000 + operations },
  );
}

async function runModel(plan: SettingPlan, count: number): Promise<void> {
  await using setting = prepare(plan, seed);
  const run = new ModelRun(setting, seed);
  try {
    await run.run(count);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(
      `Model test, setting "${plan.name}", seed ${seed}, operation ${run.operation} (${run.operationName}): ${reason}
Repeat it with PUREKV_SEED=${seed} PUREKV_MODEL="${plan.name}" PUREKV_MODEL_OPS=${operations}`,
      { cause },
    );
  }
  assert(run.reopened > 0);
  if (count < LEAST_FOR_LEVELS) return;
  assert(
    run.deepestLevel >= plan.deepestLevel,
    `Deepest level of "${plan.name}" was ${run.deepestLevel}`,
  );
}
