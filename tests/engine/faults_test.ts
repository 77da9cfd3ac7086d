import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { KvError } from "../../src/errors.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { type Fault, FaultyStorage } from "../support/faulty_storage.ts";
import { entriesIn } from "./crafted_store.ts";

/** Small enough that a few writes make tables, segments and compactions. */
const tiny = {
  memtableSize: 64 * 1024,
  memtableEntries: 5,
  compaction: { threshold: 2, segmentSize: 16 * 1024 },
  blockSize: 256,
  cacheSize: 0,
};

type Db = KvEngine<string, string>;
type State = Record<string, string>;

/** One step of a workload: what it does to a store, and to a model. */
interface Step {
  run(db: Db): Promise<unknown>;
  apply(state: State): State;
  readonly isWrite: boolean;
  /** Whether all that came before is durable once the step is acknowledged. */
  readonly isSynced: boolean;
}

const random = seeded(11);
const workload: readonly Step[] = Array.from({ length: 30 }, makeStep);

/** The state after each number of steps. */
const states: readonly State[] = workload.reduce<State[]>(
  (all, step) => [...all, step.apply(all.at(-1)!)],
  [{}],
);

const moments = ["before", "after", "torn"] as const;

for (const synchronous of [true, false]) {
  const kind = synchronous ? "answers at once" : "answers with promises";

  test(`Whatever call fails once, no read is wrong and nothing acknowledged is lost (storage ${kind})`, async () => {
    for (const moment of moments) {
      await failEverywhere({ synchronous, moment, isCrash: false });
    }
  });

  test(`Whatever call is the first to fail, what is left is a prefix of the history with all that was synced (storage ${kind})`, async () => {
    for (const moment of moments) {
      await failEverywhere({ synchronous, moment, isCrash: true });
    }
  });
}

/** Runs the workload again and again, with the fault at one call after another, until a run meets none. */
async function failEverywhere(
  { synchronous, ...fault }: Omit<Fault, "call"> & { synchronous: boolean },
): Promise<void> {
  // Storage that answers with promises takes the same paths, but for the waiting.
  const step = synchronous ? 2 : 9;
  const first = 1 + moments.indexOf(fault.moment);
  for (let call = first;; call += step) {
    const storage = new FaultyStorage(synchronous);
    storage.fault = { call, ...fault };
    const note = `call ${call} ${fault.moment}`;
    const outcome = await runWorkload(storage, note);
    assertEquals(storage.openFiles, 0, `${note} ${storage.trace[call - 1]}`);
    const isOver = storage.calls < call;
    storage.fault = undefined;
    await checkLeft(storage.afterKill(), outcome.acknowledged, note);
    if (fault.isCrash) {
      for (const survivor of storage.survivors("synced")) {
        await checkLeft(survivor, outcome.synced, note);
      }
    }
    if (isOver) {
      assertEquals(outcome.acknowledged, workload.length);
      assert(call > 300, `${call} calls are too few`);
      return;
    }
  }
}

/** How many steps were acknowledged before the first that was not, and how many of them were durable by then. */
async function runWorkload(storage: FaultyStorage, note: string) {
  const outcome = { acknowledged: 0, synced: 0 };
  let db: Db;
  try {
    db = await open(storage, tiny);
  } catch (error) {
    assertExpected(error, note);
    return outcome;
  }
  let hasFailed = false;
  for (const [i, step] of workload.entries()) {
    if (!await succeeds(step, db, note)) {
      hasFailed = true;
    } else if (!hasFailed) {
      outcome.acknowledged = i + 1;
      if (step.isSynced) outcome.synced = i + 1;
      if (i % 4 === 0) await checkReads(db, states[i + 1]!, note);
    } else {
      assert(!step.isWrite, `${note}: step ${i} succeeded after a failure`);
    }
  }
  try {
    await db.close();
  } catch (error) {
    assertExpected(error, note);
  }
  return outcome;
}

/** A read that fails says so; one that succeeds says the truth. */
async function checkReads(db: Db, state: State, note: string): Promise<void> {
  try {
    assertEquals(await entriesIn(db), state, note);
    const keys = ["k0", "k1", "k7"];
    const expected = keys.map((key) => state[key]);
    assertEquals(await db.getMany(keys), expected, note);
  } catch (error) {
    assertExpected(error, note);
  }
}

/** Takes a step, once more if it failed at first: `del` reads before it writes, and a read that fails does not poison the store. */
async function succeeds(step: Step, db: Db, note: string): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await step.run(db);
      return true;
    } catch (error) {
      assertExpected(error, note);
    }
  }
  return false;
}

/** What is left must be the state after `atLeast` steps or more, and a store that works. */
async function checkLeft(
  storage: FaultyStorage,
  atLeast: number,
  note: string,
): Promise<void> {
  const db = await open(storage, tiny);
  const found = JSON.stringify(await entriesIn(db));
  const reached = states.findLastIndex((state) =>
    JSON.stringify(sorted(state)) === found
  );
  assert(reached >= atLeast, `${note}: ${found} is left of ${atLeast} steps`);
  await db.put("after", "1");
  await db.close();
  assertEquals(storage.openFiles, 0, note);
}

function sorted(state: State): State {
  return Object.fromEntries(
    Object.entries(state).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

function assertExpected(error: unknown, note: string): void {
  const isExpected = error instanceof KvError &&
    (error.code === "KV_IO" || error.code === "KV_POISONED");
  if (!isExpected) throw new Error(`${note}: ${error}`, { cause: error });
}

function makeStep(_: unknown, i: number): Step {
  const key = () => `k${below(random, 8)}`;
  const value = `v${i}`;
  const kind = below(random, 12);
  if (kind === 0) return quiet((db) => db.flush(), true);
  if (kind === 1) return quiet((db) => db.compact(), true);
  if (kind === 2) return quiet((db) => db.sync(), true);
  if (kind <= 4) {
    const gone = key();
    return {
      run: (db) => db.del(gone),
      apply: ({ [gone]: _, ...rest }) => rest,
      isWrite: true,
      isSynced: true,
    };
  }
  if (kind <= 6) {
    const [a, b] = [key(), key()];
    return {
      run: (db) => db.batch().put(a, value).put(b, `${value}b`).commit(),
      apply: (state) => ({ ...state, [a]: value, [b]: `${value}b` }),
      isWrite: true,
      isSynced: true,
    };
  }
  const written = key();
  const sync = kind < 10;
  return {
    run: (db) => db.put(written, value, { sync }),
    apply: (state) => ({ ...state, [written]: value }),
    isWrite: true,
    isSynced: sync,
  };
}

function quiet(run: Step["run"], isSynced: boolean): Step {
  return { run, apply: (state) => state, isWrite: false, isSynced };
}
