import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  readSync,
  writeSync,
} from "node:fs";
import { ioError } from "./local_io.ts";
import type { SyncPace } from "./local_sync.ts";
import type { Awaitable, ReadableFile, WritableFile } from "./storage.ts";

/** The most that goes into one system call: below every platform's limit. */
const MAX_TRANSFER_BYTES = 1 << 30;

const CLOSED = -1;

/** A local file that is open for reading at any position. */
export class LocalReadableFile implements ReadableFile {
  readonly size: number;
  readonly #name: string;
  #fd: number;

  constructor(name: string, fd: number, size: number) {
    this.#name = name;
    this.#fd = fd;
    this.size = size;
  }

  readAt(target: Uint8Array, position: number): void {
    const { length } = target;
    // Said this way round, it refuses NaN, and negative positions too, which
    // would mean "wherever the last read ended".
    if (!(position >= 0 && position + length <= this.size)) {
      throw this.#failure(pastTheEnd(position, length, this.size));
    }
    let filled = 0;
    while (filled < length) {
      filled += this.#readSome(target, filled, position + filled);
    }
  }

  close(): void {
    const fd = this.#fd;
    if (fd === CLOSED) return;
    // First of all, since the number may soon stand for another file.
    this.#fd = CLOSED;
    closeDescriptor(fd, this.#name);
  }

  #readSome(target: Uint8Array, offset: number, position: number): number {
    let count: number;
    try {
      const length = Math.min(target.length - offset, MAX_TRANSFER_BYTES);
      count = readSync(this.#open(), target, offset, length, position);
    } catch (error) {
      throw this.#failure(error);
    }
    if (count > 0) return count;
    throw this.#failure(new Error(`the file now ends at byte ${position}`));
  }

  #open(): number {
    if (this.#fd === CLOSED) throw new Error("the file is closed");
    return this.#fd;
  }

  #failure(cause: unknown): Error {
    return ioError("readAt", this.#name, cause);
  }
}

/** A local file that is open for appending. */
export class LocalWritableFile implements WritableFile {
  readonly #name: string;
  readonly #pace: SyncPace;
  #fd: number;
  #size = 0;
  /** Where the room ends that was made for appends. */
  #reservedSize = 0;
  #syncedSize = 0;
  #syncing: Promise<void> | undefined;
  #syncFailure: Error | undefined;

  constructor(name: string, fd: number, pace: SyncPace) {
    this.#name = name;
    this.#fd = fd;
    this.#pace = pace;
  }

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    this.#write("append", bytes, this.#size);
    // Only now: after a failure the next append overwrites what got through.
    this.#size += bytes.length;
  }

  reserve(bytes: number): void {
    const start = Math.max(this.#size, this.#reservedSize);
    const end = this.#size + bytes;
    if (end <= start) return;
    try {
      this.#write("reserve", new Uint8Array(end - start), start);
    } catch (error) {
      this.#cutAt(start);
      throw error;
    }
    this.#reservedSize = end;
  }

  /** Gives room back that came out too small: on a full disk others may need it more. */
  #cutAt(size: number): void {
    try {
      ftruncateSync(this.#open(), size);
    } catch {
      // Then it stays.
    }
  }

  sync(): Awaitable<void> {
    // The system reports a lost page once, and calls it clean from then on.
    if (this.#syncFailure !== undefined) throw this.#syncFailure;
    const size = this.#size;
    if (this.#pace.mayBlock(size - this.#syncedSize)) {
      this.#syncNow(size);
      return;
    }
    const syncing = this.#syncInPool(size).finally(() => {
      this.#syncing = undefined;
    });
    this.#syncing = syncing;
    return syncing;
  }

  close(): Awaitable<void> {
    const fd = this.#fd;
    if (fd === CLOSED) return;
    this.#fd = CLOSED;
    if (this.#syncing === undefined) return closeDescriptor(fd, this.#name);
    // The pool still works on the descriptor, whose number must not be reused.
    const closeNow = () => closeDescriptor(fd, this.#name);
    return this.#syncing.then(closeNow, closeNow);
  }

  /** Writes all of `bytes` from `position` on. */
  #write(operation: string, bytes: Uint8Array, position: number): void {
    let written = 0;
    try {
      while (written < bytes.length) {
        const length = Math.min(bytes.length - written, MAX_TRANSFER_BYTES);
        const place = position + written;
        const count = writeSync(this.#open(), bytes, written, length, place);
        if (count === 0) throw new Error("no bytes were written");
        written += count;
      }
    } catch (error) {
      throw ioError(operation, this.#name, error);
    }
  }

  #syncNow(size: number): void {
    const startMs = performance.now();
    try {
      fdatasyncSync(this.#open());
    } catch (error) {
      throw this.#failSync(error);
    }
    this.#finishSync(size, startMs);
  }

  async #syncInPool(size: number): Promise<void> {
    const startMs = performance.now();
    try {
      await fdatasyncInPool(this.#open());
    } catch (error) {
      throw this.#failSync(error);
    }
    this.#finishSync(size, startMs);
  }

  #finishSync(size: number, startMs: number): void {
    this.#syncedSize = size;
    this.#pace.note(performance.now() - startMs);
  }

  #failSync(cause: unknown): Error {
    const failure = ioError("sync", this.#name, cause);
    this.#syncFailure = failure;
    return failure;
  }

  #open(): number {
    if (this.#fd === CLOSED) throw new Error("the file is closed");
    return this.#fd;
  }
}

function fdatasyncInPool(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => error ? reject(error) : resolve());
  });
}

function closeDescriptor(fd: number, name: string): void {
  try {
    closeSync(fd);
  } catch (error) {
    throw ioError("close", name, error);
  }
}

function pastTheEnd(position: number, length: number, size: number): Error {
  return new Error(
    `${length} bytes at byte ${position} reach past its ${size} bytes`,
  );
}
