import type { EngineModule } from "./engine.ts";
import { type SqlDatabase, sqliteEngine } from "./sqlite.ts";

/** What is used of `bun:sqlite`. */
interface BunSqlite {
  readonly Database: new (file: string) => Database;
}

interface Database {
  run(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

interface Statement {
  run(...parameters: string[]): void;
  get(...parameters: string[]): { value: string } | null;
  all(): unknown[];
  iterate(
    ...parameters: (string | number)[]
  ): Iterable<{ key: string; value: string }>;
}

/** SQLite as Bun ships it. */
export const bunSqlite: EngineModule = {
  name: "bun-sqlite",
  async load() {
    if (!("Bun" in globalThis)) throw new Error("only Bun has it");
    // Not a literal: the type checker of Deno does not know the module.
    const { Database } = await import("bun:" + "sqlite") as BunSqlite;
    const probe = new Database(":memory:");
    const row = probe.prepare("SELECT sqlite_version() AS value").get();
    probe.close();
    return sqliteEngine({
      name: "bun-sqlite",
      version: `SQLite ${row?.value}`,
      pageRows: -1,
      open: (file) => databaseOf(new Database(file)),
    });
  },
};

function databaseOf(db: Database): SqlDatabase {
  return {
    exec: (sql) => db.run(sql),
    pragma: (sql) => void db.prepare(`PRAGMA ${sql}`).all(),
    prepareRun(sql) {
      const statement = db.prepare(sql);
      return (...parameters) => statement.run(...parameters);
    },
    prepareGet(sql) {
      const statement = db.prepare(sql);
      return (key) => statement.get(key)?.value;
    },
    prepareVisit(sql) {
      const statement = db.prepare(sql);
      // Its only page is the last one.
      return (visit, bound, limit) => {
        for (const { key, value } of statement.iterate(bound, limit)) {
          visit(key, value);
        }
        return undefined;
      };
    },
    close: () => db.close(),
  };
}
