import { assert, assertEquals } from "@std/assert";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";
import { packageVariables } from "../support/command_line.ts";
import { currentRuntime } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = fileURLToPath(new URL("../../src/cli/cli.ts", import.meta.url));
const { name, binary } = currentRuntime();

/** How a runtime makes a file of its own out of a script. */
const compilers: Partial<Record<typeof name, (target: string) => string[]>> = {
  deno: (target) => ["compile", "--quiet", "-A", "--output", target, script],
  bun: (target) => ["build", "--compile", "--outfile", target, script],
};

test("The command line compiles to a single file that works by itself", async () => {
  const compiler = compilers[name];
  // Node has no such compiler.
  if (compiler === undefined) return;
  if (name === "deno" && !await canFetchRuntime()) {
    console.error("Left out: deno compile cannot fetch its runtime");
    return;
  }
  await using dir = tempDir();
  const target = join(dir.path, "kv");
  const env = { ...process.env, ...packageVariables(), NO_COLOR: "1" };
  const built = spawnSync(binary, compiler(target), {
    cwd: dir.path,
    env,
    encoding: "utf8",
  });
  assertEquals(built.status, 0, built.stderr);
  const store = join(dir.path, "store");
  function run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(target, args, {
      cwd: dir.path,
      env: { PATH: "", HOME: dir.path },
      encoding: "utf8",
    });
    assert(status === 0, `${args}: ${stderr}`);
    return stdout;
  }
  run("put", store, "a", "1", "--create");
  run("compact", store);
  assertEquals(run("scan", store), "a\t1\n");
});

/** Whether Deno can fetch the runtime that goes into the file. */
async function canFetchRuntime(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(3000);
    const response = await fetch("https://dl.deno.land/", { signal });
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
