import {
  chmodSync,
  closeSync,
  constants,
  fsync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
} from "node:fs";
import { unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { codeOf, invalidArgument } from "../errors.ts";
import { LocalReadableFile, LocalWritableFile } from "./local_file.ts";
import { createNew, ioError, openRegular } from "./local_io.ts";
import { LOCK_FILE_NAMES, lockExclusive, lockShared } from "./local_lock.ts";
import { SyncPace } from "./local_sync.ts";
import { mayRead, requireWriting } from "./permission.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "./storage.ts";

/**
 * A local folder as storage: the common part of the adapters for Deno, Bun and Node.
 *
 * All calls are the synchronous, positional ones of node:fs: in all three runtimes they are many
 * times faster than the asynchronous ones. Only slow syncs, and removals, which free what the
 * system keeps of a file, go through the thread pool.
 */
export class LocalFiles implements Storage {
  /** Absolute path of the folder. */
  readonly location: string;
  /** Reads are synchronous. */
  readonly synchronous = true;
  /** The folder itself, whose files workers open themselves. */
  readonly localFolder: string;

  readonly #ensureFolder: (path: string) => void;
  readonly #pace: SyncPace = new SyncPace();

  /**
   * For the runtime adapters; use one of those.
   *
   * @param location Absolute path of the folder.
   * @param ensureFolder Creates a folder with all its parents, unless it exists.
   */
  constructor(location: string, ensureFolder: (path: string) => void) {
    this.location = location;
    this.localFolder = location;
    this.#ensureFolder = ensureFolder;
  }

  /** Locks the folder, with an operating system lock that Deno, Bun and Node all respect. */
  lock(options: LockOptions): StorageLock {
    if (options.shared) return lockShared(this.location);
    requireWriting(this.location);
    try {
      makeFolder(this.location, this.#ensureFolder);
    } catch (error) {
      throw ioError("lock", "", error);
    }
    return lockExclusive(this.location);
  }

  /** Names of the files in the folder, without those of the lock. */
  list(): string[] {
    try {
      return readdirSync(this.location)
        .filter((name) => !LOCK_FILE_NAMES.has(name));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw ioError("list", "", error);
    }
  }

  /** Opens a regular file for reading; links are not followed. */
  open(name: string): ReadableFile {
    const path = this.#path(name);
    try {
      const { fd, size } = openRegular(path);
      return new LocalReadableFile(name, fd, size);
    } catch (error) {
      throw ioError("open", name, error);
    }
  }

  /** Creates a file that only this user may read. */
  create(name: string): WritableFile {
    const path = this.#path(name);
    try {
      return new LocalWritableFile(name, createNew(path), this.#pace);
    } catch (error) {
      throw ioError("create", name, error);
    }
  }

  /**
   * Hard-links a file into the folder of `target`. Whatever prevents that, copying the file reports
   * it better.
   */
  linkTo(name: string, target: Storage): boolean {
    const path = this.#path(name);
    if (target.localFolder === undefined) return false;
    try {
      linkSync(path, join(target.localFolder, name));
      return true;
    } catch {
      return false;
    }
  }

  /** Renames a file, replacing the target. */
  rename(from: string, to: string): void {
    const source = this.#path(from);
    const target = this.#path(to);
    try {
      renameSync(source, target);
    } catch (error) {
      throw ioError("rename", from, error);
    }
  }

  /**
   * Removes a file, in the thread pool: the system gives back its pages meanwhile. Measured with
   * segments of 16 MB: 4 ms each, and a compaction removes many at once.
   */
  remove(name: string): Promise<void> {
    return unlink(this.#path(name)).catch((error) => {
      throw ioError("remove", name, error);
    });
  }

  /**
   * Syncs the folder itself, in the thread pool: it may have to flush what others have written to
   * the disk. Windows cannot, and needs it less: NTFS logs its metadata.
   */
  async syncDirectory(): Promise<void> {
    try {
      await syncFolderInPool(this.location);
    } catch (error) {
      throw ioError("syncDirectory", "", error);
    }
  }

  /** Names come from the engine. One that leads elsewhere would be a fault in it. */
  #path(name: string): string {
    // deno-lint-ignore no-control-regex
    const isPlain = /^[^/\\\x00]+$/.test(name) && name !== "." && name !== "..";
    if (!isPlain || LOCK_FILE_NAMES.has(name)) {
      throw invalidArgument(`Cannot use ${JSON.stringify(name)} as file name`);
    }
    return join(this.location, name);
  }
}

/**
 * Makes a missing folder, for this user alone, and its name durable; that of an empty one too,
 * whose maker may have been killed before.
 */
function makeFolder(path: string, ensureFolder: (path: string) => void): void {
  const missing = missingFolders(path);
  if (missing.length === 0) {
    if (!statSync(path).isDirectory()) {
      throw new Error(
        `${path} is not a folder; give the store a folder of its own`,
      );
    }
    if (readdirSync(path).length === 0) syncParent(path);
    return;
  }
  ensureFolder(path);
  chmodSync(path, 0o700);
  // Most file systems make its name durable along with the folder.
  syncFolder(path);
  for (const folder of missing) syncParent(folder);
}

/** The folder and those above it, as far as they are known to be missing. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = path; mayRead(folder); folder = dirname(folder)) {
    try {
      lstatSync(folder);
      break;
    } catch (error) {
      if (codeOf(error) !== "ENOENT") break;
      missing.push(folder);
    }
  }
  return missing;
}

/** Syncs the folder above, as long as it may be read: Deno may have been granted this one alone. */
function syncParent(folder: string): void {
  const parent = dirname(folder);
  if (!mayRead(parent)) return;
  try {
    syncFolder(parent);
  } catch (error) {
    if (ioError("lock", "", error).failure !== "denied") throw error;
  }
}

function syncFolder(path: string): void {
  const fd = openFolder(path);
  if (fd === undefined) return;
  try {
    fsyncSync(fd);
  } catch (error) {
    refuseUnlessUnsupported(error);
  } finally {
    closeSync(fd);
  }
}

async function syncFolderInPool(path: string): Promise<void> {
  const fd = openFolder(path);
  if (fd === undefined) return;
  try {
    await new Promise<void>((resolve, reject) =>
      fsync(fd, (error) => error ? reject(error) : resolve())
    );
  } catch (error) {
    refuseUnlessUnsupported(error);
  } finally {
    closeSync(fd);
  }
}

function openFolder(path: string): number | undefined {
  if (process.platform === "win32") return undefined;
  return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
}

/** Some network file systems have no sync for folders. */
function refuseUnlessUnsupported(error: unknown): void {
  if (codeOf(error) !== "EINVAL" && codeOf(error) !== "ENOTSUP") throw error;
}
