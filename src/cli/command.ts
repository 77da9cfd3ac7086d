import { type Command, InvalidArgumentError, Option } from "commander";
import type { FormOptions } from "./encodings.ts";
import { FORM_NAMES } from "./form.ts";
import type { Host } from "./host.ts";
import {
  openForReading,
  openForWriting,
  type OpenStore,
  type WritableStore,
} from "./open_store.ts";
import { UsageError } from "./failure.ts";

/** What a command is called and how it is told of. */
export interface CommandText {
  /** Name, and arguments but for the store: `get <key>`. */
  readonly usage: string;
  readonly summary: string;
  /** More than the summary, for the help of the command. */
  readonly description?: string;
  /**
   * Lines that can be typed, each with what it does. `STORE` stands for the store, which a shell
   * leaves out.
   */
  readonly examples: readonly (readonly [line: string, effect: string])[];
}

/** Options that every command with a store has. */
export interface CommonOptions extends FormOptions {
  readonly json?: boolean;
}

/** Adds a command. */
export function addCommand(
  program: Command,
  host: Host,
  { usage, summary, description, examples }: CommandText,
): Command {
  const [name, ...names] = usage.split(" ");
  const command = program.command(name!).summary(summary);
  command.description(description ? `${summary}\n\n${description}` : summary);
  for (const argument of names) command.argument(argument);
  const prefix = host.session === undefined ? "kv " : "";
  const usable = host.session === undefined
    ? examples
    // A shell of ours knows no redirection.
    : examples.filter(([line]) => !/[<>|]/.test(line));
  const lines = usable.map(([line, effect]) => {
    const shown = host.session === undefined
      ? line.replace("STORE", "data")
      : line.replace(" STORE", "");
    return `  ${prefix}${shown}\n      ${effect}`;
  });
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
  return command;
}

/**
 * Adds a command that works on a store: its first argument, but in a shell, where the store is
 * open.
 */
export function addStoreCommand(
  program: Command,
  host: Host,
  text: CommandText,
): Command {
  const [name, ...names] = text.usage.split(" ");
  const usage = host.session === undefined
    ? [name, "<store>", ...names].join(" ")
    : text.usage;
  return addCommand(program, host, { ...text, usage });
}

/** Adds the options for the forms of keys and values. */
export function addFormOptions(command: Command): Command {
  return command
    .addOption(formOption("keys")).addOption(formOption("values"));
}

/**
 * Adds the option for a keyspace, and with it those for forms. In a shell they are chosen when it
 * starts, and by `use`.
 */
export function addKeyspace(command: Command, host: Host): Command {
  if (host.session !== undefined) return command;
  command.option("--keyspace <name>", "a keyspace of the store");
  return addFormOptions(command);
}

function formOption(what: "keys" | "values"): Option {
  return new Option(
    `--${what} <form>`,
    `how ${what} are written and shown (default: as the store says)`,
  ).choices([...FORM_NAMES]);
}

/** Adds `--json`. */
export function addJson(command: Command): Command {
  return command.option("--json", "answer with JSON, for programs");
}

/** Reads a number of things from the command line. */
export function countOf(text: string): number {
  const count = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(count)) return count;
  throw new InvalidArgumentError("Expected a whole number.");
}

/** A command that reads from a store. */
export function reading<O extends CommonOptions>(
  host: Host,
  work: (
    store: OpenStore,
    args: string[],
    options: O,
  ) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return onStore<O, OpenStore>(host, openForReading, work);
}

/** A command that writes to a store. */
export function writing<O extends CommonOptions>(
  host: Host,
  work: (
    store: WritableStore,
    args: string[],
    options: O,
  ) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return onStore<O, WritableStore>(host, openForWriting, async (...rest) => {
    if (!("put" in rest[0].reader)) {
      throw new UsageError(
        "Cannot write: the shell was started with --read-only",
      );
    }
    await work(...rest);
  });
}

function onStore<O extends CommonOptions, S extends OpenStore>(
  host: Host,
  open: (location: string, options: O) => Promise<S>,
  work: (store: S, args: string[], options: O) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return action<O>(host, async (args, options) => {
    if (host.session !== undefined) {
      return await work(host.session as S, args, options);
    }
    const [location, ...rest] = args;
    await using store = await open(location!, options);
    await work(store, rest, options);
  });
}

/** A command without a store: unpacks what the parser calls it with. */
export function action<O extends { readonly json?: boolean }>(
  host: Host,
  work: (args: string[], options: O) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return async (...given) => {
    const command = given.at(-1) as Command;
    const options = command.opts<O>();
    host.isJson = options.json === true;
    const args = given.slice(0, -2).filter((arg) => arg !== undefined);
    await work(args as string[], options);
  };
}
