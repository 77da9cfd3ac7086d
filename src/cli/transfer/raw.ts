/**
 * Entries as bytes, one behind the other until the end of the file:
 *
 *     0            4              8
 *     | key length | value length | key ... | value ... |
 *     | u32        | u32          |         |           |
 *
 * Integers are little-endian.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { readUint32, writeUint32 } from "../../bytes/fixed.ts";
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from "../../options.ts";
import { DataError } from "../failure.ts";
import type { EntryBytes, Forms } from "./entry.ts";

const HEADER_BYTES = 8;

/** Reads entries. */
export async function* readRaw(
  input: AsyncIterable<Uint8Array>,
  forms: Forms,
): AsyncGenerator<Iterable<EntryBytes>> {
  let held: Uint8Array[] = [];
  let heldLength = 0;
  let position = 0;
  let needed = HEADER_BYTES;
  for await (const chunk of input) {
    held.push(chunk.slice());
    heldLength += chunk.length;
    // An entry is put together once it is there, not with every chunk of it.
    if (heldLength < needed) continue;
    const stretch = new Stretch(Buffer.concat(held), position, forms);
    yield stretch.entries();
    held = [stretch.rest];
    position += heldLength - stretch.rest.length;
    heldLength = stretch.rest.length;
    needed = stretch.needed;
  }
  if (heldLength === 0) return;
  throw new DataError(
    `Cannot load byte ${position}: the entry that begins there is cut off`,
  );
}

/** A stretch of a file, with any number of whole entries. */
class Stretch {
  readonly #bytes: Uint8Array;
  readonly #position: number;
  readonly #forms: Forms;
  #offset = 0;
  /** How many bytes the entry takes that is not whole, as far as that is known. */
  needed = HEADER_BYTES;

  constructor(bytes: Uint8Array, position: number, forms: Forms) {
    this.#bytes = bytes;
    this.#position = position;
    this.#forms = forms;
  }

  /** What lies behind the entries. */
  get rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  *entries(): Generator<EntryBytes> {
    const { keys, values } = this.#forms;
    for (;;) {
      const start = this.#offset;
      this.needed = this.#lengthAt(start);
      const end = start + this.needed;
      if (end > this.#bytes.length) return;
      const keyStart = start + HEADER_BYTES;
      const keyEnd = keyStart + readUint32(this.#bytes, start);
      const key = this.#bytes.subarray(keyStart, keyEnd);
      const value = this.#bytes.subarray(keyEnd, end);
      orAtByte(this.#position + start, () => {
        keys.check(key, "key");
        values.check(value, "value");
      });
      this.#offset = end;
      yield [key, value];
    }
  }

  /** Length of the entry that begins at `start`, or that of a header, if not even that is there. */
  #lengthAt(start: number): number {
    if (this.#bytes.length - start < HEADER_BYTES) return HEADER_BYTES;
    const keyLength = readUint32(this.#bytes, start);
    const valueLength = readUint32(this.#bytes, start + 4);
    if (keyLength <= MAX_KEY_BYTES && valueLength <= MAX_VALUE_BYTES) {
      return HEADER_BYTES + keyLength + valueLength;
    }
    throw new DataError(
      `Cannot load byte ${
        this.#position + start
      }: key or value length out of range: ${keyLength}, ${valueLength}`,
    );
  }
}

function orAtByte(start: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new DataError(
      `Cannot load byte ${start}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** An entry as bytes. */
export function rawBytes([key, value]: EntryBytes): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + key.length + value.length);
  writeUint32(bytes, 0, key.length);
  writeUint32(bytes, 4, value.length);
  bytes.set(key, HEADER_BYTES);
  bytes.set(value, HEADER_BYTES + key.length);
  return bytes;
}
