// What is made of figures: leads, verdicts, tables, charts.
import { assert, assertEquals, assertThrows } from "@std/assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { judge, type Verdict } from "../../bench/goals.ts";
import { CAPTIONS, SUITES } from "../../bench/peers/catalogue.ts";
import { drawChart } from "../../bench/peers/chart.ts";
import { withResults } from "../../bench/peers/readme.ts";
import { reportOf } from "../../bench/peers/report.ts";
import { Figures } from "../../bench/peers/results.ts";
import { BENCHMARKS } from "../../bench/workloads/run.ts";
import { PROBES } from "../../bench/workloads/probes.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { resultsOf } from "./results.ts";

const RESULTS = resultsOf([
  ["fillrandom", "purekv", "ops/s", [900_000, 1_200_000, 1_100_000]],
  ["fillrandom", "lmdb", "ops/s", [100_000, 200_000, 300_000]],
  ["fillrandom", "rocksdb", "ops/s", [500_000, 500_000, 500_000]],
  ["open", "purekv", "ms", [20, 30, 10]],
  ["open", "lmdb", "ms", [5, 5, 5]],
  ["spacecompacted", "purekv", "x raw", [1.1, 1.1, 1.1]],
]);

test("A lead above 1 is ours, whether more or less is better", () => {
  const figures = new Figures(RESULTS);
  assertEquals(figures.median("fillrandom", "purekv"), 1_100_000);
  assertEquals(figures.lead("fillrandom", "lmdb"), 5.5);
  assertEquals(figures.lead("open", "lmdb"), 0.25);
  assertEquals(figures.lead("readseq", "lmdb"), undefined);
});

test("Goals are judged by the engines that they are about", () => {
  const verdicts = judge(RESULTS);
  assertEquals(verdictOn(verdicts, "(fillrandom), x any JavaScript"), true);
  assertEquals(verdictOn(verdicts, "(fillrandom), x rocksdb"), false);
  assertEquals(verdictOn(verdicts, "puts in flight, ops/s"), true);
  assertEquals(verdictOn(verdicts, "(spacecompacted)"), false);
  assertEquals(verdictOn(verdicts, "(readrandom), x lmdb"), undefined);
});

test("Goals for many records are judged by runs with many records", () => {
  const goals = ["open of 10 M", "cost of an operation"];
  const smaller = resultsOf([["readseq", "purekv", "ops/s", [300]]]);
  const figures = [
    ["open", "purekv", "ms", [99]],
    ["readseq", "purekv", "ops/s", [100]],
  ] as const;
  const few = judge(resultsOf(figures), smaller);
  const many = judge(resultsOf(figures, 10_000_000), smaller);
  const alone = judge(resultsOf(figures, 10_000_000));
  assertEquals(goals.map((goal) => verdictOn(few, goal)), [
    undefined,
    undefined,
  ]);
  assertEquals(goals.map((goal) => verdictOn(many, goal)), [true, false]);
  assertEquals(goals.map((goal) => verdictOn(alone, goal)), [true, undefined]);
});

test("Every goal is about figures that there are", () => {
  for (const { goal } of judge(RESULTS)) {
    const [, workload] = /\((\w+)\)/.exec(goal) ?? [];
    assert(workload === undefined || workload in CAPTIONS, goal);
  }
});

test("Every workload of every suite is there and has a caption", () => {
  for (const name of Object.values(SUITES).flat()) {
    assert(name in BENCHMARKS || name in PROBES, name);
    assert(name in CAPTIONS, name);
  }
});

test("A report shows medians, leads, what is absent and what was missed", () => {
  const report = reportOf(RESULTS, judge(RESULTS));
  const line = (start: string) =>
    report.split("\n").find((line) => line.startsWith(`| ${start} `))!
      .split("|").slice(1, -1).map((cell) => cell.trim());
  assertEquals(line("fillrandom").slice(3), [
    "1,100,000",
    "200,000 (5.50)",
    "500,000 (2.20)",
  ]);
  assertEquals(line("open").slice(3), ["20.0", "5.0 (0.25)", "none"]);
  assertEquals(line("gone"), ["gone", "absent", "it is not there"]);
  assert(report.includes("as \\| it comes"), report);
  assert(report.includes("MISSED"), report);
});

test("Results go between their marks, and take the place of earlier ones", async () => {
  await using dir = tempDir();
  const file = join(dir.path, "a.json");
  writeFileSync(file, JSON.stringify(RESULTS));
  const begin = "<!-- results: begin -->";
  const end = "<!-- results: end -->";
  const text = `before\n\n${begin}\n\nold\n\n${end}\n\nafter\n`;
  const once = withResults(text, [file]);
  assert(once.startsWith(`before\n\n${begin}\n\n### Runtime 1.0`), once);
  assert(once.endsWith(`|\n\n${end}\n\nafter\n`), once);
  assert(!once.includes("old"), once);
  assertEquals(withResults(once, [file]), once);
  assertThrows(() => withResults("no marks", [file]), Error, begin);
});

test("A chart has a bar for every figure, the best as long as there is room", () => {
  const chart = drawChart(RESULTS, ["fillrandom", "open", "readseq"]);
  const widths = [...chart.matchAll(/<rect [^>]*width="([\d.]+)"/g)]
    .map((match) => Number(match[1]));
  assertEquals(widths.length, 3);
  assertEquals(widths.map((width) => Math.round(100 * width / widths[0]!)), [
    100,
    18,
    45,
  ]);
  assert(chart.includes(">1,100,000</text>"), chart);
  const named = drawChart({
    ...RESULTS,
    machine: { ...RESULTS.machine, runtime: `A <B> & "C"` },
  }, []);
  assert(named.includes("A &lt;B&gt; &amp; &quot;C&quot;,"), named);
});

function verdictOn(
  verdicts: readonly Verdict[],
  part: string,
): boolean | undefined {
  const found = verdicts.filter(({ goal }) => goal.includes(part));
  assertEquals(found.length, 1, part);
  return found[0]!.reached;
}
