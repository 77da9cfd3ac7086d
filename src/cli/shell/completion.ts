import type { Command } from "commander";
import type { OpenStore } from "../open_store.ts";

/** The most keys that are offered. */
const MOST_KEYS = 50;

/** Commands, or options, that a key follows. */
const BEFORE_KEYS = new Set([
  ...["get", "put", "del"],
  ...["--prefix", "--gt", "--gte", "--lt", "--lte"],
]);

/** What a line can go on with: the possible last words, and the beginning that they share, as readline wants it. */
export function complete(
  line: string,
  program: Command,
  store: OpenStore,
): [words: string[], beginning: string] {
  const words = line.split(/\s+/);
  const last = words.at(-1)!;
  const [name] = words;
  const before = words.at(-2);
  const candidates = before === undefined
    ? [...program.commands.map((command) => command.name()), "exit"]
    : last.startsWith("--")
    ? optionsOf(program, name!)
    : BEFORE_KEYS.has(before)
    ? keysOf(store, last)
    : [];
  return [
    candidates.filter((word) => word.startsWith(last)).map((word) =>
      `${word} `
    ),
    last,
  ];
}

function optionsOf(program: Command, name: string): string[] {
  const command = program.commands.find((known) => known.name() === name);
  return command?.options.flatMap(({ long }) => long ?? []) ?? [];
}

/** Keys that begin with `text`, as far as they can be typed as they are shown. */
function keysOf({ reader, keys }: OpenStore, text: string): string[] {
  if (keys.name !== "utf8" && keys.name !== "bytes") return [];
  try {
    const prefix = keys.fromLine(text, "key");
    const found = [];
    for (const [key] of reader.scanSync({ prefix, limit: MOST_KEYS })) {
      found.push(keys.toLine(key));
    }
    return found.filter((key) => /^[^\s'"]\S*$/.test(key));
  } catch {
    // The beginning of an escape, or a file that cannot be read: the command will say so.
    return [];
  }
}
