// Runs scripts in the runtimes that are there, for tests across processes.
//
// PUREKV_DENO, PUREKV_BUN and PUREKV_NODE name the binaries; without them the
// one that runs the tests and those on the PATH are taken.
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

/** Runtimes that the tests know. */
export const runtimeNames = ["deno", "bun", "node"] as const;
export type RuntimeName = typeof runtimeNames[number];

/** A runtime that is there. */
export interface Runtime {
  readonly name: RuntimeName;
  /** Path or name of the binary. */
  readonly binary: string;
}

/** What a script has left behind. */
export interface ScriptResult {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a script is run. */
export interface ScriptOptions {
  readonly args?: readonly string[];
  /** Permissions in Deno; by default all. */
  readonly permissions?: readonly string[];
  /** Variables on top of those that the tests themselves have. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A script that is running; its standard input is open. */
export interface RunningScript extends AsyncDisposable {
  /** The next line of its standard output; rejects if it ends first. */
  nextLine(): Promise<string>;
  /** Writes to its standard input. */
  write(text: string | Uint8Array): void;
  /** Ends its standard input. */
  end(): void;
  /** Ends it at once, as kill -9 does. */
  kill(): void;
  /** Asks it to end, as an init system does. */
  terminate(): void;
  /** Asks it to end, as Ctrl-C does. */
  interrupt(): void;
  /** Reads no more of its standard output. */
  closeOutput(): void;
  readonly result: Promise<ScriptResult>;
}

const found = new Map<RuntimeName, Runtime | undefined>();

/** The runtimes that are there. Says once on standard error which are missing. */
export function availableRuntimes(): Runtime[] {
  return runtimeNames.flatMap((name) => {
    if (!found.has(name)) {
      found.set(name, findRuntime(name));
      if (found.get(name) === undefined) {
        console.error(`Tests leave out ${name}: set ${variableOf(name)}`);
      }
    }
    return found.get(name) ?? [];
  });
}

/** The runtime that runs the tests. */
export function currentRuntime(): Runtime {
  const { deno, bun } = process.versions;
  const name = deno !== undefined ? "deno" : bun !== undefined ? "bun" : "node";
  return { name, binary: process.execPath };
}

/**
 * Starts a script of the tests. It may import from `src` and node:, and @std where that can be had.
 */
export function startScript(
  runtime: Runtime,
  script: URL,
  options: ScriptOptions = {},
): RunningScript {
  const args = [
    ...runtimeArguments(runtime, options),
    fileURLToPath(script),
    ...options.args ?? [],
  ];
  const child = spawn(runtime.binary, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1", ...options.env },
  });
  return watch(child);
}

/** Runs a script of the tests to its end. */
export async function runScript(
  runtime: Runtime,
  script: URL,
  options: ScriptOptions = {},
): Promise<ScriptResult> {
  await using running = startScript(runtime, script, options);
  return await running.result;
}

function watch(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
): RunningScript {
  let stdout = "";
  let stderr = "";
  let taken = 0;
  let wake = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    wake.resolve();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A script that ended without reading its input is no failure of its own.
  child.stdin.on("error", () => {});
  let ended = false;
  const result = new Promise<ScriptResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      ended = true;
      wake.resolve();
      resolve({ code, signal, stdout, stderr });
    });
  });
  async function nextLine(): Promise<string> {
    while (true) {
      const end = stdout.indexOf("\n", taken);
      if (end >= 0) {
        const line = stdout.slice(taken, end);
        taken = end + 1;
        return line;
      }
      if (ended) throw new Error(`Script has ended: ${stdout}${stderr}`);
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  }
  return {
    nextLine,
    result,
    write: (text) => void child.stdin.write(text),
    end: () => void child.stdin.end(),
    kill: () => void child.kill("SIGKILL"),
    terminate: () => ask(child.pid!, "SIGTERM"),
    interrupt: () => ask(child.pid!, "SIGINT"),
    closeOutput: () => void child.stdout.destroy(),
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGKILL");
      await result;
    },
  };
}

/** Not `child.kill`: in Deno the exit code would be lost, whatever it is. */
function ask(pid: number, signal: "SIGTERM" | "SIGINT"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has just ended by itself.
    if ((error as { code?: unknown }).code !== "ESRCH") throw error;
  }
}

function runtimeArguments(
  { name }: Runtime,
  { permissions = ["--allow-all"] }: ScriptOptions,
): string[] {
  switch (name) {
    case "deno":
      return ["run", "--quiet", "--no-prompt", ...permissions];
    case "bun":
      return ["run"];
    case "node": {
      const hooks = new URL("../std/register_node.mjs", import.meta.url);
      return ["--import", hooks.href];
    }
  }
}

function findRuntime(name: RuntimeName): Runtime | undefined {
  const current = currentRuntime();
  const named = process.env[variableOf(name)];
  if (named === undefined && current.name === name) return current;
  const binary = named ?? name;
  const { status, stdout } = spawnSync(binary, ["--version"], {
    encoding: "utf8",
  });
  if (status !== 0) return undefined;
  // Older ones do not run TypeScript.
  const major = Number(/^v(\d+)/.exec(stdout)?.[1]);
  return name === "node" && major < 24 ? undefined : { name, binary };
}

function variableOf(name: RuntimeName): string {
  return `PUREKV_${name.toUpperCase()}`;
}
