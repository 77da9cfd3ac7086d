import { Buffer } from "node:buffer";
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { createGzip } from "node:zlib";
import { DataError } from "../failure.ts";
import type { Output } from "../output.ts";

/** What entries are dumped to. */
export interface Target {
  /** Adds bytes; resolves once there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Completes what was written; a file is durable then. */
  finish(): Promise<void>;
  /** Removes a file that will not be complete. */
  abandon(): Promise<void>;
}

/** How much is gathered before it is written. */
const CHUNK_BYTES = 64 * 1024;

/** Gathers small pieces for a target. */
export class Gatherer {
  readonly #target: Target;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Adds a piece; answers with something to wait for if there are enough. */
  add(piece: Uint8Array | string): Promise<void> | undefined {
    const bytes = typeof piece === "string" ? Buffer.from(piece) : piece;
    this.#parts.push(bytes);
    this.#length += bytes.length;
    return this.#length >= CHUNK_BYTES ? this.flush() : undefined;
  }

  /** Hands on what was gathered. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    if (bytes.length > 0) await this.#target.write(bytes);
  }
}

/** Standard output as a target. */
export function outputTarget(output: Output): Target {
  return {
    write: (bytes) => output.bytes(bytes),
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}

/** A new file as a target, for its user alone. Refuses to replace one, unless with `force`. */
export async function fileTarget(
  path: string,
  { isGzip, force }: { readonly isGzip: boolean; readonly force: boolean },
): Promise<Target> {
  try {
    const handle = await open(path, force ? "w" : "wx", 0o600);
    await handle.close();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    throw new DataError(
      `Cannot dump to ${path}: the file is there already; --force replaces it`,
      { cause: error },
    );
  }
  const file = createWriteStream(path, { flags: "r+" });
  const first: Writable = isGzip ? createGzip() : file;
  return new FileTarget(path, first, file);
}

class FileTarget implements Target {
  readonly #path: string;
  readonly #first: Writable;
  readonly #closed: Promise<void>;
  #failure: unknown;

  constructor(path: string, first: Writable, file: Writable) {
    this.#path = path;
    this.#first = first;
    this.#closed = new Promise((resolve) => file.once("close", resolve));
    for (const stream of new Set([first, file])) {
      stream.on("error", (error) => {
        this.#failure ??= error;
        first.destroy();
        file.destroy();
      });
    }
    if (first !== file) first.pipe(file);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#assertSound();
    if (this.#first.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        this.#first.off("drain", go).off("close", go);
        resolve();
      };
      this.#first.on("drain", go).on("close", go);
    });
    this.#assertSound();
  }

  async finish(): Promise<void> {
    this.#first.end();
    await this.#closed;
    this.#assertSound();
    const handle = await open(this.#path, "r+");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async abandon(): Promise<void> {
    this.#first.destroy();
    await rm(this.#path, { force: true });
  }

  #assertSound(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
