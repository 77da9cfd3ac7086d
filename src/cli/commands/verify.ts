import type { Command } from "commander";
import { verify } from "../../../mod.ts";
import type {
  InspectionOptions,
  VerifyReport,
} from "../../inspection/report.ts";
import { action, addJson, addStoreCommand } from "../command.ts";
import { NOT_FOUND } from "../exit_codes.ts";
import { counted, sizeText } from "../figures.ts";
import { UsageError } from "../failure.ts";
import type { Host } from "../host.ts";
import { printProblem } from "../problem_text.ts";

/** Adds `verify`. */
export function addVerify(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "verify",
    summary: "read every byte and list everything wrong",
    description:
      "Writes nothing. Ends with 1 if something is damaged. No other program may have the store open for writing.",
    examples: [
      ["verify STORE", "lists what is wrong, and what it means for the data"],
      ["verify STORE --json", "the report for programs"],
    ],
  });
  addJson(command).action(
    action<{ readonly json?: boolean }>(host, async ([path], { json }) => {
      const report = await run(host, path);
      if (!report.ok) host.exitCode = NOT_FOUND;
      if (json) return await host.json(report);
      for (const problem of report.problems) await printProblem(host, problem);
      if (report.omittedProblems > 0) {
        await host.output.line(`... and ${report.omittedProblems} more`);
      }
      await host.output.line(summary(host, report));
    }),
  );
}

async function run(
  host: Host,
  path: string | undefined,
): Promise<VerifyReport> {
  using bar = host.progress({ action: "Verifying" });
  const options: InspectionOptions = {
    signal: host.signal,
    onProgress: ({ bytesRead, bytesTotal }) =>
      bar.update({ bytes: bytesRead, total: bytesTotal }),
  };
  const { session } = host;
  if (session === undefined) return await verify(path!, options);
  if (session.engine) return await session.engine.verify(options);
  throw new UsageError("Cannot verify: another program has the store open");
}

function summary(host: Host, report: VerifyReport): string {
  const { ok, files, entries, bytesRead } = report;
  const read = `${counted(files, "file", "files")}, ${
    counted(entries, "entry", "entries")
  }, ${sizeText(bytesRead)}`;
  return ok
    ? `${host.styles.green("ok")}  ${read}`
    : `${host.styles.red("damaged")}  read ${read}`;
}
