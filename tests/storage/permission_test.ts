// What Deno must be granted: the folder, and nothing else.
import { assertEquals } from "@std/assert";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "../harness.ts";
import { currentRuntime, runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = new URL("./permission_agent.ts", import.meta.url);

if (currentRuntime().name === "deno") {
  for (const exists of [true, false]) {
    const state = exists ? "is there" : "is missing";
    test(`DenoStorage needs to read and write a folder that ${state}, and no more`, async () => {
      await using dir = tempDir();
      const folder = join(dir.path, "store");
      if (exists) mkdirSync(folder);
      assertEquals(await use(folder, "write"), "b: 1,2,3");
      assertEquals(await use(folder, "write", ["write"]), "denied");
      assertEquals(await use(folder, "read", ["write"]), "denied");
      assertEquals(await use(folder, "read", ["read"]), "b: 1,2,3");
      assertEquals(await use(folder, "write", ["read"]), "denied");
    });
  }

  test("DenoStorage follows no link out of the folder it was granted", async () => {
    await using dir = tempDir();
    const folder = join(dir.path, "store");
    mkdirSync(folder);
    symlinkSync("/etc/passwd", join(folder, "b"));
    assertEquals(await use(folder, "read"), "other");
  });
}

async function use(
  folder: string,
  how: "read" | "write",
  granted: readonly string[] = ["read", "write"],
): Promise<string> {
  const permissions = granted.map((what) => `--allow-${what}=${folder}`);
  const args = [folder, how];
  const { stdout, stderr } = await runScript(currentRuntime(), script, {
    permissions,
    args,
  });
  assertEquals(stderr, "");
  return stdout.trim();
}
