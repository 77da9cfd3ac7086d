import type { Command } from "commander";
import type { AsyncScanOptions, ScanOptions } from "../../engine/api/ranges.ts";
import {
  addJson,
  addKeyspace,
  addStoreCommand,
  type CommonOptions,
  countOf,
  reading,
} from "../command.ts";
import { entryJson } from "../entry_text.ts";
import type { Form } from "../form.ts";
import type { Host } from "../host.ts";
import type { OpenStore } from "../open_store.ts";

/** The options that choose entries, as texts. */
export interface RangeTexts {
  readonly prefix?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
}

interface ScanCommandOptions extends CommonOptions, RangeTexts {
  readonly keysOnly?: boolean;
  readonly count?: boolean;
}

const BOUNDS = ["prefix", "gt", "gte", "lt", "lte"] as const;

/** Adds the options that choose entries. */
export function addRange(command: Command): Command {
  return command
    .option("--prefix <key>", "keys that begin with this")
    .option("--gt <key>", "keys after this one")
    .option("--gte <key>", "keys at or after this one")
    .option("--lt <key>", "keys before this one")
    .option("--lte <key>", "keys at or before this one")
    .option("--reverse", "from the last key to the first")
    .option("--limit <count>", "at most this many", countOf);
}

/** Whether the options choose all entries. */
export function isWhole({ limit, ...texts }: RangeTexts): boolean {
  return limit === undefined &&
    BOUNDS.every((bound) => texts[bound] === undefined);
}

/** The range that the options choose. */
export function rangeOf(
  keys: Form,
  texts: RangeTexts,
): ScanOptions<Uint8Array> {
  const range: Record<string, unknown> = {};
  for (const bound of BOUNDS) {
    const text = texts[bound];
    if (text !== undefined) range[bound] = keys.fromLine(text, `--${bound}`);
  }
  if (texts.reverse) range["reverse"] = true;
  if (texts.limit !== undefined) range["limit"] = texts.limit;
  return range;
}

/** Adds `scan`. */
export function addScan(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "scan",
    summary: "print entries in key order",
    description:
      "One line each: key, tab, value. Works while another program has the store open, and shows the state at the start.",
    examples: [
      ["scan STORE --prefix user: --limit 10", "the first ten users"],
      ["scan STORE --gte b --lt d --reverse", "keys from d down to b"],
      [`scan STORE --prefix '["user"]'`, "tuples that begin with this part"],
      ["scan STORE --prefix user: --count", "how many there are"],
    ],
  });
  addJson(addRange(addKeyspace(command, host)))
    .option("--keys-only", "print only the keys")
    .option("--count", "print only the number of entries")
    .action(reading<ScanCommandOptions>(host, async (store, _, options) => {
      const { signal } = host;
      const range = { ...rangeOf(store.keys, options), signal };
      if (options.count) return await count(host, store, range, options);
      if (options.keysOnly) return await printKeys(host, store, range, options);
      await printEntries(host, store, range, options);
    }));
}

async function count(
  host: Host,
  { reader }: OpenStore,
  range: AsyncScanOptions<Uint8Array>,
  { json }: ScanCommandOptions,
): Promise<void> {
  const { reverse: _, limit, ...keys } = range;
  const entries = limit === undefined
    ? await reader.count(keys)
    : await countUpTo(reader, range);
  if (json) await host.json({ count: entries });
  else await host.output.line(String(entries));
}

/** With a limit a few keys may be all that has to be looked at. */
async function countUpTo(
  reader: OpenStore["reader"],
  range: AsyncScanOptions<Uint8Array>,
): Promise<number> {
  let entries = 0;
  for await (const _ of reader.keys(range)) entries++;
  return entries;
}

async function printKeys(
  host: Host,
  { reader, keys }: OpenStore,
  range: AsyncScanOptions<Uint8Array>,
  { json }: ScanCommandOptions,
): Promise<void> {
  for await (const key of reader.keys(range)) {
    await host.output.line(
      json ? `{"key":${keys.toJson(key)}}` : keys.toLine(key),
    );
  }
}

async function printEntries(
  host: Host,
  store: OpenStore,
  range: AsyncScanOptions<Uint8Array>,
  { json }: ScanCommandOptions,
): Promise<void> {
  const { reader, keys, values } = store;
  for await (const [key, value] of reader.scan(range)) {
    await host.output.line(
      json
        ? entryJson(store, key, value)
        : `${keys.toLine(key)}\t${values.toLine(value)}`,
    );
  }
}
