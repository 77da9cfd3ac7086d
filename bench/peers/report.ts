import type { Verdict } from "../goals.ts";
import type { Unit } from "../workloads/probe.ts";
import { CAPTIONS } from "./catalogue.ts";
import { Figures, OURS, type Results } from "./results.ts";

/** Everything there is to say about a run, in Markdown that the formatter leaves as it is. */
export function reportOf(
  results: Results,
  verdicts: readonly Verdict[],
): string {
  return [
    table(setupRows(results)),
    table(figureRows(results)),
    table(engineRows(results)),
    ...(verdicts.length > 0 ? [table(goalRows(verdicts))] : []),
    ...(results.failures.length > 0 ? [table(failureRows(results))] : []),
  ].join("\n\n");
}

function setupRows(
  { machine, sizes, rounds, date }: Results,
): string[][] {
  return [
    ["run", "of"],
    ["date", date.slice(0, 10)],
    ["runtime", machine.runtime],
    [
      "machine",
      `${machine.platform}, ${machine.cores} x ${machine.cpu}, ${
        mebibytes(machine.memoryBytes)
      }`,
    ],
    [
      "records",
      `${grouped(sizes.num)} of ${sizes.keySize} + ${sizes.valueSize} bytes`,
    ],
    ["operations", grouped(sizes.operations)],
    ["synced writes", `${grouped(sizes.syncNum)} one by one`],
    ["cache", mebibytes(sizes.cache)],
    ["rounds", `${rounds}, of which the median is shown`],
  ];
}

/** The figures: one line each, one column an engine; in brackets how many times as good ours is. */
function figureRows(results: Results): string[][] {
  const figures = new Figures(results);
  const engines = results.engines.map(({ name }) => name);
  const rows = [["workload", "what", "unit", ...engines]];
  for (const [workload, { text, unit }] of Object.entries(CAPTIONS)) {
    const cells = engines.map((engine) => cell(figures, workload, engine));
    if (cells.every((text) => text === NONE)) continue;
    rows.push([workload, text, unit, ...cells]);
  }
  return rows;
}

const NONE = "none";

function cell(figures: Figures, workload: string, engine: string): string {
  const value = figures.median(workload, engine);
  if (value === undefined) return NONE;
  const shown = formatted(value, CAPTIONS[workload]!.unit);
  const lead = figures.lead(workload, engine);
  return engine === OURS || lead === undefined
    ? shown
    : `${shown} (${ratio(lead)})`;
}

function engineRows({ engines, absent }: Results): string[][] {
  return [
    ["engine", "version", "settings"],
    ...engines.flatMap(({ name, version, settings, syncedSettings }) => [
      [name, version, settings],
      ...(syncedSettings === undefined
        ? []
        : [["", "", `synced: ${syncedSettings}`]]),
    ]),
    ...absent.map(({ name, reason }) => [name, "absent", reason]),
  ];
}

function goalRows(verdicts: readonly Verdict[]): string[][] {
  return [
    ["goal", "bound", "found", "verdict"],
    ...verdicts.map(({ goal, value, bound, isCeiling, reached }) => [
      goal,
      `${isCeiling ? "at most" : "at least"} ${ratio(bound)}`,
      value === undefined ? "-" : ratio(value),
      reached === undefined ? "not measured" : reached ? "reached" : "MISSED",
    ]),
  ];
}

function failureRows({ failures }: Results): string[][] {
  return [
    ["failed", "suite", "round", "reason"],
    ...failures.map(({ engine, suite, round, reason }) => [
      engine,
      suite,
      String(round + 1),
      reason,
    ]),
  ];
}

/** A table with columns of even width, as the formatter has it. */
function table(rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) =>
    row.map((text) => text.replaceAll("|", "\\|"))
  );
  const widths = clean[0]!.map((_, column) =>
    Math.max(3, ...clean.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text, i) => text.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [head, ...body] = clean;
  return [line(head!), rule, ...body.map(line)].join("\n");
}

function formatted(value: number, unit: Unit): string {
  switch (unit) {
    case "ops/s":
      return grouped(value);
    case "MB/s":
    case "MiB":
      return value.toFixed(0);
    case "ms":
      return value.toFixed(1);
    case "x raw":
    case "x append":
      return value.toFixed(2);
  }
}

/** Three digits that count. */
function ratio(value: number): string {
  if (value >= 100) return grouped(value);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function mebibytes(bytes: number): string {
  return `${grouped(bytes / 2 ** 20)} MiB`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
