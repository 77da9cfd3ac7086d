import type { EngineModule } from "./engine.ts";
import { type SqlDatabase, sqliteEngine } from "./sqlite.ts";

/** What is used of better-sqlite3. */
type BetterSqlite3 = new (file: string) => Database;

interface Database {
  exec(sql: string): void;
  pragma(sql: string): unknown;
  prepare(sql: string): Statement;
  close(): void;
}

interface Statement {
  raw(): this;
  pluck(): this;
  run(...parameters: string[]): unknown;
  get(...parameters: string[]): string | undefined;
  all(...parameters: (string | number)[]): [key: string, value: string][];
}

/** SQLite as a native addon for Node. */
export const betterSqlite3: EngineModule = {
  name: "better-sqlite3",
  load(packages) {
    const Database = packages.require("better-sqlite3") as BetterSqlite3;
    const probe = openProbe(Database);
    const version = probe.prepare("SELECT sqlite_version()").pluck().get();
    probe.close();
    return Promise.resolve(sqliteEngine({
      name: "better-sqlite3",
      version: `${packages.version("better-sqlite3")}, SQLite ${version}`,
      pageRows: 1_000,
      open: (file) => databaseOf(new Database(file)),
    }));
  },
};

/** It loads its binary when the first database is opened. */
function openProbe(Database: BetterSqlite3): Database {
  try {
    return new Database(":memory:");
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith("Could not locate")) throw error;
    throw new Error("no binary for this runtime could be fetched");
  }
}

function databaseOf(db: Database): SqlDatabase {
  return {
    exec: (sql) => db.exec(sql),
    pragma: (sql) => void db.pragma(sql),
    prepareRun(sql) {
      const statement = db.prepare(sql);
      return (...parameters) => void statement.run(...parameters);
    },
    prepareGet(sql) {
      const statement = db.prepare(sql).pluck();
      return (key) => statement.get(key);
    },
    prepareVisit(sql) {
      const statement = db.prepare(sql).raw();
      return (visit, bound, limit) => {
        const rows = statement.all(bound, limit);
        for (const [key, value] of rows) visit(key, value);
        return rows.length === limit ? rows[limit - 1]![0] : undefined;
      };
    },
    close: () => db.close(),
  };
}
