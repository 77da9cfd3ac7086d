import { Option } from "commander";
import type { Command } from "commander";
import { repair } from "../../../mod.ts";
import { UnnamedCodecError } from "../../maintenance/repair_codecs.ts";
import type {
  RepairLoss,
  RepairOptions,
  RepairReport,
} from "../../maintenance/repair_report.ts";
import { action, addCommand, addJson } from "../command.ts";
import { NOT_FOUND } from "../exit_codes.ts";
import { escapeName, escapeText } from "../escape.ts";
import { HintedError, UsageError } from "../failure.ts";
import { counted, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";

interface Options {
  readonly into?: string;
  readonly inPlace?: boolean;
  readonly keys?: string;
  readonly values?: string;
  readonly json?: boolean;
}

/** Adds `repair`. */
export function addRepair(program: Command, host: Host): void {
  const command = addCommand(program, host, {
    usage: "repair <store>",
    summary: "save what can be saved of a damaged store",
    description:
      "The damaged store is only read, unless with --in-place, which replaces it once the new one is complete. Ends with 1 if something is lost or in doubt, and says what.",
    examples: [
      ["repair data --into saved", "leaves data as it is"],
      ["repair data --in-place", "replaces data"],
    ],
  });
  addJson(command)
    .option("--into <folder>", "where the new store goes")
    .option("--in-place", "replace the damaged store")
    .addOption(codecOption("keys")).addOption(codecOption("values"))
    .action(action<Options>(host, async ([path], options) => {
      const report = await run(host, path!, options);
      if (!report.ok) host.exitCode = NOT_FOUND;
      if (options.json) return await host.json(report);
      await print(host, report);
    }));
}

function codecOption(what: "keys" | "values"): Option {
  return new Option(
    `--${what} <codec>`,
    `name of the codec of the ${what}, where the damaged store does not say it`,
  );
}

async function run(
  host: Host,
  path: string,
  { into, inPlace, keys, values }: Options,
): Promise<RepairReport> {
  if ((into === undefined) === (inPlace === undefined)) {
    throw new UsageError(
      "Cannot repair: say where to, with either --into FOLDER or --in-place",
    );
  }
  using bar = host.progress({ action: "Repairing" });
  const options: RepairOptions = {
    signal: host.signal,
    onProgress: ({ bytesRead, bytesTotal }) =>
      bar.update({ bytes: bytesRead, total: bytesTotal }),
    ...into === undefined ? { inPlace: true } : { into },
    ...keys === undefined ? {} : { keys: { name: keys } },
    ...values === undefined ? {} : { values: { name: values } },
  };
  return await repair(path, options).catch((error) => {
    if (!(error instanceof UnnamedCodecError)) throw error;
    throw new HintedError(
      error,
      "--keys and --values name them: utf8, bytes, json, tuple or a codec of the application's",
    );
  });
}

async function print(host: Host, report: RepairReport): Promise<void> {
  const { styles, output } = host;
  for (const warning of report.warnings) {
    await output.line(`${styles.yellow("warning")}  ${escapeText(warning)}`);
  }
  for (const loss of report.losses) await printLoss(host, loss);
  if (report.omittedLosses > 0) {
    await output.line(`... and ${report.omittedLosses} losses more`);
  }
  const word = report.ok ? styles.green("ok") : styles.yellow("saved");
  const codecs = [report.keyCodec, report.valueCodec].map(escapeName);
  await output.line(
    `${word}  ${counted(report.entries, "entry", "entries")}, ${
      sizeText(report.bytes)
    } of keys and values (${codecs.join(", ")}) from ${
      counted(report.files, "file", "files")
    }`,
  );
}

async function printLoss(host: Host, loss: RepairLoss): Promise<void> {
  const { styles, output } = host;
  const place = `${loss.file}, bytes ${loss.offset} to ${loss.end}`;
  await output.line(`${styles.red("lost")}     ${escapeText(place)}`);
  await output.line(`         ${escapeText(loss.reason)}`);
  if (loss.keys !== undefined) {
    await output.line(`         keys: ${loss.keys.from} to ${loss.keys.to}`);
  }
  if (loss.writes !== undefined) {
    const { first, last } = loss.writes;
    await output.line(`         writes: ${first} to ${last}`);
  }
}
