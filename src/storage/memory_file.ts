import { KvIoError } from "../errors.ts";
import type { ReadableFile, WritableFile } from "./storage.ts";

/** Files are kept in chunks of 64 KiB, so that to grow one copies little. */
const CHUNK_BYTES = 1 << 16;
/** The first chunk starts smaller, for stores of a few records. */
const FIRST_CHUNK_BYTES = 1 << 10;

/** The content of a file in memory, however it is called and whoever has it open. */
export class MemoryFile {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  /** Bytes appended so far. */
  get size(): number {
    return this.#size;
  }

  /** Opens the file at its present size. */
  openForReading(name: string): ReadableFile {
    return new MemoryReadableFile(name, this);
  }

  /** Opens the file, which must be new, for appending. */
  openForWriting(name: string): WritableFile {
    return new MemoryWritableFile(name, this);
  }

  /** Copies bytes in at the end. */
  append(bytes: Uint8Array): void {
    let taken = 0;
    while (taken < bytes.length) {
      const start = this.#size % CHUNK_BYTES;
      const count = Math.min(bytes.length - taken, CHUNK_BYTES - start);
      const chunk = this.#chunkFor(start + count);
      chunk.set(bytes.subarray(taken, taken + count), start);
      this.#size += count;
      taken += count;
    }
  }

  /** Copies bytes out; the range must lie inside the file. */
  copyTo(target: Uint8Array, position: number): void {
    let filled = 0;
    while (filled < target.length) {
      const from = position + filled;
      const start = from % CHUNK_BYTES;
      const count = Math.min(target.length - filled, CHUNK_BYTES - start);
      const chunk = this.#chunks[Math.floor(from / CHUNK_BYTES)]!;
      target.set(chunk.subarray(start, start + count), filled);
      filled += count;
    }
  }

  /** The chunk that the end of the file lies in, with room for its first `length` bytes. */
  #chunkFor(length: number): Uint8Array {
    const index = Math.floor(this.#size / CHUNK_BYTES);
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= length) return chunk;
    const grown = new Uint8Array(index > 0 ? CHUNK_BYTES : roundUp(length));
    if (chunk !== undefined) grown.set(chunk);
    this.#chunks[index] = grown;
    return grown;
  }
}

class MemoryReadableFile implements ReadableFile {
  readonly size: number;
  readonly #name: string;
  #file: MemoryFile | undefined;

  constructor(name: string, file: MemoryFile) {
    this.size = file.size;
    this.#name = name;
    this.#file = file;
  }

  readAt(target: Uint8Array, position: number): void {
    if (this.#file === undefined) throw closed("readAt", this.#name);
    // Said this way round, it refuses NaN too.
    if (!(position >= 0 && position + target.length <= this.size)) {
      const end = `the file ends at byte ${this.size}`;
      throw new KvIoError("readAt", this.#name, "other", {
        cause: new Error(end),
      });
    }
    this.#file.copyTo(target, position);
  }

  close(): void {
    this.#file = undefined;
  }
}

class MemoryWritableFile implements WritableFile {
  readonly #name: string;
  readonly #file: MemoryFile;
  #isClosed = false;

  constructor(name: string, file: MemoryFile) {
    this.#name = name;
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  append(bytes: Uint8Array): void {
    if (this.#isClosed) throw closed("append", this.#name);
    this.#file.append(bytes);
  }

  sync(): void {
    if (this.#isClosed) throw closed("sync", this.#name);
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** The next power of two from the smallest size of a first chunk on. */
function roundUp(length: number): number {
  let size = FIRST_CHUNK_BYTES;
  while (size < length) size *= 2;
  return size;
}

function closed(operation: string, name: string): KvIoError {
  const cause = new Error("the file is closed");
  return new KvIoError(operation, name, "other", { cause });
}
