import {
  crashEverywhere,
  operationsOfRun,
  type Run,
  type RunFailure,
} from "./crashes.ts";
import type { Operation } from "./operations.ts";

/** A failure and the history that leads to it. */
export interface Shrunk {
  readonly operations: readonly Operation[];
  readonly failure: RunFailure;
}

/**
 * Looks for a shorter history that fails too, by leaving out runs of operations: half of them, then
 * a quarter, and so on down to one (the scheme of Zeller and Hildebrandt's ddmin). Any failure will
 * do. Gives up when `isLate` says so.
 */
export async function shrink(
  run: Run,
  failure: RunFailure,
  isLate: () => boolean,
): Promise<Shrunk> {
  let best: Shrunk = { operations: operationsOfRun(run), failure };
  let chunk = best.operations.length;
  while (chunk > 0) {
    let start = 0;
    while (start < best.operations.length) {
      if (isLate()) return best;
      const operations = best.operations.toSpliced(start, chunk);
      const again = await fails({ ...run, operations }, failure);
      if (again === undefined) start += chunk;
      else best = { operations, failure: again };
    }
    chunk = Math.floor(chunk / 2);
  }
  return best;
}

function fails(
  run: Run,
  { crash }: RunFailure,
): Promise<RunFailure | undefined> {
  const filter = { survival: crash?.survival };
  return crashEverywhere(run, { filter, onRecovery: () => true });
}
