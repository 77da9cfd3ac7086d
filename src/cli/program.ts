import { Command } from "commander";
import { addBench } from "./commands/bench.ts";
import { addCheckpoint } from "./commands/checkpoint.ts";
import { addCompact } from "./commands/compact.ts";
import { addDel } from "./commands/del.ts";
import { addDump } from "./commands/dump.ts";
import { addGet } from "./commands/get.ts";
import { addInspect } from "./commands/inspect.ts";
import { addLoad } from "./commands/load.ts";
import { addPut } from "./commands/put.ts";
import { addRepair } from "./commands/repair.ts";
import { addScan } from "./commands/scan.ts";
import { addShell } from "./commands/shell.ts";
import { addStats } from "./commands/stats.ts";
import { addUse } from "./commands/use.ts";
import { addVerify } from "./commands/verify.ts";
import { addHelp } from "./commands/help.ts";
import type { Host } from "./host.ts";
import { VERSION } from "./version.ts";

const ABOUT = `Look into the stores of purekv, load, dump, check and copy them.

A store is a folder. Keys and values are read and shown in the form that the
store was made with: utf8 (with the escapes \\n \\t \\xHH \\u{HEX} \\\\), bytes (in
hexadecimal), json, or tuple (as a JSON array).`;

const MORE = `
Examples:
  kv put data user:1 Alice --create
  kv get data user:1
  kv scan data --prefix user:
  kv stats data

Exit codes:
  0 done   1 not found, or problems were found   2 the command was not understood
  3 the store failed   4 input or output failed   130 ended by Ctrl-C`;

/** The program with all its commands, or, where a store is open, those of a shell. */
export function makeProgram(host: Host): Command {
  const program = new Command("kv")
    .exitOverride()
    .helpCommand(false)
    .configureOutput({
      writeOut: (text) => void host.output.write(text),
      writeErr: (text) => void host.errors.write(text),
      // Told where all failures are.
      outputError: () => {},
      getOutHelpWidth: () => host.output.columns,
      getErrHelpWidth: () => host.errors.columns,
    });
  addGet(program, host);
  addPut(program, host);
  addDel(program, host);
  addScan(program, host);
  addLoad(program, host);
  addDump(program, host);
  addStats(program, host);
  addCompact(program, host);
  addVerify(program, host);
  addCheckpoint(program, host);
  if (host.session !== undefined) {
    addUse(program, host, host.session);
    return asShell(program);
  }
  addRepair(program, host);
  addInspect(program, host);
  addBench(program, host);
  addShell(program, host, makeProgram);
  addHelp(program);
  return program.description(ABOUT).addHelpText("after", MORE)
    .version(VERSION, "-V, --version", "display the version");
}

/** In a shell a line begins with the name of a command. */
function asShell(program: Command): Command {
  addHelp(program);
  const lines = { commandUsage: usageInShell };
  program.command("exit").alias("quit")
    .summary("leave the shell, as Ctrl-D does");
  for (const command of program.commands) command.configureHelp(lines);
  return program.configureHelp(lines).helpOption(false);
}

function usageInShell(command: Command): string {
  return command.parent === null
    ? "command [options]"
    : `${command.name()} ${command.usage()}`;
}
