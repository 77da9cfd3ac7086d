// Runs the tests in Deno and tells how much of src they have run.
//
//   deno task coverage [paths of tests]
//
// Lines and branches of each folder, then the files with less than 95 % of their
// branches. What runs in workers and in other processes is not counted.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { tempDir } from "../support/temp_dir.ts";
import {
  type FileCoverage,
  percent,
  readLcov,
  type Share,
  sumOf,
} from "./lcov.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const src = join(root, "src/");

/** Files with a smaller share of their branches are listed. */
const LEAST_BRANCHES = 0.95;

await main();

async function main(): Promise<void> {
  await using folder = tempDir();
  const data = join(folder.path, "coverage");
  mkdirSync(data);
  const tests = process.argv.slice(2);
  const status = run("inherit", ["test", "-A", `--coverage=${data}`, ...tests])
    .status;
  // Failures are told, but what was run before them counts.
  if (status !== 0) process.exitCode = 1;
  const report = run("pipe", [
    "coverage",
    "--quiet",
    "--lcov",
    `--include=^file://${src}`,
    data,
  ]);
  if (report.status !== 0) throw new Error(report.stderr);
  print(readLcov(report.stdout, src));
}

function run(stdout: "inherit" | "pipe", args: readonly string[]) {
  return spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 30,
    stdio: ["ignore", stdout, stdout],
    env: { ...process.env, NO_COLOR: "1" },
  });
}

function print(files: readonly FileCoverage[]): void {
  console.log("| folder | lines % | branches % |\n| --- | --: | --: |");
  for (const [folder, inside] of Map.groupBy(files, folderOf)) {
    console.log(rowOf(`src/${folder}`, inside));
  }
  console.log(rowOf("total", files));
  const low = files.filter(({ branches }) =>
    shareOf(branches) < LEAST_BRANCHES
  );
  if (low.length === 0) return;
  console.log("\nLess than 95 % of their branches, and where those are:");
  for (const { path, branches, missedBranches } of low) {
    console.log(
      `src/${path}: ${percent(branches)} %, ${missedBranches.join(" ")}`,
    );
  }
}

function folderOf({ path }: FileCoverage): string {
  const [first, ...rest] = path.split("/");
  return rest.length > 0 ? first! : "";
}

function rowOf(name: string, files: readonly FileCoverage[]): string {
  const lines = sumOf(files.map((file) => file.lines));
  const branches = sumOf(files.map((file) => file.branches));
  return `| ${name} | ${percent(lines)} | ${percent(branches)} |`;
}

function shareOf({ covered, total }: Share): number {
  return total === 0 ? 1 : covered / total;
}
