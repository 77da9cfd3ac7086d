// Runs the command line in the runtime that runs the tests.
import { join } from "node:path";
import { npmFolder } from "../std/npm_packages.mjs";
import {
  currentRuntime,
  type RunningScript,
  type ScriptResult,
  startScript,
} from "./runtimes.ts";

const script = new URL("../../src/cli/cli.ts", import.meta.url);

/** How the command line is run. */
export interface KvOptions {
  /** What it gets on standard input; nothing by default. */
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Variables with which Bun finds the packages of the command line, and Node need not strip the
 * types of every file again.
 */
export function packageVariables(): Record<string, string> {
  switch (currentRuntime().name) {
    case "bun":
      return { NODE_PATH: join(npmFolder(), "node_modules") };
    case "node":
      return { NODE_COMPILE_CACHE: join(npmFolder(), "compile-cache") };
    case "deno":
      return {};
  }
}

/** Starts a command; its standard input stays open. */
export function startKv(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningScript {
  return startScript(currentRuntime(), script, {
    args,
    env: { ...packageVariables(), ...env },
  });
}

/** Runs a command to its end. */
export async function kv(
  args: readonly string[],
  { input = "", env = {} }: KvOptions = {},
): Promise<ScriptResult> {
  await using running = startKv(args, env);
  running.write(input);
  running.end();
  return await running.result;
}
