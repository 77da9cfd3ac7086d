import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
} from "node:fs";
import { join } from "node:path";
import { codeOf, KvError, KvIoError, KvLockedError } from "../errors.ts";
import {
  describeHolder,
  HOLDER_NAME,
  HOLDER_TEMPORARY_NAME,
  type HolderMark,
  isHolder,
  removeHolder,
  writeHolder,
} from "./local_holder.ts";
import { ioError, requireRegular } from "./local_io.ts";
import { isBusy, type LockDatabase, openDatabase } from "./local_sqlite.ts";
import { mayAskForUser } from "./permission.ts";
import type { StorageLock } from "./storage.ts";

// The lock of a folder, held by the kernel: a process that dies lets go of it.
//
// Deno, Bun and Node have one file lock in common, that of SQLite, which also
// works within a process and between its workers. Two empty files are locked as
// databases; nothing is ever written to them.
//
//   1. A writer takes SQLite's RESERVED lock on LOCK. Of any number that try at
//      once exactly one gets it, which EXCLUSIVE does not give: each of those
//      that try first takes SHARED, and they may refuse one another.
//   2. It takes the EXCLUSIVE lock on READERS, where only readers are in the way.
//   3. A reader takes the SHARED lock on READERS, without writing anything.
//
// Neither file may be opened in any other way: a POSIX lock is dropped when its
// process closes any descriptor of the file, another worker's included. For the
// same reason SQLite itself creates the files. They are never removed: who waits
// for a removed file and who creates it anew would both get the lock.
//
// A program may all the same read every file of a store that it has open, to
// copy it. The kernel tells nobody that the lock is gone, but the next writer
// says in HOLDER that it is there before it reads anything. So as long as HOLDER
// stands as it was, whatever is in the log by now will be read by the next one.
const WRITER_LOCK_NAME = "LOCK";
const READERS_LOCK_NAME = "READERS";

/** Names that belong to the lock and are none of the engine's business. */
export const LOCK_FILE_NAMES: ReadonlySet<string> = new Set([
  WRITER_LOCK_NAME,
  READERS_LOCK_NAME,
  HOLDER_NAME,
  HOLDER_TEMPORARY_NAME,
]);

/** How long a reader waits for a writer that is about to be refused, in milliseconds. */
const READER_PATIENCE_MS = 20;

/** Connections that are open: one that is collected as garbage lets go of its lock. */
const held = new Set<LockDatabase>();

/** Takes an existing folder for one engine alone. */
export function lockExclusive(folder: string): StorageLock {
  const writer = lockFile(folder, WRITER_LOCK_NAME, "BEGIN IMMEDIATE");
  if (writer === undefined) {
    throw new KvLockedError(folder, describeHolder(folder));
  }
  let readers: LockDatabase | undefined;
  try {
    readers = lockFile(folder, READERS_LOCK_NAME, "BEGIN EXCLUSIVE");
  } finally {
    if (readers === undefined) letGo(writer);
  }
  if (readers === undefined) {
    throw new KvLockedError(folder, "one or more readers");
  }
  const mark = writeHolder(folder);
  return {
    ...makeLock([readers, writer], () => removeHolder(folder, mark)),
    assertHeld: () => assertHolder(folder, mark),
  };
}

function assertHolder(folder: string, mark: HolderMark | undefined): void {
  if (mark === undefined) return;
  let isHeld: boolean;
  try {
    isHeld = isHolder(mark);
  } catch (error) {
    throw ioError("lock", HOLDER_NAME, error);
  }
  if (isHeld) return;
  throw new KvError(
    "KV_LOCKED",
    `Cannot write to ${folder}: ${
      existsSync(join(folder, HOLDER_NAME))
        ? `${describeHolder(folder)} has opened it meanwhile`
        : `its file ${HOLDER_NAME} is gone, so another engine may have opened it meanwhile`
    }, because this process has lost its lock: reading all files of an open store does that; copy stores with checkpoint`,
  );
}

/**
 * Takes a folder together with other readers. Without a file to lock, nobody can
 * have written here under a lock yet: there is nothing to hold off, and a reader
 * must not create it.
 */
export function lockShared(folder: string): StorageLock {
  if (!isThere(folder, READERS_LOCK_NAME)) return makeLock([], () => {});
  const reader = lockFile(folder, READERS_LOCK_NAME, "shared");
  if (reader === undefined) {
    throw new KvLockedError(folder, describeHolder(folder));
  }
  return makeLock([reader], () => {});
}

/** Locks one file, or answers `undefined` if another lock is in the way. */
function lockFile(
  folder: string,
  name: string,
  begin: "BEGIN IMMEDIATE" | "BEGIN EXCLUSIVE" | "shared",
): LockDatabase | undefined {
  const path = join(folder, name);
  const existed = isThere(folder, name);
  let database: LockDatabase | undefined;
  let locked = false;
  try {
    database = openDatabase(path, begin === "shared");
    if (!existed) chmodSync(path, 0o600);
    // A journal in memory keeps SQLite from creating a file for one. Of a file
    // that it may not write it takes the shared lock only, in silence, but
    // refuses a change. The change is never committed.
    database.exec(
      begin === "shared"
        ? `PRAGMA busy_timeout=${READER_PATIENCE_MS};
           BEGIN; SELECT count(*) FROM sqlite_master`
        : `PRAGMA busy_timeout=0; PRAGMA journal_mode=MEMORY;
           ${begin}; PRAGMA user_version=1`,
    );
    held.add(database);
    locked = true;
    return database;
  } catch (error) {
    if (isBusy(error)) return undefined;
    throw lockFailure(folder, name, error);
  } finally {
    if (!locked) database?.close();
  }
}

/** SQLite says only that it could not open the file: the operating system says why. */
function lockFailure(folder: string, name: string, cause: unknown): KvError {
  if (cause instanceof KvError) return cause;
  if (cause instanceof Error && cause.message.includes("readonly database")) {
    return new KvIoError("lock", name, "denied", { cause });
  }
  if (!mayAskForUser()) return ioError("lock", name, cause);
  try {
    const path = join(folder, name);
    const { R_OK, W_OK } = constants;
    accessSync(existsSync(path) ? path : folder, R_OK | W_OK);
  } catch (error) {
    return ioError("lock", name, error);
  }
  return ioError("lock", name, cause);
}

function isThere(folder: string, name: string): boolean {
  try {
    const stats = lstatSync(join(folder, name));
    requireRegular(stats);
    // Not made by the lock, and SQLite would go by what it says.
    if (stats.size > 0) {
      throw new Error(
        `${
          join(folder, name)
        } is not empty, so no store made it; give the store a folder of its own`,
      );
    }
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw ioError("lock", name, error);
  }
}

function makeLock(
  databases: readonly LockDatabase[],
  before: () => void,
): StorageLock {
  let released = false;
  return {
    release(): void {
      if (released) return;
      released = true;
      before();
      databases.forEach(letGo);
    },
  };
}

function letGo(database: LockDatabase): void {
  held.delete(database);
  database.close();
}
