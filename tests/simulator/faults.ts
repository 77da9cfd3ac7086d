import { Random } from "../../src/testing/random.ts";
import {
  type Fault,
  type FaultStorage,
  type InjectedFault,
  type Survival,
  survivals,
} from "../../src/testing/testing.ts";
import { operationsOfRun, type Run, storageOf } from "./crashes.ts";
import { deterministic } from "./deterministic.ts";
import { violate } from "./failure.ts";
import { History } from "./history.ts";
import { recover } from "./recovery.ts";
import { Session } from "./session.ts";

/** What to do wrong at which places. */
export interface FaultPlan {
  readonly fault: Omit<Fault, "from">;
  /** The first of the calls that come into question. */
  readonly from: number;
  /** How many calls further the next one lies. */
  readonly step: number;
  /** Looks at the storage after the run that the fault has struck. */
  readonly check?: (storage: FaultStorage) => void;
}

/** What has come of a plan. */
export interface FaultOutcome {
  /** Runs that a fault has struck. */
  runs: number;
  recoveries: number;
}

/**
 * Carries out a run again and again, with the fault at one place after another, until it strikes
 * none. Nothing that is answered may be wrong, and nothing that was promised may be lost, whether
 * the process then ends, dies, or the power fails.
 */
export async function failEverywhere(
  run: Run,
  { fault, from, step, check }: FaultPlan,
): Promise<FaultOutcome> {
  const outcome = { runs: 0, recoveries: 0 };
  for (let place = from;; place += step) {
    using _ = deterministic(run.seed, place);
    const storage = storageOf(run);
    const injected = storage.inject({ ...fault, from: place });
    try {
      outcome.recoveries += await failOnce(run, { storage, injected, check });
    } catch (cause) {
      const text = `${fault.kind} at ${place}: ${cause}`;
      throw new Error(`${text}, seed ${run.seed}`, { cause });
    }
    if (injected.struck === 0) return outcome;
    outcome.runs++;
  }
}

async function failOnce(
  run: Run,
  { storage, injected, check }: {
    readonly storage: FaultStorage;
    readonly injected: InjectedFault;
    readonly check: FaultPlan["check"];
  },
): Promise<number> {
  const history = new History();
  const { workload } = run;
  const options = { storage, workload, history, mayFail: true };
  await Session.run(operationsOfRun(run), options);
  injected.remove();
  check?.(storage);
  return await recoverAll(run, storage, history);
}

/** Recovers from the death of the process, and from losses of power. */
async function recoverAll(
  { workload, seed }: Run,
  storage: FaultStorage,
  history: History,
): Promise<number> {
  const call = storage.trace.length;
  const random = new Random(seed, call);
  const others = survivals.slice(2);
  const kinds: Survival[] = [
    "written",
    "synced",
    others[random.below(others.length)]!,
  ];
  let recoveries = 0;
  for (const survival of kinds) {
    const image = storage.crash({ survival });
    const wreck = { image, workload, history, call, survival };
    recoveries += await recover(wreck, random);
  }
  return recoveries;
}

/** Which amounts of space to try. */
export interface SpacePlan {
  /** The least, in bytes. */
  readonly from: number;
  /** How much more there is each time, in bytes. */
  readonly step: number;
}

/**
 * Carries out a run again and again with ever more space, until there is enough. Whenever it runs
 * out, reads go on; as long as there is none the store can be opened or not; and once there is, it
 * goes on from where it was.
 */
export async function fillEverywhere(
  run: Run,
  { from, step }: SpacePlan,
): Promise<FaultOutcome> {
  const outcome = { runs: 0, recoveries: 0 };
  for (let capacity = from;; capacity += step) {
    using _ = deterministic(run.seed, capacity);
    try {
      const recoveries = await fillOnce(run, capacity);
      if (recoveries === 0) return outcome;
      outcome.recoveries += recoveries;
      outcome.runs++;
    } catch (cause) {
      const text = `${capacity} bytes of space: ${cause}`;
      throw new Error(`${text}, seed ${run.seed}`, { cause });
    }
  }
}

/** Answers with the number of recoveries, 0 if there was enough space. */
async function fillOnce(run: Run, capacity: number): Promise<number> {
  const { workload, seed } = run;
  const storage = storageOf(run);
  storage.capacity = capacity;
  const history = new History();
  const full = { storage, workload, history, mayFail: true };
  if (await Session.run(operationsOfRun(run), full)) return 0;
  if (storage.bytesUsed > capacity) violate(`${storage.bytesUsed} bytes used`);
  const call = storage.trace.length;
  const random = new Random(seed, capacity);
  const wreck = { workload, history, call };
  let recoveries = 0;
  for (const survival of ["written", "synced"] as const) {
    const image = storage.crash({ survival });
    // Before there is space again, somebody tries in vain to open the store.
    await Session.run([], { ...full, storage: image });
    image.capacity = Infinity;
    recoveries += await recover({ ...wreck, image, survival }, random);
  }
  return recoveries;
}
