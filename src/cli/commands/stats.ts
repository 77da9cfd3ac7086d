import type { Command } from "commander";
import {
  action,
  addJson,
  addStoreCommand,
  type CommonOptions,
} from "../command.ts";
import { countText, sizeText } from "../figures.ts";
import type { Host } from "../host.ts";
import { meter } from "../progress_bar.ts";
import {
  type LevelSummary,
  type StoreSummary,
  summarize,
} from "../store_summary.ts";
import { tableText } from "../table.ts";

const MAX_METER = 40;

/** What a line of the table takes beside the picture. */
const TABLE_COLUMNS = 52;

/** Adds `stats`. */
export function addStats(program: Command, host: Host): void {
  const command = addStoreCommand(program, host, {
    usage: "stats",
    summary: "show levels, sizes and counts",
    description:
      "Reads the manifest alone, so it is quick whatever the size, and works while another program has the store open.",
    examples: [
      ["stats STORE", "a table, with a picture of the levels"],
      ["stats STORE --json", "the same for programs"],
    ],
  });
  addJson(command).action(
    action<CommonOptions>(host, async ([path], { json }) => {
      const summary = await summarize(host.session?.location ?? path!);
      if (json) return await host.json(summary);
      await printHead(host, summary);
      await printLevels(host, summary);
    }),
  );
}

async function printHead(host: Host, summary: StoreSummary): Promise<void> {
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
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, text] of rows) {
    await host.output.line(
      `${host.styles.dim(name.padEnd(width))}  ${fitted(text, host, width)}`,
    );
  }
  await host.output.line();
}

function entriesText(
  { entries, tombstones, olderVersions }: LevelSummary,
): string {
  const garbage = [];
  if (tombstones > 0) garbage.push(`${countText(tombstones)} deletes`);
  if (olderVersions > 0) garbage.push(`${countText(olderVersions)} older`);
  const of = garbage.length > 0 ? ` (of them ${garbage.join(", ")})` : "";
  return `${countText(entries)} entries${of}`;
}

/** Text that is cut to what is left of a line, on a terminal. */
function fitted(text: string, { output }: Host, taken: number): string {
  const room = Math.max(16, output.columns - taken - 2);
  if (!output.isTerminal || text.length <= room) return text;
  return `${text.slice(0, room - 3)}...`;
}

async function printLevels(
  host: Host,
  { levels, segments, logs }: StoreSummary,
): Promise<void> {
  const most = Math.max(1, logs.bytes, ...levels.map(({ bytes }) => bytes));
  const width = Math.max(
    8,
    Math.min(MAX_METER, host.output.columns - TABLE_COLUMNS),
  );
  function row(
    name: string,
    { files, bytes, entries }: {
      files: number;
      bytes: number;
      entries: string;
    },
  ): string[] {
    const picture = host.styles.cyan(meter(bytes / most, width));
    return [name, countText(files), entries, sizeText(bytes), picture];
  }
  const rows = [
    row("logs", { files: logs.files, bytes: logs.bytes, entries: "" }),
    ...levels.map(({ segments: files, bytes, entries }, number) =>
      row(`level ${number}`, { files, bytes, entries: countText(entries) })
    ),
    [
      "total",
      countText(logs.files + segments.segments),
      countText(segments.entries),
      sizeText(logs.bytes + segments.bytes),
    ],
  ];
  const columns = [
    { title: "" },
    { title: "files", align: "right" },
    { title: "entries", align: "right" },
    { title: "size", align: "right" },
    { title: "" },
  ] as const;
  await host.output.line(tableText(columns, rows, host.styles));
}
