// Races for a folder: whoever takes part, one wins, and the others are told who.
//
// In Deno there are 1,000 of them, in Bun and Node a few.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { KvLockedError, open } from "../../mod.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import { test } from "../harness.ts";
import { availableRuntimes, currentRuntime } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type Agent, localAgent, startProcess, startWorker } from "./agents.ts";

/** What part of the races is run here. */
const part = currentRuntime().name === "deno" ? 1 : 0.2;

type Start = (folder: string) => Agent | Promise<Agent>;

const processes: Start[] = availableRuntimes().map((runtime) => (folder) =>
  startProcess(runtime, folder)
);
const ownProcess: Start = (folder) => startProcess(currentRuntime(), folder);

/** Who takes part, how often, and for what. */
const races: [string, readonly Start[], number, "race" | "race-open"][] = [
  [
    "processes of all runtimes",
    [...processes, ...processes],
    200,
    "race",
  ],
  // Those that run at the very same time, on two processors, meet most often.
  ["two processes in step", [ownProcess, ownProcess], 300, "race"],
  [
    "a thread, its workers and another process",
    [startWorker, startWorker, ownProcess, localAgent],
    200,
    "race",
  ],
  [
    "engines in processes of all runtimes, in workers and here",
    [...processes, startWorker, localAgent],
    250,
    "race-open",
  ],
];

for (const [who, starts, count, command] of races) {
  test(`Of ${who} that race for a folder one wins each time`, async () => {
    await using dir = tempDir();
    await using agents = new AsyncDisposableStack();
    const racers: Agent[] = [];
    for (const start of starts) {
      racers.push(agents.use(await start(dir.path)));
    }
    for (let round = 0; round < count * part; round++) {
      await race(racers, command);
    }
  });
}

test("Of engines of one thread that race for a folder one wins each time", async () => {
  await using dir = tempDir();
  for (let round = 0; round < 50 * part; round++) {
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => open(new NodeStorage(dir.path))),
    );
    const winners = results.flatMap((result) =>
      result.status === "fulfilled" ? [result.value] : []
    );
    assertEquals(winners.length, 1);
    for (const result of results) {
      assert(
        result.status === "fulfilled" ||
          result.reason instanceof KvLockedError,
      );
    }
    await winners[0]!.put(`round ${round}`, "won", { sync: false });
    await winners[0]!.close();
  }
});

/** Lets everybody try at once, and asserts that one has won. */
async function race(
  racers: readonly Agent[],
  command: "race" | "race-open",
): Promise<void> {
  // Time enough for everybody to hear of it.
  const start = performance.timeOrigin + performance.now() + 3;
  const answers = await Promise.all(
    racers.map((racer) => racer.ask(`${command} ${start}`)),
  );
  const winners = answers.filter((answer) => answer === "locked");
  assertEquals(winners.length, 1, answers.join(", "));
  for (const answer of answers) assertMatch(answer, /^(locked|refused: .+)$/);
  const winner = racers[answers.indexOf("locked")]!;
  assertEquals(await winner.ask("release"), "released");
}
