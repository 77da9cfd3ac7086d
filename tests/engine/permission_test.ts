// What Deno must be granted for all that a store does.
import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { open } from "../../mod.ts";
import { test } from "../harness.ts";
import { currentRuntime, runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = new URL("./permission/agent.ts", import.meta.url);
const opener = new URL("./permission/opener.ts", import.meta.url);
const sources = fileURLToPath(new URL("../../src", import.meta.url));
const deno = currentRuntime();

if (deno.name === "deno") {
  for (const exists of [true, false]) {
    const state = exists ? "is there" : "is missing";
    test(`In Deno a store needs to read and write a folder that ${state}, and no more`, async () => {
      await using dir = tempDir();
      const folder = join(dir.path, "data");
      if (exists) mkdirSync(folder);
      const permissions = [
        `--allow-read=${folder}`,
        `--allow-write=${folder}`,
      ];
      const args = [folder];
      const result = await runScript(deno, script, { permissions, args });
      assertEquals(result.stderr, "");
      const { isWhole, usesWorker } = JSON.parse(result.stdout);
      assertEquals([isWhole, usesWorker], [true, false]);
    });
  }

  test("In Deno a store uses a worker if it may read the modules of the engine", async () => {
    await using dir = tempDir();
    const permissions = [
      `--allow-read=${dir.path},${sources}`,
      `--allow-write=${dir.path}`,
    ];
    const args = [dir.path];
    const result = await runScript(deno, script, { permissions, args });
    assertEquals(result.stderr, "");
    assertEquals(JSON.parse(result.stdout), {
      isWhole: true,
      usesWorker: true,
    });
  });

  test("In Deno a store that may only be read says what to grant to write it, and opens with readOnly", async () => {
    await using dir = tempDir();
    const folder = join(dir.path, "data");
    await makeStore(folder);
    const opened = async (readOnly: boolean, ...permissions: string[]) => {
      const args = [folder, String(readOnly)];
      const options = { permissions: [`--allow-read=${folder}`], args };
      options.permissions.push(...permissions);
      const result = await runScript(deno, opener, options);
      assertEquals(result.stderr, "");
      return JSON.parse(result.stdout);
    };
    assertEquals(await opened(true), { value: "1" });
    const grant = `--allow-write=${folder}`;
    for (const others of [[], ["--allow-sys"]]) {
      const { failure, message } = await opened(false, ...others);
      assertEquals(failure, "denied");
      for (const part of [`${grant},`, "readOnly: true"]) {
        assert(message.includes(part), message);
      }
      assert(!message.includes("sys"), message);
    }
    // Nor does it ask for that if it is a file of the lock that may not be written.
    const denied = `--deny-write=${join(folder, "LOCK")}`;
    const { failure, message } = await opened(false, grant, denied);
    assertEquals(failure, "denied");
    assert(message.includes("--allow-write"), message);
    assert(!message.includes("sys"), message);
    assertEquals(await opened(false, grant), { value: "1" });
  });

  if (hasTerminal()) {
    test("In a terminal Deno asks nobody for more than a store needs", async () => {
      await using dir = tempDir();
      const folder = join(dir.path, "data");
      const readable = [folder, `${folder},${sources}`];
      for (const granted of readable) {
        const output = inTerminal([
          deno.binary,
          "run",
          "--quiet",
          `--allow-read=${granted}`,
          `--allow-write=${folder}`,
          fileURLToPath(script),
          join(folder, String(readable.indexOf(granted))),
        ]);
        assert(output.includes('"isWhole":true'), output);
        assert(!output.includes("requests"), output);
      }
    });
  }
}

/** A store that has been written and is closed. */
async function makeStore(folder: string): Promise<void> {
  await using db = await open(folder);
  await db.put("a", "1");
}

/** Whether there is the tool that gives a process a terminal of its own. */
function hasTerminal(): boolean {
  const { status, stdout } = spawnSync("script", ["--version"], {
    encoding: "utf8",
  });
  return status === 0 && stdout.includes("util-linux");
}

/** What a command writes to its terminal; whoever is asked there never answers. */
function inTerminal(command: readonly string[]): string {
  const quoted = command.map((word) => `'${word}'`).join(" ");
  const { stdout } = spawnSync("script", ["-qec", quoted, "/dev/null"], {
    encoding: "utf8",
    timeout: 100_000,
    input: "n\nn\nn\nn\n",
  });
  return stdout;
}
