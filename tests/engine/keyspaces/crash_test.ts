// Crashes after every call of the storage while keyspaces are made, written to and dropped.
import { assert, assertEquals } from "@std/assert";
import { type EngineOptions, type KvEngine, open } from "../../../mod.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { FaultStorage, survivals } from "../../../src/testing/testing.ts";
import { below, seeded } from "../../codec/random.ts";
import { test } from "../../harness.ts";

type Db = KvEngine<string, string>;

const options: EngineOptions = {
  memtableSize: 64 * 1024,
  memtableEntries: 6,
  blockSize: 256,
  compaction: { threshold: 2, segmentSize: 16 * 1024 },
};

const names = ["a", "b", "c"];

/** Everything there is to see, as one text. */
function stateOf(db: Db): string {
  const parts = db.keyspaces().map((name) => [
    name,
    [...db.keyspace(name).scanSync()],
  ]);
  return JSON.stringify([[...db.scanSync()], parts]);
}

/**
 * A state, and how many calls had been made when its write was issued and when it was acknowledged.
 */
interface Step {
  readonly state: string;
  readonly issuedAt: number;
  acknowledgedAt: number;
}

/** One write after another, each of which makes, fills or drops keyspaces. */
async function runHistory(
  storage: FaultStorage,
  seed: number,
): Promise<Step[]> {
  const random = seeded(seed);
  await using db = await open(storage, options);
  const steps: Step[] = [{
    state: stateOf(db),
    issuedAt: 0,
    acknowledgedAt: storage.trace.length,
  }];
  for (let i = 0; i < 30; i++) {
    const issuedAt = storage.trace.length;
    const answer = write(db, random, i);
    const step = { state: stateOf(db), issuedAt, acknowledgedAt: Infinity };
    steps.push(step);
    await answer;
    step.acknowledgedAt = storage.trace.length;
    if (below(random, 6) === 0) await db.flush();
    if (below(random, 10) === 0) await db.compact();
  }
  return steps;
}

function write(db: Db, random: () => number, i: number): Promise<unknown> {
  const name = () => names[below(random, names.length)]!;
  const key = () => `k${below(random, 4)}`;
  const users = db.keyspace(name());
  switch (below(random, 7)) {
    case 0:
    case 1:
      return db.dropKeyspace(users.name);
    case 2:
      return users.put(key(), `v${i}`);
    case 3:
      return users.del(key());
    case 4:
      return below(random, 2) === 0 ? db.clear() : users.clear();
    default: {
      const batch = db.batch().put(key(), `v${i}`);
      for (let n = below(random, 4); n >= 0; n--) {
        batch.in(db.keyspace(name())).put(key(), `v${i}.${n}`);
      }
      return batch.commit();
    }
  }
}

/** Opens what a crash has left, twice, and answers with what there is to see. */
async function recovered(storage: Storage): Promise<string> {
  let first: string;
  {
    await using db = await open(storage, options);
    first = stateOf(db);
  }
  await using db = await open(storage, options);
  assertEquals(stateOf(db), first);
  return first;
}

for (const seed of [1, 2, 3]) {
  test(
    `After any crash a keyspace is there exactly if its first batch is, with all that was acknowledged (seed ${seed})`,
    async () => {
      const storage = new FaultStorage({ seed });
      const steps = await runHistory(storage, seed);
      const seen = new Set<string>();
      for (let at = 0; at <= storage.trace.length; at++) {
        // After a few calls each survival leaves the same: all of them at some, one at the others.
        const some = at % 5 === 0 ? survivals : [survivals[at % 4]!];
        for (const survival of some) {
          const crashed = storage.crash({ at, survival });
          const state = await recovered(crashed);
          // A write that changes nothing is acknowledged without a call.
          const first = Math.max(
            0,
            steps.findLastIndex(({ acknowledgedAt }) => acknowledgedAt <= at),
          );
          const last = Math.max(
            first,
            steps.findLastIndex(({ issuedAt }) => issuedAt < at),
          );
          const possible = steps.slice(first, last + 1);
          assert(
            possible.some((step) => step.state === state),
            `crash at ${at}, ${survival}: ${state} is none of steps ${first} to ${last}`,
          );
          seen.add(state);
        }
      }
      assert(seen.size > 10, `${seen.size} states`);
    },
  );
}
