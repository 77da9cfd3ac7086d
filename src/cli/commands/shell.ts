import type { Command } from "commander";
import {
  action,
  addCommand,
  addKeyspace,
  type CommonOptions,
} from "../command.ts";
import type { Host } from "../host.ts";
import { openForReading, openForWriting } from "../open_store.ts";
import type { MakeProgram } from "../program_type.ts";
import { Shell } from "../shell/shell.ts";

interface ShellOptions extends CommonOptions {
  readonly create?: boolean;
  readonly readOnly?: boolean;
}

/** Adds `shell`. */
export function addShell(
  program: Command,
  host: Host,
  makeProgram: MakeProgram,
): void {
  const command = addCommand(program, host, {
    usage: "shell <store>",
    summary: "open the store and type commands",
    description:
      "The same commands, without the store. Tab completes commands, options, keys and names of keyspaces; the arrow keys bring back earlier lines, which are kept in ~/.purekv_history. Words with blanks go in quotes. From standard input it reads a script, and ends at the first line that fails.",
    examples: [
      ["shell data", "opens data for reading and writing"],
      ["shell data --keyspace users", "in a keyspace; use switches to another"],
      ["shell data --read-only", "alongside the program that writes it"],
      ["shell data < script", "runs the lines of a file"],
    ],
  });
  addKeyspace(command, host)
    .option(
      "--create",
      "create the store, or the keyspace, if it does not exist",
    )
    .option("--read-only", "write nothing; works while it is open elsewhere")
    .action(action<ShellOptions>(host, async ([location], options) => {
      await using store = options.readOnly
        ? await openForReading(location!, options)
        : await openForWriting(location!, options);
      await new Shell(host, store, makeProgram).run();
    }));
}
