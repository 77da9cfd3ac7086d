import type { Command } from "commander";
import type { Host } from "./host.ts";

/**
 * Makes the program with its commands; a shell makes one for every line, since a parser keeps what
 * it has read.
 */
export type MakeProgram = (host: Host) => Command;
