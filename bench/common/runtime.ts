import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Name and version of the runtime. */
export function describeRuntime(): string {
  const { deno, bun, node } = process.versions;
  return deno ? `Deno ${deno}` : bun ? `Bun ${bun}` : `Node ${node}`;
}

/**
 * Starts a script in a process of its own, in this runtime. Its standard output can be read; what
 * it says on standard error is shown.
 */
export function startScript(
  script: URL,
  argument: unknown,
): ChildProcess {
  return spawn(process.execPath, [
    ...runtimeArguments(),
    fileURLToPath(script),
    JSON.stringify(argument),
  ], { stdio: ["ignore", "pipe", "inherit"] });
}

function runtimeArguments(): string[] {
  const { deno, bun } = process.versions;
  if (deno) return ["run", "--allow-all", "--quiet", "--unstable-kv"];
  // Node says of node:sqlite that it is experimental.
  return bun ? ["run"] : ["--disable-warning=ExperimentalWarning"];
}

/** How a process has ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Waits for the end of a process; with `onLine`, hands on what it prints. */
export function endOf(
  child: ChildProcess,
  onLine: (line: string) => void = () => {},
): Promise<Ending> {
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal }));
  });
}
