// Runs a command with @std within reach: from JSR, or, where JSR cannot be
// reached, from the stand-ins beside this file.
//
//   deno run -A tests/std/with_std.ts deno test -A
//
// Deno reads JSR_URL, which may be a file: folder that is laid out as a
// registry. The folder lies outside the package, or `deno publish` would count
// its files as the package's own, and is named by the hash of its content, so
// that Deno's caches stay warm and a changed stand-in gets a folder of its own.
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const probeUrl = "https://jsr.io/@std/assert/meta.json";
const probeTimeoutMs = 3_000;
const probeKeptMs = 10 * 60_000;
const version = "1.0.0";
const prefix = join(tmpdir(), `purekv-std-${userInfo().username}`);

await main();

async function main(): Promise<void> {
  const [command, ...args] = Deno.args;
  if (command === undefined) {
    console.error("Usage: with_std.ts <command> [...arguments]");
    Deno.exit(2);
  }
  const env: Record<string, string> = {};
  if (!Deno.env.has("JSR_URL") && !(await isJsrReachable())) {
    env.JSR_URL = makeRegistry();
  }
  Deno.exit(await runCommand(command, args, env));
}

/** Asks JSR, or the answer that an earlier run has kept for a while. */
async function isJsrReachable(): Promise<boolean> {
  const kept = `${prefix}-probe`;
  try {
    const { mtimeMs } = statSync(kept);
    if (Math.abs(Date.now() - mtimeMs) < probeKeptMs) {
      return readFileSync(kept, "utf8") === "reachable";
    }
  } catch {
    // Not asked yet.
  }
  const reachable = await probe();
  if (!reachable) {
    console.error("JSR is out of reach: @std comes from the stand-ins");
  }
  const written = `${kept}-${Deno.pid}`;
  writeFileSync(written, reachable ? "reachable" : "unreachable");
  renameSync(written, kept);
  return reachable;
}

async function probe(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(probeTimeoutMs);
    const response = await fetch(probeUrl, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** Lays the stand-ins out as a JSR registry and returns its file: URL. */
function makeRegistry(): string {
  const files = registryFiles();
  const root = `${prefix}-${sha256(JSON.stringify([...files])).slice(0, 16)}`;
  if (!isWhole(root, files)) {
    const fresh = mkdtempSync(`${prefix}-new-`);
    for (const [path, content] of files) {
      mkdirSync(dirname(join(fresh, path)), { recursive: true });
      writeFileSync(join(fresh, path), content);
    }
    putInPlace(fresh, root, files);
  }
  return `${pathToFileURL(root)}/`;
}

/** Every file of the registry: path and content. */
function registryFiles(): Map<string, string> {
  const folder = new URL("./stand_ins/", import.meta.url);
  const files = new Map<string, string>();
  for (const file of readdirSync(folder).sort()) {
    const source = readFileSync(new URL(file, folder), "utf8");
    const name = `@std/${file.replace(/\.ts$/, "")}`;
    const size = new TextEncoder().encode(source).length;
    const checksum = `sha256-${sha256(source)}`;
    files.set(`${name}/${version}/mod.ts`, source);
    files.set(
      `${name}/${version}_meta.json`,
      JSON.stringify({
        exports: { ".": "./mod.ts" },
        manifest: { "/mod.ts": { size, checksum } },
      }),
    );
    files.set(
      `${name}/meta.json`,
      JSON.stringify({ versions: { [version]: {} } }),
    );
  }
  return files;
}

/** Whether `root` is a folder of ours with every file as it should be. */
function isWhole(root: string, files: Map<string, string>): boolean {
  try {
    const stats = lstatSync(root);
    if (!stats.isDirectory() || stats.uid !== userInfo().uid) return false;
    for (const [path, content] of files) {
      if (readFileSync(join(root, path), "utf8") !== content) return false;
    }
    return true;
  } catch {
    return false;
  }
}

/** Renames `fresh` to `root`. Another run may do the same at the same time. */
function putInPlace(
  fresh: string,
  root: string,
  files: Map<string, string>,
): void {
  while (true) {
    try {
      return renameSync(fresh, root);
    } catch (error) {
      if (isWhole(root, files)) {
        return rmSync(fresh, { recursive: true });
      }
      if (!isTaken(error)) throw error;
      // Half of it was swept out of the temp folder.
      rmSync(root, { recursive: true, force: true });
    }
  }
}

function isTaken(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR";
}

function sha256(data: string): string {
  return createHash("sha256").update(data).digest("hex");
}

/** Runs the command, hands signals on to it and returns its exit code. */
async function runCommand(
  command: string,
  args: string[],
  env: Record<string, string>,
): Promise<number> {
  const path = command === "deno" ? Deno.execPath() : command;
  const child = new Deno.Command(path, { args, env }).spawn();
  // A terminal signals the whole process group: the child has it already.
  const forwarded: Deno.Signal[] = Deno.stdin.isTerminal()
    ? ["SIGTERM"]
    : ["SIGTERM", "SIGINT"];
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGINT", () => {});
    for (const signal of forwarded) {
      Deno.addSignalListener(signal, () => child.kill(signal));
    }
  }
  const { code, signal } = await child.status;
  return signal === null ? code : 128 + constants.signals[signal as "SIGTERM"];
}
