import { KvIoError } from "../../src/errors.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../src/storage/storage.ts";

/** The files of a store: their bytes by their names. */
export type Files = ReadonlyMap<string, Uint8Array>;

/**
 * Storage that is only read. The bytes are those that were given, not copies, so that a test can
 * damage them and make them whole again between two openings. It counts what is read.
 */
export class FixedFiles implements Storage {
  readonly location = "fixed files";
  readonly synchronous = true;
  /** Bytes that were asked for by all reads so far. */
  bytesRead = 0;
  /** Files that are open. */
  openFiles = 0;
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  lock({ shared }: LockOptions): StorageLock {
    if (!shared) throw written("lock");
    return { release: () => {} };
  }

  list(): string[] {
    return [...this.#files.keys()];
  }

  open(name: string): ReadableFile {
    const bytes = this.#files.get(name);
    if (bytes === undefined) throw new KvIoError("open", name, "missing");
    this.openFiles++;
    let isOpen = true;
    return {
      size: bytes.length,
      readAt: (target, position) => {
        this.bytesRead += target.length;
        const end = position + target.length;
        if (!isOpen || !(position >= 0 && end <= bytes.length)) {
          throw new Error(`${name} was read outside of it or after close`);
        }
        target.set(bytes.subarray(position, end));
      },
      close: () => {
        if (isOpen) this.openFiles--;
        isOpen = false;
      },
    };
  }

  create(): WritableFile {
    throw written("create");
  }

  rename(): never {
    throw written("rename");
  }

  remove(): never {
    throw written("remove");
  }

  syncDirectory(): never {
    throw written("syncDirectory");
  }
}

/** No error of the storage: a test must not take it for one that the engine may answer. */
function written(operation: string): Error {
  return new Error(`${operation}: the store is only to be read`);
}
