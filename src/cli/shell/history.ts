import { readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const FILE_NAME = ".purekv_history";
const MOST_LINES = 500;

/**
 * The lines that were typed into shells, newest first, kept in the home folder for their user
 * alone.
 */
export class History {
  readonly #path = join(homedir(), FILE_NAME);
  readonly lines: string[] = this.#read();

  /** Adds a line. */
  add(line: string): void {
    if (line === "" || line === this.lines[0]) return;
    this.lines.unshift(line);
    this.lines.splice(MOST_LINES);
  }

  /** Keeps the lines. A shell works without. */
  save(): void {
    try {
      const text = this.lines.map((line) => `${line}\n`).join("");
      writeFileSync(this.#path, text, { mode: 0o600 });
    } catch {
      // A home that cannot be written to.
    }
  }

  #read(): string[] {
    try {
      return readFileSync(this.#path, "utf8").split("\n")
        .filter((line) => line !== "").slice(0, MOST_LINES);
    } catch {
      return [];
    }
  }
}
