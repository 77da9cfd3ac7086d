import {
  logName,
  MANIFEST_NAME,
  segmentName,
} from "../../src/format/file_names.ts";
import { readManifest } from "../../src/manifest/manifest_store.ts";
import type { Random } from "../../src/testing/random.ts";
import {
  type FaultStorage,
  type Survival,
  survivals,
} from "../../src/testing/testing.ts";
import { expectEntries, expectValues } from "./expect.ts";
import { violate, Violation } from "./failure.ts";
import type { History } from "./history.ts";
import { type Db, openStore, Session } from "./session.ts";
import { slowDown } from "./slow.ts";
import { operationsOf, type Workload } from "./workloads.ts";

/** How deep crashes are nested: in the recovery from one comes the next. */
const DEEPEST = 3;

/** What a crash has left, and what is known of it. */
export interface Wreck {
  readonly image: FaultStorage;
  readonly workload: Workload;
  /** What had been written and promised before the crash. */
  readonly history: History;
  /** After which call it was. */
  readonly call: number;
  readonly survival: Survival;
}

/**
 * Recovers from a crash: opens the store, compares all of it with the history, mostly uses it a
 * little, and closes it. Now and then the same is done after a crash on the way. Answers with the
 * number of recoveries.
 */
export async function recover(
  wreck: Wreck,
  random: Random,
  depth = 1,
): Promise<number> {
  const { image, workload } = wreck;
  slowDown(image, workload, random);
  let db: Db;
  try {
    db = await openStore(image, workload);
  } catch (error) {
    violate(`recovery failed: ${error}`, error);
  }
  const history = await check(db, wreck);
  const session = new Session(db, { storage: image, workload, history });
  const count = random.below(3) === 0 ? 1 + random.below(4) : 0;
  await session.finish(operationsOf(workload, random, count));
  const calls = image.trace.length;
  if (random.below(8) === 0) {
    await checkAgain({
      image,
      workload,
      history,
      call: calls,
      survival: "written",
    });
  }
  if (depth >= DEEPEST || random.below(4) > 0) return 1;
  const next = {
    workload,
    history,
    call: random.below(calls + 1),
    survival: survivals[random.below(survivals.length)]!,
  };
  const { call, survival } = next;
  const nested = image.crash({ at: call, survival });
  try {
    return 1 + await recover({ ...next, image: nested }, random, depth + 1);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    const place =
      `then a crash after call ${call}, of which "${survival}" survives`;
    throw new Violation(`${place}: ${error.message}`, { cause: error });
  }
}

/**
 * Compares a store with what it may be, and answers with the history that it goes on from. Closes
 * one that it finds to be wrong.
 */
async function check(db: Db, wreck: Wreck): Promise<History> {
  try {
    return await compare(db, wreck);
  } catch (error) {
    await db.close().catch(() => {});
    throw error;
  }
}

async function compare(
  db: Db,
  { workload, history, call, survival }: Wreck,
): Promise<History> {
  const isPowerLoss = survival !== "written";
  const { lastSequence } = db.stats();
  const commits = history.commitsAt(lastSequence);
  if (commits.length === 0) {
    violate(`write ${lastSequence} is the last: half a batch`);
  }
  const promised = history.promised(call, isPowerLoss);
  if (commits[0]! < promised) {
    violate(`commit ${commits[0]} is the last, ${promised} had been promised`);
  }
  const allowed = commits.filter((commit) =>
    commit >= promised && commit <= history.possible(call)
  );
  if (allowed.length === 0) {
    violate(`commit ${commits} is there, which was made after the crash`);
  }
  const commit = await firstThatFits(
    allowed,
    (commit) => compareTo(db, commit, { workload, history }),
  );
  return history.recovered(commit, { call, isPowerLoss });
}

/**
 * The first commit that a store is found to be after; if it is none, the store fails as with the
 * last.
 */
async function firstThatFits(
  commits: readonly number[],
  compare: (commit: number) => Promise<void>,
): Promise<number> {
  for (const commit of commits.slice(0, -1)) {
    try {
      await compare(commit);
      return commit;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
    }
  }
  const last = commits.at(-1)!;
  await compare(last);
  return last;
}

/** Compares a store with the state after a commit. */
async function compareTo(
  db: Db,
  commit: number,
  { workload, history }: Pick<Wreck, "workload" | "history">,
): Promise<void> {
  const entries = history.entriesAfter(commit);
  const { face, synchronous: sync } = workload;
  const what = `after commit ${commit}`;
  const reverse = commit % 4 === 0;
  await expectEntries(db, entries, { face, reverse, sync, what });
  const keys = new Set(history.entries.map(([key]) => key));
  await expectValues(db, entries, { face, keys, sync, what });
}

/**
 * Opens a store that was closed: it holds the same, and what the crash had left of unfinished work
 * is gone.
 */
async function checkAgain(closed: Wreck): Promise<void> {
  const { image } = closed;
  const before = await readManifest(image);
  const db = await openStore(image, closed.workload);
  await check(db, closed);
  await db.close();
  const after = await readManifest(image);
  // A log that was named and turned out to be empty goes with the next open.
  const logs = [...before!.logs, ...after!.logs].map(logName);
  const segments = after!.levels.flat().map((s) => segmentName(s.number));
  const known = new Set([MANIFEST_NAME, ...logs, ...segments]);
  const others = image.fileNames.filter((name) => !known.has(name));
  if (others.length > 0) violate(`files are left over: ${others}`);
}
