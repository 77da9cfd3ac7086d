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
const CHUNK_BYTES = 256 * 1024;

/**
 * Gathers small pieces for a target, either texts or bytes: many are encoded and written as fast as
 * one.
 */
export class Gatherer {
  readonly #target: Target;
  #text = "";
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Adds a piece; answers with something to wait for if there are enough. */
  add(piece: Uint8Array | string): Promise<void> | undefined {
    if (typeof piece === "string") this.#text += piece;
    else this.#parts.push(piece);
    this.#length += piece.length;
    return this.#length >= CHUNK_BYTES ? this.flush() : undefined;
  }

  /** Hands on what was gathered. */
  async flush(): Promise<void> {
    const bytes = this.#text === ""
      ? Buffer.concat(this.#parts)
      : Buffer.from(this.#text);
    this.#text = "";
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
