/**
 * Storage in memory: for tests, caches, and wherever there is no disk.
 *
 * @example What one engine has written, the next one finds
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new MemoryStorage();
 * {
 *   await using db = await open(storage);
 *   await db.put("greeting", "hello");
 * }
 * await using db = await open(storage);
 * assertEquals(await db.get("greeting"), "hello");
 * ```
 *
 * @module
 */
import { type IoFailure, KvIoError, KvLockedError } from "../errors.ts";
import { MemoryFile } from "./memory_file.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "./storage.ts";

/**
 * Storage in memory. Its files live as long as the object, across engines opened on it; syncs do
 * nothing.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("a", "1");
 * assertEquals(db.location, "memory");
 * ```
 */
export class MemoryStorage implements Storage {
  /** Names the storage in messages. */
  readonly location = "memory";
  /** Every call returns a value, not a promise. */
  readonly synchronous = true;

  readonly #files = new Map<string, MemoryFile>();
  #readers = 0;
  #hasWriter = false;

  /** Locks this object for one engine, or for readers only. */
  lock(options: LockOptions): StorageLock {
    const { shared } = options;
    if (this.#hasWriter) {
      throw new KvLockedError(this.location, "another engine of this process");
    }
    if (this.#readers > 0 && !shared) {
      throw new KvLockedError(this.location, "readers of this process");
    }
    if (shared) this.#readers++;
    else this.#hasWriter = true;
    let released = false;
    return {
      release: (): void => {
        if (released) return;
        released = true;
        if (shared) this.#readers--;
        else this.#hasWriter = false;
      },
    };
  }

  /** Names of the files. */
  list(): string[] {
    return [...this.#files.keys()];
  }

  /** Opens a file for reading, at its present size. */
  open(name: string): ReadableFile {
    return this.#existing("open", name).openForReading(name);
  }

  /** Creates an empty file. */
  create(name: string): WritableFile {
    if (this.#files.has(name)) throw failure("create", name, "exists");
    const file = new MemoryFile();
    this.#files.set(name, file);
    return file.openForWriting(name);
  }

  /** Renames a file, replacing the target. */
  rename(from: string, to: string): void {
    const file = this.#existing("rename", from);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  /** Removes a file; readers that have it open keep it. */
  remove(name: string): void {
    this.#existing("remove", name);
    this.#files.delete(name);
  }

  /** Does nothing: there is nothing that outlives the process. */
  syncDirectory(): void {}

  #existing(operation: string, name: string): MemoryFile {
    const file = this.#files.get(name);
    if (file === undefined) throw failure(operation, name, "missing");
    return file;
  }
}

function failure(
  operation: string,
  name: string,
  reason: IoFailure,
): KvIoError {
  const state = reason === "missing" ? "there is no such file" : "it exists";
  return new KvIoError(operation, name, reason, { cause: new Error(state) });
}
