// Processes that write are killed at random moments, again and again, each time
// another runtime's and with other work, on a few stores. What is there
// afterwards has to be what the first operations make, as many as the process
// was told had happened, or more: none missing, none in part.
//
// PUREKV_KILLS  how often; unless given 200 times in Deno, over all runtimes
//               that are there, and a few times in Bun and Node, each in its own
// PUREKV_SEED   repeats the operations, not the moments
import process from "node:process";
import { join } from "node:path";
import { assert } from "@std/assert";
import { pick, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { availableRuntimes, currentRuntime } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { KilledStore } from "./kill/killed_store.ts";
import { profileOf } from "./kill/plan.ts";

const isDeno = currentRuntime().name === "deno";
const runtimes = isDeno ? availableRuntimes() : [currentRuntime()];
const kills = Number(process.env["PUREKV_KILLS"] ?? (isDeno ? 200 : 8));
const seed = Number(process.env["PUREKV_SEED"] ?? 1);

/** Stores that are written to at the same time: to start a process is to wait. */
const LANES = 2;

/** Keeps the seeds of the rounds of one store apart from those of another. */
const SEEDS_OF_A_LANE = 1_000_000;

test("A killed writer loses nothing that was acknowledged", async () => {
  await using dir = tempDir();
  const lanes = await Promise.all(
    Array.from({ length: LANES }, (_, lane) => {
      const laneSeed = seed + lane * SEEDS_OF_A_LANE;
      return killAgainAndAgain(join(dir.path, String(lane)), laneSeed);
    }),
  );
  const sum = (count: (lane: KilledStore) => number) =>
    lanes.reduce((total, lane) => total + count(lane), 0);
  const acknowledged = sum((lane) => lane.acknowledged);
  const killedAtWork = sum((lane) => lane.killedAtWork);
  assert(acknowledged > 0 && killedAtWork > 0, "no writer was killed at work");
  if (kills < 100) return;
  assert(acknowledged > kills, "the writers were killed too early");
  assert(killedAtWork > kills / 4, "few writers were killed at work");
  const checkpoints = sum((lane) => lane.checkpoints);
  assert(checkpoints > 0, "no checkpoint was under way");
}, { timeoutMs: 60_000 + kills * 10_000 });

async function killAgainAndAgain(
  folder: string,
  laneSeed: number,
): Promise<KilledStore> {
  const store = new KilledStore(folder, laneSeed);
  const random = seeded(laneSeed);
  for (let round = 0; round < kills / LANES; round++) {
    const runtime = pick(random, runtimes);
    try {
      await store.killWriter(round, { runtime, random });
      await store.check(random() < 0.7);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : cause;
      throw new Error(
        `Round ${round} (${runtime.name}, ${
          profileOf(round).name
        }) of store ${laneSeed}, PUREKV_SEED=${seed} PUREKV_KILLS=${kills}: ${reason}`,
        { cause },
      );
    }
  }
  return store;
}
