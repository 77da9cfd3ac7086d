import { assert, assertEquals, assertMatch } from "@std/assert";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Worker } from "node:worker_threads";
import { NodeStorage } from "../../src/storage/node.ts";
import { test } from "../harness.ts";
import {
  availableRuntimes,
  currentRuntime,
  type Runtime,
  startScript,
} from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = new URL("./lock_agent.ts", import.meta.url);

/** Somebody who locks a folder as told. */
interface Agent extends AsyncDisposable {
  ask(command: string): Promise<string>;
}

interface ProcessAgent extends Agent {
  /** Ends the process at once, as kill -9 does. */
  kill(): Promise<void>;
}

for (const holder of availableRuntimes()) {
  for (const challenger of availableRuntimes()) {
    test(`A lock held in ${holder.name} keeps ${challenger.name} out until it is released`, async () => {
      await using dir = tempDir();
      await using first = await startProcess(holder, dir.path);
      await using second = await startProcess(challenger, dir.path);
      assertEquals(await first.ask("exclusive"), "locked");
      for (const command of ["exclusive", "shared"]) {
        const answer = await second.ask(command);
        assertMatch(answer, refusalBy(holder));
      }
      assertEquals(await first.ask("release"), "released");
      assertEquals(await second.ask("exclusive"), "locked");
      assertMatch(await first.ask("shared"), refusalBy(challenger));
      await second.ask("release");

      assertEquals(await first.ask("shared"), "locked");
      assertEquals(
        await second.ask("exclusive"),
        "refused: one or more readers",
      );
      assertEquals(await second.ask("shared"), "locked");
      await first.ask("release");
      assertEquals(
        await first.ask("exclusive"),
        "refused: one or more readers",
      );
      await second.ask("release");
      assertEquals(await first.ask("exclusive"), "locked");
    });

    test(`A lock held in ${holder.name} falls to ${challenger.name} when its process is killed`, async () => {
      await using dir = tempDir();
      await using second = await startProcess(challenger, dir.path);
      for (const command of ["exclusive", "shared"]) {
        await using first = await startProcess(holder, dir.path);
        assertEquals(await first.ask(command), "locked");
        assertMatch(await second.ask("exclusive"), /^refused/);
        await first.kill();
        assertEquals(await second.ask("exclusive"), "locked");
        await second.ask("release");
      }
    });
  }

  test(`A lock in ${holder.name} outlives the object that stands for it`, async () => {
    await using dir = tempDir();
    await using first = await startProcess(holder, dir.path);
    await using second = await startProcess(currentRuntime(), dir.path);
    assertEquals(await first.ask("exclusive"), "locked");
    assertEquals(await first.ask("forget"), "forgotten");
    assertMatch(await second.ask("exclusive"), refusalBy(holder));
  });

  test(`A lock in ${holder.name} prints no warning`, async () => {
    await using dir = tempDir();
    await using running = startScript(holder, script, { args: [dir.path] });
    assertEquals(await running.nextLine(), "ready");
    running.write("exclusive\n");
    assertEquals(await running.nextLine(), "locked");
    running.write("release\n");
    running.end();
    const { code, stderr } = await running.result;
    assertEquals([code, stderr], [0, ""]);
  });
}

test("Of processes that race for the lock one wins each time", async () => {
  await using dir = tempDir();
  const runtimes = availableRuntimes();
  await using agents = new AsyncDisposableStack();
  const racers: Agent[] = [];
  for (const runtime of [...runtimes, ...runtimes]) {
    racers.push(agents.use(await startProcess(runtime, dir.path)));
  }
  for (let round = 0; round < 100; round++) await race(racers);
});

test("Of two processes that race in step neither is refused by the other's refusal", async () => {
  await using dir = tempDir();
  await using first = await startProcess(currentRuntime(), dir.path);
  await using second = await startProcess(currentRuntime(), dir.path);
  // Two that run at the very same time, on two processors, meet most often.
  for (let round = 0; round < 300; round++) await race([first, second]);
});

