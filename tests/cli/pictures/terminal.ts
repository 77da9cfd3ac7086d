import { spawnSync } from "node:child_process";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";

const SETTLE_MS = 700;
const PATIENCE_MS = 120_000;

/** A terminal of its own, by way of tmux. */
export class Terminal implements Disposable {
  readonly #socket = `purekv-pictures-${process.pid}`;

  constructor(
    folder: string,
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ) {
    const command =
      `cd ${folder} && HOME=${folder} PATH="${folder}:$PATH" LANG=C.UTF-8 PS1='$ ' bash --norc`;
    this.#tmux(
      ["-f", "/dev/null", "new-session", "-d", "-s", "pictures"].concat(
        ["-x", String(columns), "-y", String(rows), command],
      ),
    );
  }

  /** Types a line and waits a little. */
  async type(line: string): Promise<void> {
    this.press(line, "Enter");
    await delay(SETTLE_MS);
  }

  /** Types text and then a key, such as `Tab`. */
  press(text: string, key: string): void {
    if (text !== "") this.#tmux(["send-keys", "-l", "--", text]);
    this.#tmux(["send-keys", key]);
  }

  /** Waits until a text is to be seen, and the prompt again. */
  async until(text: string): Promise<void> {
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 100) {
      const seen = this.#tmux(["capture-pane", "-p"]);
      if (seen.includes(text)) return await delay(SETTLE_MS);
      await delay(100);
    }
    throw new Error(`"${text}" does not come`);
  }

  /** What is to be seen, with the escape sequences for its styles. */
  screen(): string {
    return this.#tmux(["capture-pane", "-e", "-p"]).trimEnd();
  }

  clear(): void {
    this.press("clear", "Enter");
  }

  #tmux(args: readonly string[]): string {
    const all = ["-L", this.#socket, ...args];
    const { status, stdout, stderr } = spawnSync("tmux", all, {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }

  [Symbol.dispose](): void {
    this.#tmux(["kill-server"]);
  }
}
