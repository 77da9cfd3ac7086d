import type { Command } from "commander";
import type { OpenStore } from "../open_store.ts";
import { escapeText } from "../escape.ts";
import { wordsOf } from "./words.ts";

/** The most keys that are offered. */
const MOST_KEYS = 50;

/** Commands, or options, that a key follows. */
const BEFORE_KEYS = new Set([
  ...["get", "put", "del"],
  ...["--prefix", "--gt", "--gte", "--lt", "--lte"],
]);

/**
 * What a line can go on with: the possible last words, and the beginning that they share, as
 * readline wants it.
 */
export function complete(
  line: string,
  program: Command,
  store: OpenStore,
): [words: string[], beginning: string] {
  const last = LAST_WORD.exec(line)![0];
  const words = line.slice(0, line.length - last.length).trim().split(/\s+/);
  const [name] = words;
  const before = words.at(-1)!;
  const candidates = before === ""
    ? program.commands.map((command) => command.name())
    : last.startsWith("--")
    ? optionsOf(program, name!)
    : BEFORE_KEYS.has(before)
    ? keysOf(store, last)
    : before === "use"
    ? typedWords(store.keyspaces().filter(isReadable), quoteOf(last))
    : [];
  return [
    candidates.filter((word) => word.startsWith(last)).map((word) =>
      `${word} `
    ),
    last,
  ];
}

/** What was typed of the last word: from a quote that is still open, or from the last blank on. */
const LAST_WORD = /(?:(?<=^|\s)(?:'[^']*|"[^"]*)|\S*)$/;

function optionsOf(program: Command, name: string): string[] {
  const command = program.commands.find((known) => known.name() === name);
  return command?.options.flatMap(({ long }) => long ?? []) ?? [];
}

/** Keys that begin with `text`, as they can be typed: in quotes, if it begins with one. */
function keysOf({ reader, keys }: OpenStore, text: string): string[] {
  if (keys.name !== "utf8" && keys.name !== "bytes") return [];
  const quote = quoteOf(text);
  try {
    const prefix = keys.fromLine(text.slice(quote.length), "key");
    const found = [...reader.keysSync({ prefix, limit: MOST_KEYS })];
    return typedWords(found.map((key) => keys.toLine(key)), quote);
  } catch {
    // The beginning of an escape, or a file that cannot be read: the command will say so.
    return [];
  }
}

/** Whether a name can be shown on a terminal as it is typed. */
function isReadable(name: string): boolean {
  return escapeText(name) === name;
}

/** The quote that what was typed begins with. */
function quoteOf(text: string): string {
  return /^['"]/.exec(text)?.[0] ?? "";
}

/** The words as they are typed within such quotes, those that can be. */
function typedWords(words: readonly string[], quote: string): string[] {
  return words.map((word) => ({ word, typed: `${quote}${word}${quote}` }))
    .filter(({ word, typed }) => isOneWord(typed, word))
    .map(({ typed }) => typed);
}

/** Whether what is typed is read as this word: blanks and quotes in a key may be in the way. */
function isOneWord(typed: string, word: string): boolean {
  try {
    const words = wordsOf(typed);
    return words.length === 1 && words[0] === word;
  } catch {
    return false;
  }
}
