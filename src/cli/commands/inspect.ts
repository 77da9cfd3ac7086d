import type { Command } from "commander";
import { action, addCommand, addJson } from "../command.ts";
import { escapeText } from "../escape.ts";
import { NOT_FOUND } from "../exit_codes.ts";
import { countText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";
import { inspectFile } from "../inspect/inspect_file.ts";
import type { FileReport } from "../inspect/report.ts";
import { printProblem } from "../problem_text.ts";

/** Adds `inspect`. */
export function addInspect(program: Command, host: Host): void {
  const command = addCommand(program, host, {
    usage: "inspect <file>",
    summary: "show what is in a log, a segment or a manifest",
    description:
      "Reads only that file, even if it is damaged or in use. Ends with 1 if something is wrong with it.",
    examples: [
      ["inspect data/MANIFEST", "codecs, logs and segments of a store"],
      ["inspect data/000007.log", "frames, writes and keys of a log"],
      ["inspect data/000008.seg", "blocks, entries and keys of a segment"],
    ],
  });
  addJson(command).action(
    action<{ readonly json?: boolean }>(host, async ([path], { json }) => {
      const report = await run(host, path!);
      const isDamaged = report.problems
        .some(({ severity }) => severity === "damage");
      if (isDamaged) host.exitCode = NOT_FOUND;
      if (json) await host.json(report);
      else await print(host, report);
    }),
  );
}

async function run(host: Host, path: string): Promise<FileReport> {
  using bar = host.progress({ action: "Reading" });
  return await inspectFile(path, {
    signal: host.signal,
    onProgress: ({ bytesRead, bytesTotal }) =>
      bar.update({ bytes: bytesRead, total: bytesTotal }),
  });
}

async function print(host: Host, report: FileReport): Promise<void> {
  const { styles, output } = host;
  const rows = Object.entries({
    [report.type]: report.file,
    size: report.bytes < 1000
      ? sizeText(report.bytes)
      : `${sizeText(report.bytes)} (${countText(report.bytes)} bytes)`,
    ...report.facts,
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, fact] of rows) {
    const text = typeof fact === "number" ? countText(fact) : escapeText(fact);
    await output.line(`${styles.dim(name.padEnd(width))}  ${text}`);
  }
  if (report.problems.length > 0) await output.line();
  for (const problem of report.problems) await printProblem(host, problem);
}
