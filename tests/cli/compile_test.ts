import { assert, assertEquals } from "@std/assert";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { test } from "../harness.ts";
import { packageVariables } from "../support/command_line.ts";
import { currentRuntime } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const script = fileURLToPath(new URL("../../src/cli/cli.ts", import.meta.url));
const worker = fileURLToPath(
  new URL("../../src/engine/background/worker.ts", import.meta.url),
);
const config = new URL("../../deno.json", import.meta.url);
const { name, binary } = currentRuntime();

/**
 * So many entries of a kilobyte that MemTables are flushed, and level 0 is compacted, while they
 * are loaded.
 */
const ENTRIES = 60_000;
const VALUE = "v".repeat(1000);

/** With fewer, the machine was too busy for them to say that there was no worker. */
const FEW_SAMPLES = 20;

/**
 * How a runtime makes a file of its own out of a script, as the README of the command line says.
 */
const compilers: Partial<Record<typeof name, (target: string) => string[]>> = {
  deno: (target) =>
    ["compile", "--quiet", "-A", "--include", worker, "--output", target]
      .concat(script),
  bun: (target) => ["build", "--compile", "--outfile", target, script, worker],
};

test("The command line compiles to a single file that works by itself, its worker included", async () => {
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
  const options = { cwd: dir.path, env: { PATH: "", HOME: dir.path } };
  function run(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(target, args, {
      ...options,
      encoding: "utf8",
    });
    assert(status === 0, `${args}: ${stderr}`);
    return stdout;
  }
  const { version } = JSON.parse(readFileSync(config, "utf8"));
  assertEquals(run("--version"), `${version}\n`);
  run("put", store, "a", "1", "--create");
  const entries = join(dir.path, "entries.ndjson");
  writeFileSync(
    entries,
    Array.from(
      { length: ENTRIES },
      (_, i) => `{"key":"k${i}","value":"${VALUE}"}\n`,
    ).join(""),
  );
  const loading = spawn(target, ["load", store, entries], options);
  const samples = await threadsOf(loading);
  assertEquals(loading.exitCode, 0);
  // Deno gives its threads no names of their own.
  if (samples.length > 0 && name === "bun") {
    const has = samples.map((names) => names.includes("Worker"));
    const first = has.indexOf(true);
    assert(first >= 0 || samples.length < FEW_SAMPLES, `${samples.length}`);
    const since = has.slice(first);
    // One that does not find its module ends at once.
    const running = since.filter((isThere) => isThere).length;
    const isMost = running > since.length / 2;
    assert(first < 0 || isMost, `${running} of ${since.length}`);
  }
  run("compact", store);
  assertEquals(run("scan", store, "--count"), `${ENTRIES + 1}\n`);
  assertEquals(run("get", store, "k7"), `${VALUE}\n`);
  run("verify", store);
});

/**
 * Names of the threads of a process, again and again until it ends, where the system tells them.
 */
async function threadsOf(running: ChildProcess): Promise<string[][]> {
  const samples: string[][] = [];
  const ended = new Promise((resolve) => running.once("close", resolve));
  const tasks = `/proc/${running.pid}/task`;
  const timer = setInterval(() => {
    try {
      samples.push(
        readdirSync(tasks).map((task) =>
          readFileSync(join(tasks, task, "comm"), "utf8").trim()
        ),
      );
    } catch {
      // It has ended, or this system has no such files.
    }
  }, 10);
  await ended;
  clearInterval(timer);
  return samples;
}

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
