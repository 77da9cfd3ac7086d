import type { Command } from "commander";
import {
  action,
  addJson,
  addStoreCommand,
  type CommonOptions,
} from "../command.ts";
import { escapeName, escapeText } from "../escape.ts";
import { counted, countText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";
import { summarizeKeyspaces } from "../keyspaces_summary.ts";
import { meter } from "../progress_bar.ts";
import {
  type LevelSummary,
  type StoreSummary,
  summarize,
} from "../store_summary.ts";
import { tableText } from "../table.ts";
import { fitted } from "../text_width.ts";

const MAX_METER = 40;

/** A narrower picture says nothing. */
const MIN_METER = 8;

/** Adds `stats`. */
export function addStats(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "stats",
    summary: "show levels, sizes and counts",
    description:
      "Reads the manifest, the logs and the names of the keyspaces, but no data. Takes no lock, so it works while another program has the store open, and keeps none from opening it.",
    examples: [
      ["stats STORE", "a table, with a picture of the levels"],
      ["stats STORE --json", "the same for programs"],
    ],
  });
  addJson(command).action(
    action<CommonOptions>(host, async ([path], { json }) => {
      const summary = await summaryOf(host.session?.location ?? path!);
      if (json) return await host.json(summary);
      await printHead(host, summary);
      await printLevels(host, summary);
    }),
  );
}

interface Summary extends StoreSummary {
  /** `undefined` where they cannot be read. */
  readonly keyspaces: readonly string[] | undefined;
}

async function summaryOf(location: string): Promise<Summary> {
  const summary = await summarize(location);
  const keyspaces = await summarizeKeyspaces(location);
  // The keys of keyspaces, and those of their catalogue, are none that a user knows.
  const { keys } = keyspaces?.isReserved ? keyspaces : summary;
  return { ...summary, keys, keyspaces: keyspaces?.names };
}

async function printHead(host: Host, summary: Summary): Promise<void> {
  const { bytesOnDisk, keyCodec, valueCodec, keys, segments } = summary;
  const rows: [string, string][] = [
    ["store", summary.location],
    ["id", summary.storeId],
    ["codecs", `${keyCodec} keys, ${valueCodec} values`],
    ["on disk", sizeText(bytesOnDisk)],
    ["in segments", entriesText(segments)],
    ["last flushed", `write ${countText(summary.flushedSequence)}`],
  ];
  if (keys !== undefined) rows.push(["keys", `${keys.from} to ${keys.to}`]);
  if (summary.keyspaces === undefined) {
    rows.push(["keyspaces", "cannot be read: see verify"]);
  } else if (summary.keyspaces.length > 0) {
    rows.push(["keyspaces", summary.keyspaces.map(escapeName).join(", ")]);
  }
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, text] of rows) {
    await host.output.line(
      `${host.styles.dim(name.padEnd(width))}  ${shown(text, host, width)}`,
    );
  }
  await host.output.line();
}

function entriesText(
  { entries, tombstones, olderVersions }: LevelSummary,
): string {
  const garbage = [];
  if (tombstones > 0) garbage.push(counted(tombstones, "delete", "deletes"));
  if (olderVersions > 0) garbage.push(`${countText(olderVersions)} older`);
  const of = garbage.length > 0 ? ` (of them ${garbage.join(", ")})` : "";
  return `${counted(entries, "entry", "entries")}${of}`;
}

/** Text that a terminal can be shown, cut there to what is left of a line. */
function shown(raw: string, { output }: Host, taken: number): string {
  const text = escapeText(raw);
  const room = Math.max(16, output.columns - taken - 2);
  return output.isTerminal ? fitted(text, room) : text;
}

interface Row {
  readonly name: string;
  readonly files: number;
  readonly entries: string;
  readonly bytes: number;
}

const COLUMNS = [
  { title: "" },
  { title: "files", align: "right" },
  { title: "entries", align: "right" },
  { title: "size", align: "right" },
] as const;

async function printLevels(
  host: Host,
  { levels, segments, logs }: StoreSummary,
): Promise<void> {
  const rows: Row[] = [
    { name: "logs", entries: "", ...logs },
    ...levels.map(({ segments: files, bytes, entries }, number) => ({
      name: `level ${number}`,
      files,
      entries: countText(entries),
      bytes,
    })),
  ];
  const total = {
    name: "total",
    files: logs.files + segments.segments,
    entries: countText(segments.entries),
    bytes: logs.bytes + segments.bytes,
  };
  const cells = [...rows, total].map(({ name, files, entries, bytes }) => [
    ...[name, countText(files)],
    ...[entries, sizeText(bytes)],
  ]);
  const pictures = picturesOf(rows, cells, host);
  const columns = [...COLUMNS, { title: "" }];
  const lines = cells.map((cell, i) => [...cell, pictures[i] ?? ""]);
  await host.output.line(tableText(columns, lines, host.styles));
}

/** A bar for each level, as long as the lines leave room for; none where that is too little. */
function picturesOf(
  rows: readonly Row[],
  cells: readonly (readonly string[])[],
  { output, styles }: Host,
): string[] {
  const taken = COLUMNS.map(({ title }, i) =>
    Math.max(title.length, ...cells.map((cell) => cell[i]!.length)) + 2
  ).reduce((sum, width) => sum + width, 0);
  const width = Math.min(MAX_METER, output.columns - taken);
  if (width < MIN_METER) return [];
  const most = Math.max(1, ...rows.map(({ bytes }) => bytes));
  return rows.map(({ bytes }) => styles.cyan(meter(bytes / most, width)));
}
