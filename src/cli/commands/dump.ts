import { Option } from "commander";
import type { Command } from "commander";
import {
  addJson,
  addKeyspace,
  addStoreCommand,
  type CommonOptions,
  reading,
} from "../command.ts";
import { giveWay } from "../../engine/runtime/event_loop.ts";
import { escapeName } from "../escape.ts";
import { counted, durationText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";
import type { OpenStore } from "../open_store.ts";
import { CSV_HEADER, csvLine } from "../transfer/csv.ts";
import {
  formatOfFile,
  TRANSFER_FORMATS,
  type TransferFormat,
} from "../transfer/format.ts";
import type { EntryBytes, Forms } from "../transfer/entry.ts";
import { ndjsonLine } from "../transfer/ndjson.ts";
import { rawBytes } from "../transfer/raw.ts";
import { fileTarget } from "../transfer/file_target.ts";
import { Gatherer, outputTarget, type Target } from "../transfer/target.ts";
import { addRange, isWhole, rangeOf, type RangeTexts } from "./scan.ts";

interface DumpOptions extends CommonOptions, RangeTexts {
  readonly format?: TransferFormat;
  readonly force?: boolean;
}

type Encode = (entry: EntryBytes, forms: Forms) => Uint8Array | string;

const ENCODERS: Readonly<Record<TransferFormat, Encode>> = {
  ndjson: ndjsonLine,
  csv: csvLine,
  raw: rawBytes,
};

/** Entries between two turns of the event loop, in which Ctrl-C is heard. */
const STEP_ENTRIES = 1000;

/** Adds `dump`. */
export function addDump(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "dump [file]",
    summary: "write entries to a file or standard output, for load",
    description:
      "Formats and file names are those of load. Writes the keys that are in no keyspace, or those of one, and says which keyspaces are left out. Writes the state at the start; works while another program has the store open. The file appears, or is replaced, only once it is complete.",
    examples: [
      ["dump STORE all.ndjson.gz", "all that is in no keyspace, packed"],
      ...host.session === undefined
        ? [[
          "dump STORE --keyspace users",
          "a keyspace, to the terminal",
        ]] as const
        : [],
      ["dump STORE --prefix user: --format csv", "some, to the terminal"],
      ["dump STORE | kv load copy --create", "into another store"],
    ],
  });
  addJson(addRange(addKeyspace(command, host)))
    .addOption(
      new Option("--format <format>", "what to write")
        .choices([...TRANSFER_FORMATS]),
    )
    .option("--force", "replace an existing file")
    .action(
      reading<DumpOptions>(host, async (store, [path = "-"], options) => {
        const named = formatOfFile(path);
        const format = options.format ?? named.format ?? "ndjson";
        const isFile = path !== "-";
        const target = isFile
          ? await fileTarget(path, {
            isGzip: named.isGzip,
            force: options.force === true,
          })
          : outputTarget(host.output);
        const startedMs = performance.now();
        let done;
        try {
          done = await dump(host, store, { target, format, range: options });
          await target.finish();
        } catch (error) {
          await target.abandon();
          throw error;
        }
        const ms = Math.round(performance.now() - startedMs);
        const notDumped = leftOut(store, options);
        const report = { ...done, ms, notDumped };
        if (!isFile) return await tellLeftOut(host, report, options);
        if (options.json) return await host.json(report);
        const { entries, bytes } = done;
        await host.note(
          `Dumped ${counted(entries, "entry", "entries")}, ${
            sizeText(bytes)
          } of keys and values in ${durationText(ms)}`,
        );
        await tellLeftOut(host, report, options);
      }),
    );
}

/** Names of the keyspaces that a dump of all keys leaves out. Who asks for a part knows of it. */
function leftOut(store: OpenStore, range: RangeTexts): string[] {
  return store.keyspace === undefined && isWhole(range)
    ? store.keyspaces()
    : [];
}

/** Says which keyspaces are not in a dump, and how they get into one. */
async function tellLeftOut(
  host: Host,
  { notDumped }: { readonly notDumped: readonly string[] },
  { json }: DumpOptions,
): Promise<void> {
  if (notDumped.length === 0) return;
  // Standard output has the entries.
  if (json) return await host.note(JSON.stringify({ notDumped }));
  const how = host.session === undefined
    ? "--keyspace NAME dumps one"
    : "dump works on one after use NAME";
  await host.note(
    `Not dumped: ${notDumped.length === 1 ? "keyspace" : "keyspaces"} ${
      notDumped.map(escapeName).join(", ")
    } (${how})`,
  );
}

async function dump(
  host: Host,
  store: OpenStore,
  { target, format, range }: {
    readonly target: Target;
    readonly format: TransferFormat;
    readonly range: RangeTexts;
  },
): Promise<{ readonly entries: number; readonly bytes: number }> {
  using bar = host.progress({ action: "Dumping" });
  const encode = ENCODERS[format];
  let entries = 0;
  let bytes = 0;
  const gatherer = new Gatherer(target);
  if (format === "csv") await gatherer.add(CSV_HEADER);
  const chosen = rangeOf(store.keys, range);
  for (const entry of store.reader.scanSync(chosen)) {
    const adding = gatherer.add(encode(entry, store));
    if (adding !== undefined) await adding;
    bytes += entry[0].length + entry[1].length;
    if (++entries % STEP_ENTRIES !== 0) continue;
    bar.update({ bytes, entries });
    await giveWay();
    host.signal.throwIfAborted();
  }
  await gatherer.flush();
  return { entries, bytes };
}
