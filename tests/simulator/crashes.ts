import { compareBytes } from "../../src/bytes/compare.ts";
import { Random } from "../../src/testing/random.ts";
import {
  FaultStorage,
  type Survival,
  survivals,
} from "../../src/testing/testing.ts";
import { deterministic } from "./deterministic.ts";
import { History } from "./history.ts";
import type { Operation } from "./operations.ts";
import { recover, type Wreck } from "./recovery.ts";
import { Session } from "./session.ts";
import { slowDown } from "./slow.ts";
import { operationsOf, type Workload } from "./workloads.ts";

/** A run of a workload. */
export interface Run {
  readonly workload: Workload;
  readonly seed: number;
  /** Default: all that the seed makes. */
  readonly operations?: readonly Operation[];
  /** Makes the storage worse than it should be, for tests of the simulator itself. */
  readonly sabotage?: (storage: FaultStorage) => void;
}

/** Which crashes of a run are tried. Default: all. */
export interface CrashFilter {
  readonly call?: number | undefined;
  /** Only those after every so manyth call. */
  readonly every?: number | undefined;
  readonly survival?: Survival | undefined;
}

/** What the engine has done wrong: in the run itself, or after a crash. */
export interface RunFailure {
  readonly error: unknown;
  readonly crash?: { readonly call: number; readonly survival: Survival };
}

/** Operations that leave the disk as it was. */
const HARMLESS = ["lock", "release", "list", "open", "readAt", "close"];

/** The operations of a run. */
export function operationsOfRun({ workload, seed, operations }: Run) {
  return operations ?? operationsOf(workload, new Random(seed, 1));
}

/** An empty storage for a run. */
export function storageOf({ workload, seed, sabotage }: Run): FaultStorage {
  const { synchronous } = workload;
  const storage = new FaultStorage({ seed, synchronous });
  slowDown(storage, workload, new Random(seed, 2));
  sabotage?.(storage);
  return storage;
}

/**
 * Carries out a run once and then recovers from the crashes after all of its calls. Calls
 * `onRecovery` with how many recoveries there were; it ends the run by answering with `false`.
 * Answers with the first failure.
 */
export async function crashEverywhere(
  run: Run,
  { filter = {}, onRecovery }: {
    readonly filter?: CrashFilter;
    readonly onRecovery: (count: number) => boolean;
  },
): Promise<RunFailure | undefined> {
  const { workload, seed } = run;
  const storage = storageOf(run);
  const history = new History();
  try {
    using _ = deterministic(seed);
    const options = { storage, workload, history };
    await Session.run(operationsOfRun(run), options);
  } catch (error) {
    return { error };
  }
  for (const wreck of wrecks(run, { storage, history }, filter)) {
    const { call, survival } = wreck;
    // Of its own, so that it does not matter which crashes were tried before.
    const chance = [seed, call, survivals.indexOf(survival)];
    using _ = deterministic(...chance);
    try {
      const count = await recover(wreck, new Random(...chance));
      if (!onRecovery(count)) return undefined;
    } catch (error) {
      return { error, crash: { call, survival } };
    }
  }
  return undefined;
}

/** What crashes can leave, without those that leave the same as others and owe no more. */
function* wrecks(
  { workload, seed }: Run,
  { storage, history }: { storage: FaultStorage; history: History },
  filter: CrashFilter,
): Generator<Wreck> {
  const { trace } = storage;
  const { every = 1 } = filter;
  const latest = new Map<Survival, Seen>();
  for (let call = seed % every; call <= trace.length; call += every) {
    if (filter.call !== undefined && filter.call !== call) continue;
    const isUnchanged = trace.slice(Math.max(0, call - every), call)
      .every(({ operation }) => HARMLESS.includes(operation));
    const here: Seen[] = [];
    for (const survival of ORDER) {
      if ((filter.survival ?? survival) !== survival) continue;
      const promised = history.promised(call, survival !== "written");
      const last = latest.get(survival);
      if (isUnchanged && last?.promised === promised) continue;
      const image = storage.crash({ at: call, survival });
      const seen = { files: filesOf(image), promised };
      latest.set(survival, seen);
      const isKnown = [...here, ...(last ? [last] : [])].some((other) =>
        other.promised >= promised && haveSame(other.files, seen.files)
      );
      here.push(seen);
      if (!isKnown) yield { image, workload, history, call, survival };
    }
  }
}

/** The one that owes the most comes first. */
const ORDER: readonly Survival[] = [
  "written",
  ...survivals.filter((survival) => survival !== "written"),
];

/** What was found after a crash, before a recovery has changed it. */
interface Seen {
  readonly files: readonly File[];
  readonly promised: number;
}

interface File {
  readonly name: string;
  readonly bytes: Uint8Array;
}

function filesOf(image: FaultStorage): File[] {
  return image.fileNames.map((name) => ({
    name,
    bytes: image.readFile(name)!,
  }));
}

function haveSame(one: readonly File[], other: readonly File[]): boolean {
  return one.length === other.length && one.every(({ name, bytes }, i) => {
    const file = other[i]!;
    return name === file.name && compareBytes(bytes, file.bytes) === 0;
  });
}
