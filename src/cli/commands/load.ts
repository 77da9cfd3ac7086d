import { Option } from "commander";
import type { Command } from "commander";
import {
  addJson,
  addKeyspace,
  addStoreCommand,
  type CommonOptions,
  writing,
} from "../command.ts";
import { counted, countText, durationText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";
import { readCsv } from "../transfer/csv.ts";
import type { EntryReader } from "../transfer/entry.ts";
import { EntryLoader } from "../transfer/entry_loader.ts";
import {
  formatOfFile,
  TRANSFER_FORMATS,
  type TransferFormat,
} from "../transfer/format.ts";
import { readNdjson } from "../transfer/ndjson.ts";
import { readRaw } from "../transfer/raw.ts";
import { openSource, type Source } from "../transfer/source.ts";

interface LoadOptions extends CommonOptions {
  readonly sorted?: boolean;
  readonly create?: boolean;
  readonly format?: TransferFormat;
}

const READERS: Readonly<Record<TransferFormat, EntryReader>> = {
  ndjson: readNdjson,
  csv: readCsv,
  raw: readRaw,
};

/** Adds `load`. */
export function addLoad(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: host.session === undefined ? "load [file]" : "load <file>",
    summary: host.session === undefined
      ? "put entries from a file or standard input"
      : "put entries from a file",
    description:
      `Formats: ndjson, one {"key": ..., "value": ...} a line; csv with the header key,value; raw, lengths (u32 little-endian) of key and value before their bytes. ` +
      `The name of the file says which: .ndjson .jsonl .csv .raw .bin, with .gz behind it if it is packed; other files, and standard input, may be packed, too. Standard input is ndjson unless --format says otherwise. ` +
      `Everything is on disk when the command ends. If a line is wrong, or on Ctrl-C, what came before it stays.`,
    examples: [
      ["load STORE users.ndjson --create", "creates the store if needed"],
      ["load STORE users.csv.gz", "packed CSV"],
      ["load STORE --format csv < users.csv", "from standard input"],
    ],
  });
  addJson(addKeyspace(command, host)).option(
    "--sorted",
    "the keys ascend: build segments, faster and all or nothing; put batches if the store has keys between them",
  );
  if (host.session === undefined) {
    command.option("--create", "create the store if it does not exist");
  }
  command.addOption(
    new Option("--format <format>", "what is in the file")
      .choices([...TRANSFER_FORMATS]),
  );
  command.action(
    writing<LoadOptions>(host, async (store, [path = "-"], options) => {
      const named = formatOfFile(path);
      const format = options.format ?? named.format ?? "ndjson";
      const read = READERS[format];
      const source = await openSource(path, {
        // Raw bytes may begin as packed ones do.
        isGzip: named.isGzip || (format === "raw" ? false : undefined),
        signal: host.signal,
      });
      const loader = new EntryLoader(store.reader, {
        sorted: options.sorted === true,
        signal: host.signal,
      });
      const startedMs = performance.now();
      try {
        using bar = host.progress({ action: "Loading", total: source.total });
        await loader.load(read(source.chunks, store), () => {
          bar.update({ bytes: source.bytesRead, entries: loader.loaded });
          host.signal.throwIfAborted();
        });
      } catch (error) {
        const { loaded } = loader;
        host.facts["loaded"] = loaded;
        if (!options.json) {
          await host.note(
            `Loaded before that: ${counted(loaded, "entry", "entries")}`,
          );
        }
        throw error;
      }
      await report(host, loader.loaded, {
        source,
        ms: performance.now() - startedMs,
        json: options.json,
      });
    }),
  );
}

async function report(
  host: Host,
  entries: number,
  { source: { bytesRead }, ms, json }: {
    readonly source: Source;
    readonly ms: number;
    readonly json: boolean | undefined;
  },
): Promise<void> {
  if (json) return await host.json({ entries, bytesRead, ms: Math.round(ms) });
  const seconds = Math.max(ms, 1) / 1000;
  await host.note(
    `Loaded ${counted(entries, "entry", "entries")}, ${
      sizeText(bytesRead)
    } in ${durationText(ms)}: ${countText(entries / seconds)} entries/s, ${
      sizeText(bytesRead / seconds)
    }/s`,
  );
}
