import { Buffer } from "node:buffer";

const LINE_END = 0x0a;

/** Cuts chunks of bytes behind the last line that ends in them. */
export class WholeLines {
  /** The beginning of a line that has no end yet. */
  #rest: Uint8Array[] = [];
  #restBytes = 0;

  /** How long that beginning is. */
  get restBytes(): number {
    return this.#restBytes;
  }

  /** The lines that end in a chunk, without the end of the last one; `undefined` if none does. */
  add(chunk: Uint8Array): Buffer | undefined {
    const end = chunk.lastIndexOf(LINE_END);
    const lines = end < 0 ? undefined : this.#taken(chunk.subarray(0, end));
    // Whoever has written the chunk may use its bytes again.
    this.#rest.push(chunk.slice(end + 1));
    this.#restBytes += chunk.length - end - 1;
    return lines;
  }

  /** What comes behind the last end of a line. */
  rest(): Buffer {
    return this.#taken(new Uint8Array(0));
  }

  #taken(last: Uint8Array): Buffer {
    const bytes = Buffer.concat([...this.#rest, last]);
    this.#rest = [];
    this.#restBytes = 0;
    return bytes;
  }
}
