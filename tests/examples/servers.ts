// Starts servers of the examples.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import {
  type RunningScript,
  type Runtime,
  startScript,
} from "../support/runtimes.ts";

/** A server and its address, without a slash at the end. */
export interface Server {
  readonly script: RunningScript;
  readonly url: string;
}

/** Starts a server on a port of its own and waits until it listens. */
export async function usingServer(
  runtime: Runtime,
  example: string,
  dir: string,
  work: (server: Server) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = join(dir, "store");
  const address = new URL(`../../examples/${example}`, import.meta.url);
  await using script = startScript(runtime, address, {
    args: [folder, "0"],
    env,
    // As its first lines tell the reader to.
    permissions: [
      "--allow-net",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      ...Object.keys(env).map((name) => `--allow-env=${name}`),
    ],
  });
  const line = await script.nextLine();
  assertMatch(line, /^Listening on http:\/\/[\w.]+:\d+\/$/);
  await work({ script, url: line.slice("Listening on ".length, -1) });
}

/** Has a server end as an init system does; it closes its store first. */
export async function stop(script: RunningScript): Promise<void> {
  script.terminate();
  const { code, stdout, stderr } = await script.result;
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assert(stdout.endsWith("\nStore closed\n"));
}
