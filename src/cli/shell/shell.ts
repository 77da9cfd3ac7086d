import process from "node:process";
import * as readline from "node:readline/promises";
import { escapeName } from "../escape.ts";
import { DONE } from "../exit_codes.ts";
import { Interrupted } from "../failure.ts";
import type { Host } from "../host.ts";
import type { OpenStore } from "../open_store.ts";
import type { MakeProgram } from "../program_type.ts";
import { failureOf, report } from "../report.ts";
import { complete } from "./completion.ts";
import { History } from "./history.ts";
import { wordsOf } from "./words.ts";

const SIGINT = 2;

/**
 * Reads commands and runs them on one open store, from a terminal until the user leaves, from
 * elsewhere up to the first that fails.
 */
export class Shell {
  readonly #host: Host;
  readonly #makeProgram: MakeProgram;
  readonly #isTerminal: boolean;
  #isRunning = false;

  constructor(host: Host, store: OpenStore, makeProgram: MakeProgram) {
    this.#host = host;
    this.#makeProgram = makeProgram;
    this.#isTerminal = process.stdin.isTTY === true && host.output.isTerminal;
    host.session = store;
  }

  /** Runs to the end of the input. */
  async run(): Promise<void> {
    const history = this.#isTerminal ? new History() : undefined;
    const lines = this.#open(history);
    const stop = () => this.#isRunning || lines.close();
    this.#host.signal.addEventListener("abort", stop);
    try {
      await this.#greet();
      if (this.#isTerminal) this.#prompt(lines);
      for await (const line of lines) {
        history?.add(line.trim());
        if (["exit", "quit"].includes(line.trim())) return;
        await this.#runLine(line);
        if (!this.#isTerminal && this.#host.exitCode > 1) break;
        if (this.#isTerminal) this.#prompt(lines);
      }
      this.#host.signal.throwIfAborted();
      // Ctrl-D leaves the cursor behind the prompt.
      if (this.#isTerminal) await this.#host.output.line();
    } finally {
      lines.close();
      history?.save();
      // What came last on a terminal says nothing about the shell.
      if (this.#isTerminal) this.#host.exitCode = DONE;
    }
  }

  /** The store, in the keyspace that was chosen last. */
  get #session(): OpenStore {
    return this.#host.session!;
  }

  #prompt(lines: readline.Interface): void {
    const { keyspace } = this.#session;
    lines.setPrompt(
      keyspace === undefined ? "kv> " : `kv ${escapeName(keyspace)}> `,
    );
    lines.prompt();
  }

  #open(history: History | undefined): readline.Interface {
    const program = this.#makeProgram(this.#host);
    const lines = readline.createInterface({
      input: process.stdin,
      terminal: this.#isTerminal,
      removeHistoryDuplicates: true,
      completer: (line: string) => complete(line, program, this.#session),
      ...this.#isTerminal ? { output: process.stdout } : {},
      ...history === undefined ? {} : { history: [...history.lines] },
    });
    // On a terminal that readline has in its hands, Ctrl-C is no signal.
    lines.on("SIGINT", () => {
      if (this.#isRunning) return this.#host.interrupts.interrupt("SIGINT");
      lines.write(null, { ctrl: true, name: "e" });
      lines.write(null, { ctrl: true, name: "u" });
      process.stdout.write("^C (Ctrl-D or exit to leave)\n");
      lines.prompt();
    });
    return lines;
  }

  async #greet(): Promise<void> {
    if (!this.#isTerminal) return;
    const { location, keys, values } = this.#session;
    await this.#host.output.line(
      `${location}: ${keys.name} keys, ${values.name} values. Type help for the commands, Ctrl-D to leave.`,
    );
    await this.#host.output.flush();
  }

  async #runLine(line: string): Promise<void> {
    const host = this.#host;
    this.#isRunning = true;
    try {
      const words = wordsOf(line);
      if (words.length === 0) return;
      host.beginLine(words);
      await this.#makeProgram(host).parseAsync(words, { from: "user" });
    } catch (error) {
      if (endsAll(error)) throw error;
      const exitCode = await report(host, error, "");
      if (exitCode !== DONE) host.exitCode = exitCode;
    } finally {
      this.#isRunning = false;
      host.interrupts.renew();
      host.isJson = false;
      await host.output.flush();
      await host.errors.flush();
    }
  }
}

/**
 * Whether an error ends the shell and not only a command: a signal other than Ctrl-C, and output
 * that nobody reads.
 */
function endsAll(error: unknown): boolean {
  return error instanceof Interrupted
    ? error.number !== SIGINT
    : failureOf(error).code === "EPIPE";
}
