// Errors of the storage at one call after another, a full disk, and names that survive in any
// order.
import { assert } from "@std/assert";
import { Random } from "../../src/testing/random.ts";
import type { Fault, FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { operationsOfRun, type Run, storageOf } from "./crashes.ts";
import { deterministic } from "./deterministic.ts";
import { violate } from "./failure.ts";
import { failEverywhere, type FaultOutcome, fillEverywhere } from "./faults.ts";
import { History } from "./history.ts";
import { recover } from "./recovery.ts";
import { Session } from "./session.ts";
import { every, repeat, seed } from "./settings.ts";
import { operationsOf, type Workload, workloads } from "./workloads.ts";

/** Errors: how, and whether once or for good. */
const errors: readonly Omit<Fault, "from">[] = [
  { kind: "fail" },
  { kind: "fail", times: Infinity },
  { kind: "fail-after" },
  { kind: "fail-after", times: Infinity },
  { kind: "torn" },
];

for (const [i, workload] of workloads.entries()) {
  test(`Whatever call fails, once or for good, no answer is wrong and nothing promised is lost (${workload.name})`, async () => {
    await within(workload, async (run) => {
      for (const [j, fault] of errors.entries()) {
        const from = 1 + (i + j) % every;
        const found = await failEverywhere(run, {
          fault,
          from,
          step: 2 * every,
        });
        assertWork(found);
      }
    });
  });
}

test("After a sync that has dropped what it should have made durable nothing is promised, and no sync of that file is tried again", async () => {
  const fault = {
    kind: "dropped-sync",
    operation: ["sync", "syncDirectory"],
  } as const;
  for (const [i, workload] of workloads.entries()) {
    await within(workload, async (run) => {
      const from = 1 + i % every;
      const plan = { fault, from, step: every, check: refuseSecondSync };
      assertWork(await failEverywhere(run, plan));
    });
  }
});

function refuseSecondSync({ trace }: FaultStorage): void {
  const failed = trace.findIndex(({ fault }) => fault !== undefined);
  if (failed < 0 || trace[failed]!.operation !== "sync") return;
  const { file } = trace[failed]!;
  const again = trace.slice(failed + 1)
    .some((call) => call.operation === "sync" && call.file === file);
  // A manifest that came to nothing is written anew, under the same name.
  const isNew = trace.slice(failed + 1)
    .some((call) => call.operation === "create" && call.file === file);
  if (again && !isNew) violate(`${file} was synced again after a failed sync`);
}

test("A log append that is reported as failed although the bytes landed never leads to a sequence number that is used twice", async () => {
  for (const workload of workloads) {
    await within(workload, async (run) => {
      for (const kind of ["fail-after", "torn"] as const) {
        const fault = { kind, operation: "append", file: /\.log$/ } as const;
        const found = await failEverywhere(run, {
          fault,
          from: 1 + seed % every,
          step: every,
        });
        assertWork(found);
      }
    });
  }
});

for (const workload of workloads) {
  test(`A full disk ends writing, not reading; with space the store goes on from where it was (${workload.name})`, async () => {
    await within(workload, async (run) => {
      const step = Math.ceil(await spaceFor(run) * every / 200);
      const from = new Random(seed).below(step);
      assertWork(await fillEverywhere(run, { from, step }));
    });
  });
}

test("The disk may be full at any byte", async () => {
  const workload = workloads.find(({ name }) => name === "tables")!;
  const operations = operationsOf(workload, new Random(seed), 12);
  await within(workload, async (run) => {
    const from = seed % every;
    const found = await fillEverywhere({ ...run, operations }, {
      from,
      step: every,
    });
    assertWork(found);
  });
});

/** The most bytes that a run takes at a time. */
async function spaceFor(run: Run): Promise<number> {
  using _ = deterministic(run.seed);
  const storage = storageOf(run);
  const { onCall } = storage;
  let most = 0;
  storage.onCall = (call) => {
    most = Math.max(most, storage.bytesUsed);
    return onCall?.(call);
  };
  const { workload } = run;
  await Session.run(operationsOfRun(run), {
    storage,
    workload,
    history: new History(),
  });
  return most;
}

test("Whatever names survive, in whatever order, the store is that of before or after", async () => {
  let recoveries = 0;
  for (const name of ["tables", "maintenance", "reopens"]) {
    const workload = workloads.find((workload) => workload.name === name)!;
    await within(workload, async (run) => {
      recoveries += await reorderNames(run, every);
    });
  }
  assert(recoveries > 4_000 / every, `${recoveries} recoveries`);
});

/** Recovers from all outcomes of the changed names after every so manyth call. */
async function reorderNames(run: Run, step: number): Promise<number> {
  using _ = deterministic(run.seed);
  const { workload } = run;
  const storage = storageOf(run);
  const history = new History();
  await Session.run(operationsOfRun(run), { storage, workload, history });
  let recoveries = 0;
  for (let call = run.seed % step; call <= storage.trace.length; call += step) {
    for (const survival of ["synced", "reordered"] as const) {
      for (const image of storage.crashes({ at: call, survival })) {
        const random = new Random(run.seed, call, recoveries);
        const wreck = { image, workload, history, call, survival };
        recoveries += await recover(wreck, random);
      }
    }
  }
  return recoveries;
}

async function within(
  workload: Workload,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  try {
    await work({ workload, seed });
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : cause;
    throw new Error(`${text}, ${repeat(workload.name, seed)}`, { cause });
  }
}

function assertWork({ runs, recoveries }: FaultOutcome): void {
  assert(runs > 0 && recoveries >= 2 * runs, `${runs} runs, ${recoveries}`);
}
