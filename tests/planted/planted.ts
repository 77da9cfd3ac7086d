// Plants one bug after another in a copy of the source and looks whether the tests notice.
//
//   deno task planted [part of a name]
//
// Prints which test has caught what, and exits with 1 if any bug has survived.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { availableRuntimes } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { plant, type PlantedBug, plantedBugs } from "./bugs.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the tests of one file need. */
const COPIED = ["src", "tests", "mod.ts", "deno.json", "tsconfig.json"];

/** A bug may keep a test from coming to an end. */
const TIMEOUT_MS = 10 * 60_000;

await main();

async function main(): Promise<void> {
  const wanted = process.argv[2] ?? "";
  const bugs = plantedBugs.filter(({ name }) => name.includes(wanted));
  if (bugs.length === 0) throw new Error(`No bug is named like "${wanted}"`);
  await using copy = tempDir();
  for (const name of COPIED) {
    cpSync(join(root, name), join(copy.path, name), { recursive: true });
  }
  console.log("| bug | caught by | seconds |\n| --- | --- | --: |");
  const survivors: string[] = [];
  for (const bug of bugs) {
    const startMs = performance.now();
    const caughtBy = tryBug(copy.path, bug);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    if (caughtBy === undefined) survivors.push(bug.name);
    console.log(`| ${bug.name} | ${caughtBy ?? "NOTHING"} | ${seconds} |`);
  }
  if (survivors.length === 0) return;
  console.error(`Survived: ${survivors.join("; ")}`);
  process.exitCode = 1;
}

/** Runs the tests that should notice a bug; answers with the first that has. */
function tryBug(folder: string, bug: PlantedBug): string | undefined {
  const before = firstFailure(folder, bug);
  if (before !== undefined) {
    throw new Error(`A test fails without any bug: ${before}`);
  }
  const path = join(folder, bug.file);
  const source = readFileSync(path, "utf8");
  writeFileSync(path, plant(source, bug));
  try {
    return firstFailure(folder, bug);
  } finally {
    writeFileSync(path, source);
  }
}

/** The first test of those for a bug that fails. */
function firstFailure(folder: string, bug: PlantedBug): string | undefined {
  const [binary, args] = commandFor(bug);
  const { status, signal, stdout, stderr } = spawnSync(binary, args, {
    cwd: folder,
    env: { ...process.env, ...bug.env, NO_COLOR: "1" },
    encoding: "utf8",
    timeout: TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  if (signal !== null) return `${bug.test}, which did not come to an end`;
  if (status === 0) {
    const [ran] = /[1-9]\d* passed|pass [1-9]\d*/.exec(stdout) ?? [];
    if (ran === undefined) throw new Error(`No test was run of ${bug.test}`);
    return undefined;
  }
  const [, deno, node] = /^(.*) \.\.\. FAILED|^✖ (.*) \(/m.exec(stdout) ?? [];
  // A copy that cannot be run at all has caught nothing.
  if (!deno && !node) throw new Error(`${bug.test}: ${stdout}${stderr}`);
  return deno ?? node;
}

function commandFor({ test, only, runtime }: PlantedBug): [string, string[]] {
  if (runtime === undefined) {
    const filter = only === undefined ? [] : [`--filter=${only}`];
    const args = ["test", "-A", "--no-check", "--fail-fast", ...filter, test];
    return [process.execPath, args];
  }
  const found = availableRuntimes().find(({ name }) => name === runtime);
  if (found === undefined) throw new Error(`There is no ${runtime}`);
  const hooks = ["--import", "./tests/std/register_node.mjs"];
  return [found.binary, [...hooks, "--test", test]];
}
