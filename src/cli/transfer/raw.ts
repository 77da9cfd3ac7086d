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
import { readUint32, writeUint32 } from "../../bytes/fixed.ts";
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from "../../options.ts";
import { DataError } from "../failure.ts";
import type { EntryBytes, Forms } from "./entry.ts";

const HEADER_BYTES = 8;

/** Reads entries. */
export async function* readRaw(
  input: AsyncIterable<Uint8Array>,
  { keys, values }: Forms,
): AsyncGenerator<EntryBytes> {
  const source = new ByteSource(input);
  for (;;) {
    const start = source.position;
    if (!await source.has(1)) return;
    const header = await take(source, HEADER_BYTES, start);
    const keyLength = readUint32(header, 0);
    const valueLength = readUint32(header, 4);
    if (keyLength > MAX_KEY_BYTES || valueLength > MAX_VALUE_BYTES) {
      throw new DataError(
        `Cannot load byte ${start}: a key of ${keyLength} and a value of ${valueLength} bytes cannot be`,
      );
    }
    const key = await take(source, keyLength, start);
    const value = await take(source, valueLength, start);
    orAtByte(start, () => {
      keys.check(key, "key");
      values.check(value, "value");
    });
    yield [key, value];
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

async function take(
  source: ByteSource,
  length: number,
  start: number,
): Promise<Uint8Array> {
  const bytes = await source.take(length);
  if (bytes !== undefined) return bytes;
  throw new DataError(
    `Cannot load byte ${start}: the entry that begins there is cut off`,
  );
}

/** Chunks as one run of bytes. Memory grows with what has come, not with what a length promises. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #heldLength = 0;
  /** Bytes that were taken so far. */
  position = 0;

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#chunks = input[Symbol.asyncIterator]();
  }

  /** Whether there are so many bytes more. */
  async has(length: number): Promise<boolean> {
    while (this.#heldLength < length) {
      const { done, value } = await this.#chunks.next();
      if (done) return false;
      this.#held.push(value);
      this.#heldLength += value.length;
    }
    return true;
  }

  /** The next `length` bytes, as a copy, or `undefined` if there are not so many. */
  async take(length: number): Promise<Uint8Array | undefined> {
    if (!await this.has(length)) return undefined;
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const chunk = this.#held[0]!;
      const part = chunk.subarray(0, length - filled);
      bytes.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#held.shift();
      else this.#held[0] = chunk.subarray(part.length);
    }
    this.#heldLength -= length;
    this.position += length;
    return bytes;
  }
}
