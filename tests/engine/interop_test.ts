import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { json, open, tuple } from "../../mod.ts";
import { test } from "../harness.ts";
import {
  availableRuntimes,
  currentRuntime,
  runScript,
} from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import type { Value } from "./interop/steps.ts";

const script = new URL("./interop/agent.ts", import.meta.url);

/** Once round all runtimes with the store closed, and round again with logs to be replayed. */
const tasks = ["extend", "leave"];

test("Each runtime reads and extends what the others have written", async () => {
  await using dir = tempDir();
  const runtimes = availableRuntimes();
  let step = 0;
  for (const task of tasks) {
    for (const runtime of runtimes) {
      const args = [dir.path, String(step++)];
      const { stdout, stderr } = await runScript(runtime, script, {
        args: [...args, task],
      });
      assertEquals(
        stdout,
        "done\n",
        `step ${step}, ${runtime.name}: ${stderr}`,
      );
    }
  }
});

test("Reading leaves every byte of what another runtime has written", async () => {
  await using dir = tempDir();
  const runtimes = availableRuntimes();
  for (const [step, writer] of runtimes.entries()) {
    const folder = [dir.path, String(step)];
    const task = step === 0 ? "leave" : "extend";
    const written = await runScript(writer, script, {
      args: [...folder, task],
    });
    assertEquals(written.stdout, "done\n", written.stderr);
    const before = digests(dir.path);
    assert(Object.keys(before).length > 1);
    for (const reader of runtimes) {
      const { stdout, stderr } = await runScript(reader, script, {
        args: [dir.path, String(step + 1), "read"],
      });
      const who = `${reader.name} after ${writer.name}`;
      assertEquals(stdout, "done\n", `${who}: ${stderr}`);
      assertEquals(digests(dir.path), before, who);
    }
  }
});

test("Each runtime opens a checkpoint of a store that another one has left with logs", async () => {
  await using dir = tempDir();
  const store = join(dir.path, "store");
  const runtimes = availableRuntimes();
  const { name } = currentRuntime();
  const writer = runtimes.find((runtime) => runtime.name !== name) ??
    runtimes[0]!;
  const left = await runScript(writer, script, { args: [store, "0", "leave"] });
  assertEquals(left.stdout, "done\n", left.stderr);
  for (const readOnly of [true, false]) {
    const copy = join(dir.path, `copy ${readOnly}`);
    const options = { keys: tuple, values: json<Value>(), readOnly };
    const db = await open(store, options);
    await db.checkpoint(copy);
    await db.close();
    for (const reader of runtimes) {
      const { stdout, stderr } = await runScript(reader, script, {
        args: [copy, "1", "read"],
      });
      assertEquals(stdout, "done\n", `${reader.name}: ${stderr}`);
    }
  }
});

function digests(folder: string): Record<string, string> {
  const names = readdirSync(folder).filter((name) => /MANI|seg|log/.test(name));
  return Object.fromEntries(
    names.sort().map((name) => [
      name,
      createHash("sha256").update(readFileSync(join(folder, name))).digest(
        "hex",
      ),
    ]),
  );
}
