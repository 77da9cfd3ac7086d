import { BrokenPipe } from "./failure.ts";
import { fileError } from "./system_error.ts";

/** How much is gathered before it is written. */
const CHUNK_CHARACTERS = 64 * 1024;

/** Standard output or standard error: waits for whoever reads it, and notices when nobody does. */
export class Output {
  readonly #stream: NodeJS.WriteStream;
  /** What it is called in messages. */
  readonly #name: string;
  #pending: string[] = [];
  #length = 0;

  constructor(stream: NodeJS.WriteStream, name: string) {
    this.#stream = stream;
    this.#name = name;
    // The callback of `write` has the same error; without a listener it would end the process.
    stream.on("error", () => {});
  }

  /** Whether people look at it. */
  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Characters in a line of the terminal. */
  get columns(): number {
    const { columns } = this.#stream;
    return columns > 0 ? columns : 80;
  }

  /** The stream itself, for libraries that draw on it. */
  get stream(): NodeJS.WriteStream {
    return this.#stream;
  }

  /** Adds text; resolves once there is room for more. */
  async write(text: string): Promise<void> {
    this.#pending.push(text);
    this.#length += text.length;
    if (this.#length >= CHUNK_CHARACTERS) await this.flush();
  }

  /** Adds a line. */
  line(text = ""): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Writes bytes as they are, behind all that was added. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await this.#send(bytes);
  }

  /** Writes all that was added. */
  async flush(): Promise<void> {
    if (this.#length === 0) return;
    const text = this.#pending.join("");
    this.#pending = [];
    this.#length = 0;
    await this.#send(text);
  }

  #send(chunk: string | Uint8Array): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#stream.write(chunk, (error) => error ? reject(error) : resolve());
    }).catch((error) => {
      throw isBrokenPipe(error)
        ? new BrokenPipe()
        : fileError("write", this.#name, error);
    });
  }
}

/** Whether an error says that nobody reads a pipe any more. */
function isBrokenPipe(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "EPIPE" || code === "ERR_STREAM_DESTROYED";
}
