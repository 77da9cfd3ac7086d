// What Deno must be granted: the folder, and nothing else.
import { assertEquals } from "@std/assert";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "../harness.ts";
import {
  availableRuntimes,
  currentRuntime,
  runScript,
} from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = new URL("./permission_agent.ts", import.meta.url);
const deno = availableRuntimes().find(({ name }) => name === "deno");

/** Only tests that run in Deno know where it finds @std, which its own adapter imports. */
const adapters = currentRuntime().name === "deno"
  ? ["NodeStorage", "DenoStorage"]
  : ["NodeStorage"];

for (const adapter of deno === undefined ? [] : adapters) {
  for (const exists of [true, false]) {
    const state = exists ? "is there" : "is missing";
    test(`${adapter} in Deno needs to read and write a folder that ${state}, and no more`, async () => {
      await using dir = tempDir();
      const folder = join(dir.path, "store");
      if (exists) mkdirSync(folder);
      assertEquals(await use(adapter, folder, "write"), "b: 1,2,3");
      assertEquals(await use(adapter, folder, "write", ["write"]), "denied");
      assertEquals(await use(adapter, folder, "read", ["write"]), "denied");
      assertEquals(await use(adapter, folder, "read", ["read"]), "b: 1,2,3");
      assertEquals(await use(adapter, folder, "write", ["read"]), "denied");
    });
  }

  test(`${adapter} in Deno follows no link out of the folder it was granted`, async () => {
    await using dir = tempDir();
    const folder = join(dir.path, "store");
    mkdirSync(folder);
    symlinkSync("/etc/passwd", join(folder, "b"));
    assertEquals(await use(adapter, folder, "read"), "other");
  });
}

/** What came of using a folder in Deno with these permissions for it alone. */
async function use(
  adapter: string,
  folder: string,
  how: "read" | "write",
  granted: readonly string[] = ["read", "write"],
): Promise<string> {
  const permissions = granted.map((what) => `--allow-${what}=${folder}`);
  const args = [adapter, folder, how];
  const { stdout, stderr } = await runScript(deno!, script, {
    permissions,
    args,
  });
  assertEquals(stderr, "");
  return stdout.trim();
}
