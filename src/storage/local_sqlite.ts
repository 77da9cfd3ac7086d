import process from "node:process";
import type { DatabaseSync } from "node:sqlite";
import { KvError } from "../errors.ts";

type Sqlite = { readonly DatabaseSync: typeof DatabaseSync };

const SQLITE_BUSY = 5;

/** A database, and with it the locks of SQLite on its file, open until closed. */
export type LockDatabase = DatabaseSync;

/** Opens an SQLite database. A missing file is created, except with `readOnly`. */
export function openDatabase(path: string, readOnly: boolean): LockDatabase {
  const { DatabaseSync } = loadSqlite();
  return new DatabaseSync(path, { readOnly });
}

/** Whether SQLite refused because another connection holds a lock. */
export function isBusy(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { errcode?: unknown }).errcode;
  // The low byte of an extended code is the primary one. Deno gives no code.
  return typeof code === "number"
    ? (code & 0xff) === SQLITE_BUSY
    : error.message.includes("database is locked");
}

/** Not an import: that would keep all of the adapter from loading where the module is missing. */
function loadSqlite(): Sqlite {
  const sqlite = withoutExperimentalWarning(() =>
    process.getBuiltinModule?.("node:sqlite") as Sqlite | undefined
  );
  if (sqlite === undefined) {
    throw new KvError(
      "KV_UNSUPPORTED",
      "Cannot lock the store: this runtime lacks node:sqlite, " +
        "which Deno 2.2, Bun 1.4, Node 22.13 and later have",
    );
  }
  return sqlite;
}

/**
 * Early releases of Node 24 warn that SQLite is experimental: of no use to the users of a key-value
 * store.
 */
function withoutExperimentalWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = function emitOtherWarning(
    ...args: [string | Error, ...unknown[]]
  ): void {
    if (args[1] === "ExperimentalWarning") return;
    (emitWarning as (...args: unknown[]) => void).apply(process, args);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
