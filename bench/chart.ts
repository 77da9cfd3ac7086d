/**
 * Draws results of `peers.ts` as bars, in colours that can be read on light and on dark ground:
 *
 *     deno task bench:chart results.json chart.svg
 *     bun bench/chart.ts results.json chart.svg --workloads=fillrandom,readrandom
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { drawChart } from "./peers/chart.ts";
import { readResults } from "./peers/readme.ts";

/** What a reader of the README wants to know first. */
const PRESETS = [
  "fillrandom",
  "fillrandombatch",
  "fillsyncflight",
  "readrandom",
  "readawaited",
  "readmissing",
  "readseq",
  "ycsba",
];

if (import.meta.main) main();

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { workloads: { type: "string" } },
  });
  const [from, to] = positionals;
  if (from === undefined || to === undefined) {
    console.error("Usage: chart.ts RESULTS.json CHART.svg [--workloads=A,B]");
    process.exit(2);
  }
  const workloads = values.workloads?.split(",") ?? PRESETS;
  writeFileSync(to, drawChart(readResults(from), workloads));
}
