// Makes mutations in a thread of its own, so that somebody can see when one of them does not come
// to an end.
import { parentPort, workerData } from "node:worker_threads";
import { type MutationPlan, runMutations } from "./mutation_run.ts";

/** What a worker is told at its start. */
export interface MutationTask {
  readonly plan: MutationPlan;
  /** Number of the mutation that is under way. */
  readonly current: Int32Array<SharedArrayBuffer>;
}

const { plan, current } = workerData as MutationTask;
try {
  const counts = await runMutations(plan, (mutation) => {
    Atomics.store(current, 0, mutation);
  });
  parentPort!.postMessage({ counts });
} catch (error) {
  parentPort!.postMessage({ failure: `${error}` });
}
