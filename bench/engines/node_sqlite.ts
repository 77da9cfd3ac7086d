import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EngineModule } from "./engine.ts";
import { type SqlDatabase, sqliteEngine } from "./sqlite.ts";

/** SQLite as Node ships it, and Deno and Bun after it. */
export const nodeSqlite: EngineModule = {
  name: "node-sqlite",
  async load() {
    const { DatabaseSync } = await import("node:sqlite");
    const probe = new DatabaseSync(":memory:");
    const { version } = probe.prepare("SELECT sqlite_version() AS version")
      .get() as { version: string };
    probe.close();
    return sqliteEngine({
      name: "node-sqlite",
      version: `SQLite ${version}`,
      pageRows: 1_000,
      open: (file) => databaseOf(new DatabaseSync(file)),
    });
  },
};

function databaseOf(db: DatabaseSync): SqlDatabase {
  function prepareArrays(sql: string): StatementSync {
    // The types of Deno lag behind Deno.
    const statement = db.prepare(sql) as StatementSync & {
      setReturnArrays(enabled: boolean): void;
    };
    statement.setReturnArrays(true);
    return statement;
  }
  return {
    exec: (sql) => db.exec(sql),
    pragma: (sql) => void db.prepare(`PRAGMA ${sql}`).all(),
    prepareRun(sql) {
      const statement = db.prepare(sql);
      return (...parameters) => void statement.run(...parameters);
    },
    prepareGet(sql) {
      const statement = prepareArrays(sql);
      return (key) => {
        const row = statement.get(key) as unknown as [string] | undefined;
        return row?.[0];
      };
    },
    prepareVisit(sql) {
      const statement = prepareArrays(sql);
      return (visit, bound, limit) => {
        const rows = statement.all(bound, limit) as unknown as [
          key: string,
          value: string,
        ][];
        for (const [key, value] of rows) visit(key, value);
        return rows.length === limit ? rows[limit - 1]![0] : undefined;
      };
    },
    close: () => db.close(),
  };
}
