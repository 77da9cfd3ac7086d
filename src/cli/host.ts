import process from "node:process";
import { DONE } from "./exit_codes.ts";
import { Interrupts } from "./interrupts.ts";
import type { OpenStore } from "./open_store.ts";
import { Output } from "./output.ts";
import { ProgressBar, type ProgressOptions } from "./progress_bar.ts";
import { type Styles, stylesFor } from "./terminal.ts";

/**
 * What the commands work with: the terminal, the signals, and in a shell the store that is open.
 */
export class Host implements Disposable {
  readonly output: Output = new Output(process.stdout, "the output");
  readonly errors: Output = new Output(
    process.stderr,
    "standard error",
  );
  readonly styles: Styles = stylesFor(this.output);
  readonly interrupts: Interrupts = new Interrupts();
  /** The store of the shell that runs the commands. */
  session: OpenStore | undefined;
  /** What the program ends with if nothing fails. */
  exitCode: number = DONE;
  /** Whether answers and errors are for programs. */
  isJson = false;
  /** What is known of the work so far, for programs, should it fail. */
  facts: Record<string, unknown> = {};

  /** Aborted once the user wants it to end. */
  get signal(): AbortSignal {
    return this.interrupts.signal;
  }

  /**
   * Begins with a command. Until its options are read, which may fail, errors are for programs if
   * `--json` is among its words.
   */
  beginLine(words: readonly string[]): void {
    const end = words.indexOf("--");
    this.isJson = words.slice(0, end < 0 ? undefined : end).includes("--json");
    this.facts = {};
  }

  /** A bar for something that may take long. */
  progress(options: ProgressOptions): ProgressBar {
    return new ProgressBar(this.errors, options);
  }

  /** Says something that is no part of the answer. */
  async note(text: string): Promise<void> {
    await this.output.flush();
    await this.errors.line(text);
    await this.errors.flush();
  }

  /** Answers with a plain object, as JSON on one line. */
  async json(value: unknown): Promise<void> {
    await this.output.line(JSON.stringify(value));
  }

  [Symbol.dispose](): void {
    this.interrupts[Symbol.dispose]();
  }
}
