import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { NodeStorage } from "../../src/storage/node.ts";
import { test } from "../harness.ts";
import {
  availableRuntimes,
  currentRuntime,
  type Runtime,
  startScript,
} from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { agentScript, startProcess, startWorker } from "./agents.ts";

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
    await using running = startScript(holder, agentScript, {
      args: [dir.path],
    });
    assertEquals(await running.nextLine(), "ready");
    running.write("exclusive\n");
    assertEquals(await running.nextLine(), "locked");
    running.write("release\n");
    running.end();
    const { code, stderr } = await running.result;
    assertEquals([code, stderr], [0, ""]);
  });
}

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

function refusalBy({ name }: Runtime): RegExp {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return new RegExp(
    `^refused: ${title} [0-9.]+, process \\d+, since 20\\d\\d-[0-9T:.-]+Z$`,
  );
}
