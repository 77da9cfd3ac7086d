// The simulator itself: what it would find, and that it finds the same again.
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { currentRuntime, runScript } from "../support/runtimes.ts";
import { type CampaignOptions, simulate } from "./campaign.ts";
import { operationsOfRun, type Run, storageOf } from "./crashes.ts";
import { deterministic } from "./deterministic.ts";
import { History } from "./history.ts";
import { Session } from "./session.ts";
import { workloads } from "./workloads.ts";

const forever = { milliseconds: Infinity, recoveries: Infinity };

// First of all: engines that are left behind by a failure may still ask for the time.
test("The same seed makes the same calls and leaves the same bytes, another seed others", async () => {
  for (const workload of workloads) {
    const [one, same, other] = [
      await traceOf({ workload, seed: 7 }),
      await traceOf({ workload, seed: 7 }),
      await traceOf({ workload, seed: 8 }),
    ];
    assertEquals(same, one, workload.name);
    assert(JSON.stringify(other) !== JSON.stringify(one), workload.name);
  }
});

/** Storage that is worse than promised, a workload that should show it, and how. */
const sabotages: [
  string,
  string,
  (storage: FaultStorage) => unknown,
  RegExp,
][] = [
  [
    "loses the syncs of logs",
    "synced",
    (storage) =>
      storage.inject({
        kind: "lost-sync",
        operation: "sync",
        file: /log$/,
        from: 2,
        times: Infinity,
      }),
    /had been promised/,
  ],
  [
    "loses the syncs of segments",
    "maintenance",
    (storage) =>
      storage.inject({
        kind: "lost-sync",
        operation: "sync",
        file: /seg$/,
        times: Infinity,
      }),
    /recovery failed: KvCorruptionError/,
  ],
  [
    "loses the syncs of the manifest",
    "reopens",
    (storage) =>
      storage.inject({
        kind: "lost-sync",
        operation: "sync",
        file: /MANIFEST/,
        from: 3,
        times: Infinity,
      }),
    /recovery failed: KvCorruptionError/,
  ],
  [
    "loses the syncs of the directory",
    "tables",
    (storage) =>
      storage.inject({
        kind: "lost-sync",
        operation: "syncDirectory",
        from: 3,
        times: Infinity,
      }),
    /had been promised|recovery failed/,
  ],
];

for (const [what, workload, sabotage, message] of sabotages) {
  test(`The simulator catches storage that ${what}`, async () => {
    const { failure } = await simulate({
      ...forever,
      seed: 1,
      workload,
      recoveries: 20_000,
      sabotage: (storage) => void sabotage(storage),
    });
    assert(failure !== undefined, "nothing was found");
    assertMatch(failure, message);
    const [, count] = /history found has (\d+) operations/.exec(failure)!;
    assert(Number(count) < 10, failure);
    const command =
      `deno task simulate --workload "${workload}" --seed \\d+ --crash \\d+ --survival [a-z]+$`;
    assertMatch(failure, new RegExp(command));
  });
}

test("The simulator catches reads that answer with old values", async () => {
  const { failure } = await simulate({
    ...forever,
    seed: 1,
    workload: "maintenance",
    recoveries: 2_000,
    // Every segment that is read is the first that there was.
    sabotage: (storage) => {
      const open = storage.open.bind(storage);
      storage.open = (name) => {
        const first = storage.fileNames.find((name) => name.endsWith(".seg"));
        return open(name.endsWith(".seg") ? first! : name);
      };
    },
  });
  assertMatch(`${failure}`, /shortest history/);
});

test("A failure is found again by the command that it names", async () => {
  const sabotage = (storage: FaultStorage) => {
    const times = Infinity;
    storage.inject({ kind: "lost-sync", operation: "sync", from: 9, times });
  };
  const options: CampaignOptions = { ...forever, seed: 4, sabotage };
  const { failure } = await simulate({ ...options, workload: "synced" });
  const [, crash, survival] = /--crash (\d+) --survival (\w+)/.exec(failure!)!;
  const again = await simulate({
    ...options,
    workload: "synced",
    crash: Number(crash),
    survival: survival as "synced",
  });
  assertEquals(again.failure, failure);
  const earlier = Number(crash) - 1;
  const none = await simulate({
    ...options,
    workload: "synced",
    crash: earlier,
  });
  assertEquals(none.failure, undefined);
});

async function traceOf(run: Run) {
  using _ = deterministic(run.seed);
  const storage = storageOf(run);
  const options = { storage, workload: run.workload, history: new History() };
  await Session.run(operationsOfRun(run), options);
  const files = storage.fileNames.map((name) => [
    name,
    storage.readFile(name)!.toString(),
  ]);
  return { trace: storage.trace, files };
}

test("The simulator has a command, which says how far it is and refuses what it does not know", async () => {
  const script = new URL("./simulate.ts", import.meta.url);
  const run = (...args: string[]) =>
    runScript(currentRuntime(), script, { args });
  const done = await run("--seed", "2", "--recoveries", "1100");
  assertEquals([done.code, done.stderr], [0, ""]);
  const [line, end] = done.stdout.split("\n");
  assertMatch(line!, /^10\d\d recoveries, \d+ a second, seed \d+, /);
  assertMatch(end!, /nothing lost, nothing invented$/);
  for (
    const wrong of [
      ["--workload", "none"],
      ["--survival", "none"],
      ["--crash", "-1"],
      ["--minutes", "0"],
      ["--no-such-flag"],
      ["word"],
    ]
  ) {
    const refused = await run(...wrong);
    assertEquals([refused.code, refused.stdout], [2, ""], wrong.join(" "));
    assert(refused.stderr.length > 0);
  }
});
