import type { Run, RunFailure } from "./crashes.ts";
import { describe } from "./operations.ts";
import { shrink } from "./shrink.ts";

/** How long to look for a shorter history, in milliseconds. */
const LONGEST_SHRINKING_MS = 60_000;

/**
 * Tells people of a failure: what happened, the shortest history that was found, and how to repeat
 * it.
 */
export async function report(run: Run, failure: RunFailure): Promise<string> {
  const end = Date.now() + LONGEST_SHRINKING_MS;
  const shrunk = await shrink(run, failure, () => Date.now() > end);
  const { operations } = shrunk;
  return [
    `${placeOf(run, failure)}: ${messageOf(failure)}`,
    `The shortest history found has ${operations.length} operations, ${
      placeOf(run, shrunk.failure)
    }: ${messageOf(shrunk.failure)}`,
    ...operations.map((operation) => `  ${describe(operation)}`),
    "Repeat it with",
    `  ${commandOf(run, failure)}`,
  ].join("\n");
}

function placeOf({ workload, seed }: Run, { crash }: RunFailure): string {
  const run = `Workload "${workload.name}", seed ${seed}`;
  return crash === undefined
    ? run
    : `${run}, crash after call ${crash.call}, of which "${crash.survival}" survives`;
}

function messageOf({ error }: RunFailure): string {
  return error instanceof Error ? error.message : String(error);
}

function commandOf({ workload, seed }: Run, { crash }: RunFailure): string {
  const flags = [`--workload "${workload.name}"`, `--seed ${seed}`];
  if (crash !== undefined) {
    flags.push(`--crash ${crash.call}`, `--survival ${crash.survival}`);
  } else {
    flags.push("--recoveries 1");
  }
  return `deno task simulate ${flags.join(" ")}`;
}
