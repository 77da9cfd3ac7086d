// Random damage of all kinds, with and without right checksums. PUREKV_MUTATIONS=1000000 is the
// long run.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { test } from "../harness.ts";
import type { MutationCounts, MutationPlan } from "./mutation_run.ts";
import type { MutationTask } from "./mutation_worker.ts";
import { isLong, mutations, seed } from "./settings.ts";

/** After so long without a next mutation, in milliseconds, the one under way hangs. */
const PATIENCE_MS = 60_000;

/** What a worker has come to that is still being loaded. */
const NONE_YET = -1;

test(
  "Whatever becomes of a file, a store gives right answers or errors of the engine, in bounded time, and verify agrees",
  async () => {
    const threads = isLong ? availableParallelism() : 1;
    const share = Math.ceil(mutations / threads);
    const plans = Array.from({ length: threads }, (_, i) => ({
      seed,
      from: i * share,
      to: Math.min(mutations, (i + 1) * share),
    }));
    const counts = await Promise.all(
      plans.map((plan) => runInWorker(plan, PATIENCE_MS)),
    );
    const sum = (name: keyof MutationCounts) =>
      counts.reduce((total, each) => total + each[name], 0);
    assertEquals(sum("tried"), mutations);
    assert(sum("reported") > mutations / 2, `${sum("reported")} were reported`);
    assert(
      sum("harmless") > mutations / 50,
      `${sum("harmless")} were harmless`,
    );
  },
  { timeoutMs: isLong ? 24 * 60 * 60_000 : 300_000 },
);

test("A mutation that does not come to an end is told by its number", async () => {
  const plan = { seed, from: 7, to: 1e9 };
  const error = await assertRejects(() => runInWorker(plan, 0), Error, "hangs");
  assert(
    /mutation ([7-9]|\d\d+) hangs.*PUREKV_SEED/.test(error.message),
    error.message,
  );
});

/** Has a worker make mutations and watches it. */
async function runInWorker(
  plan: MutationPlan,
  patienceMs: number,
): Promise<MutationCounts> {
  const current = new Int32Array(new SharedArrayBuffer(4)).fill(NONE_YET);
  const workerData: MutationTask = { plan, current };
  const url = new URL("./mutation_worker.ts", import.meta.url);
  const worker = new Worker(url, { workerData });
  const repeat = `repeat it with PUREKV_SEED=${plan.seed} PUREKV_MUTATIONS=`;
  let watch: ReturnType<typeof setInterval> | undefined;
  try {
    return await new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("message", ({ counts, failure }) => {
        if (failure === undefined) return resolve(counts);
        const count = Math.max(0, Atomics.load(current, 0)) + 1;
        reject(new Error(`${failure}; ${repeat}${count}`));
      });
      let seen: number | undefined;
      watch = setInterval(() => {
        const now = Atomics.load(current, 0);
        if (patienceMs === 0 ? now !== NONE_YET : now === seen) {
          reject(new Error(`mutation ${now} hangs; ${repeat}${now + 1}`));
        }
        seen = now;
      }, patienceMs || 100);
    });
  } finally {
    clearInterval(watch);
    await worker.terminate();
  }
}
