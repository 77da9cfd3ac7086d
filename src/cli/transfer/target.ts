import { Buffer } from "node:buffer";
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
