// Copies the tables of an SQLite database into a new store:
//
//   deno run -A examples/guides/migrate/node_sqlite.ts DATABASE FOLDER
//
// `bun` and `node` run it, too. A row becomes an object under the tuple
// [table, ...primary key], or [table, rowid] if the table has none.
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { json, open, type Tuple, tuple, type TuplePart } from "../../../mod.ts";
import { checkJson, copyAll } from "./copy.ts";

type Row = Record<string, unknown>;

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) {
  console.error("Usage: node_sqlite.ts DATABASE FOLDER");
  process.exit(2);
}
const sqlite = new DatabaseSync(source, { readOnly: true });
{
  await using db = await open(target, {
    keys: tuple,
    values: json<Row>(),
    errorIfExists: true,
  });
  // One state of all tables, whatever others write.
  sqlite.exec("BEGIN");
  console.log(`${await copyAll(entries(), db)} rows`);
}
sqlite.close();

function* entries(): Generator<[Tuple, Row]> {
  const tables = sqlite.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
  ).all();
  for (const { name } of tables) yield* rowsOf(String(name));
}

function* rowsOf(table: string): Generator<[Tuple, Row]> {
  const columns = sqlite.prepare(
    "SELECT name, pk FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk",
  ).all(table);
  const primary = columns.map(({ name }) => String(name));
  const name = `"${table.replaceAll('"', '""')}"`;
  const what = primary.length > 0 ? "*" : "rowid AS _rowid, *";
  const rows = sqlite.prepare(`SELECT ${what} FROM ${name}`).iterate();
  for (const found of rows) {
    const { _rowid, ...row } = found;
    const key = primary.length > 0
      ? primary.map((name) => row[name])
      : [_rowid];
    checkJson(row, [table, ...key]);
    yield [[table, ...key as TuplePart[]], row];
  }
}