test("Of workers and their process that race for the lock one wins each time", async () => {
  await using dir = tempDir();
  await using agents = new AsyncDisposableStack();
  const racers: Agent[] = [];
  for (let count = 0; count < 3; count++) {
    racers.push(agents.use(await startWorker(dir.path)));
  }
  racers.push(agents.use(await startProcess(currentRuntime(), dir.path)));
  for (let round = 0; round < 100; round++) await race(racers);
});

test("A worker is refused what its own process holds", async () => {
  await using dir = tempDir();
  const lock = new NodeStorage(dir.path).lock({ shared: false });
  await using worker = await startWorker(dir.path);
  assertMatch(await worker.ask("exclusive"), refusalBy(currentRuntime()));
  // Its refusal has not taken the lock from its process.
  await using outsider = await startProcess(currentRuntime(), dir.path);
  assertMatch(await outsider.ask("exclusive"), refusalBy(currentRuntime()));
  await lock.release();
  assertEquals(await worker.ask("exclusive"), "locked");
  assertMatch(await outsider.ask("exclusive"), refusalBy(currentRuntime()));
});

test("A folder is the same store through a symbolic link", async () => {
  await using dir = tempDir();
  const folder = join(dir.path, "store");
  const lock = new NodeStorage(folder).lock({ shared: false });
  symlinkSync(folder, join(dir.path, "link"));
  await using agent = await startProcess(
    currentRuntime(),
    join(dir.path, "link"),
  );
  assertMatch(await agent.ask("exclusive"), refusalBy(currentRuntime()));
  await lock.release();
});

test("A lock leaves two empty files behind and no holder", async () => {
  await using dir = tempDir();
  const lock = new NodeStorage(dir.path).lock({ shared: false });
  assertEquals(
    JSON.parse(readFileSync(join(dir.path, "HOLDER"), "utf8")).pid,
    process.pid,
  );
  await lock.release();
  assertEquals(readdirSync(dir.path).sort(), ["LOCK", "READERS"]);
  for (const name of ["LOCK", "READERS"]) {
    assertEquals(readFileSync(join(dir.path, name)).length, 0);
  }
});

test("A shared lock creates nothing", async () => {
  await using dir = tempDir();
  const folder = join(dir.path, "store");
  for (const place of [folder, dir.path]) {
    const storage = new NodeStorage(place);
    const locks = [1, 2].map(() => storage.lock({ shared: true }));
    for (const lock of locks) await lock.release();
  }
  assert(!existsSync(folder));
  assertEquals(readdirSync(dir.path), []);
});

/** Lets everybody try at once, and asserts that one has won. */
async function race(racers: readonly Agent[]): Promise<void> {
  // Time enough for everybody to hear of it.
  const start = performance.timeOrigin + performance.now() + 3;
  const answers = await Promise.all(
    racers.map((racer) => racer.ask(`race ${start}`)),
  );
  const winners = answers.filter((answer) => answer === "locked");
  assertEquals(winners.length, 1, answers.join(", "));
  for (const answer of answers) assertMatch(answer, /^(locked|refused: .+)$/);
  const winner = racers[answers.indexOf("locked")]!;
  assertEquals(await winner.ask("release"), "released");
}

function refusalBy({ name }: Runtime): RegExp {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return new RegExp(
    `^refused: ${title} [0-9.]+, process \\d+, since 20\\d\\d-[0-9T:.-]+Z$`,
  );
}

async function startProcess(
  runtime: Runtime,
  folder: string,
): Promise<ProcessAgent> {
  const running = startScript(runtime, script, { args: [folder] });
  assertEquals(await running.nextLine(), "ready");
  return {
    ask(command): Promise<string> {
      running.write(`${command}\n`);
      return running.nextLine();
    },
    async kill(): Promise<void> {
      running.kill();
      await running.result;
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function startWorker(folder: string): Promise<Agent> {
  const worker = new Worker(script, { workerData: folder });
  const nextMessage = async () => {
    const [message] = await once(worker, "message") as [string];
    return message;
  };
  assertEquals(await nextMessage(), "ready");
  return {
    ask(command): Promise<string> {
      const answer = nextMessage();
      worker.postMessage(command);
      return answer;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await worker.terminate();
    },
  };
}
