import { Command } from "commander";
import { addDel } from "./commands/del.ts";
import { addLoad } from "./commands/load.ts";
import { addDump } from "./commands/dump.ts";
import { addStats } from "./commands/stats.ts";
import { addCompact } from "./commands/compact.ts";
import { addVerify } from "./commands/verify.ts";
import { addRepair } from "./commands/repair.ts";
import { addCheckpoint } from "./commands/checkpoint.ts";
import { addInspect } from "./commands/inspect.ts";
import { addGet } from "./commands/get.ts";
import { addPut } from "./commands/put.ts";
import { addScan } from "./commands/scan.ts";
import type { Host } from "./host.ts";

/** The program with all its commands, or those that a shell has. */
export function makeProgram(host: Host): Command {
  const program = new Command("kv")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.output.write(text),
      writeErr: (text) => void host.errors.write(text),
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
  addRepair(program, host);
  addCheckpoint(program, host);
  addInspect(program, host);
  return program;
}
