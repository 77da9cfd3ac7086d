// Copies the tables of an SQLite database into a new store:
//
//   deno run -A examples/guides/migrate/node_sqlite.ts DATABASE FOLDER
//
// `bun` and `node` run it, too. A row becomes an object under the tuple
// [table, ...primary key], or [table, rowid] if the table has none. SQLite lets
// a primary key be NULL, and several rows have the same one then: such a row is
// under [table, ...primary key, rowid].
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
/** How many rows were read of each table. */
const rowsIn = new Map<string, number>();
const sqlite = new DatabaseSync(source, { readOnly: true });
{
  await using db = await open(target, {
    keys: tuple,
    values: json<Row>(),
    errorIfExists: true,
  });
  // One state of all tables, whatever others write.
  sqlite.exec("BEGIN");
  const copied = await copyAll(entries(), db);
  for (const [table, rows] of rowsIn) {
    const keys = await db.count({ prefix: [table] });
    if (keys === rows) continue;
    // Text that is not UTF-8 comes as U+FFFD.
    throw new Error(`Cannot copy ${table}: its ${rows} rows have ${keys} keys`);
  }
  console.log(`${copied} rows`);
}
sqlite.close();

function* entries(): Generator<[Tuple, Row]> {
  const tables = sqlite.prepare(
    `SELECT s.name, l.wr FROM sqlite_schema s
      JOIN pragma_table_list l ON l.schema = 'main' AND l.name = s.name
      WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'`,
  ).all();
  for (const { name, wr } of tables) {
    yield* rowsOf(String(name), { hasRowid: wr === 0 });
  }
}

function* rowsOf(
  table: string,
  { hasRowid }: { readonly hasRowid: boolean },
): Generator<[Tuple, Row]> {
  // Unlike table_info, it names the columns that are generated, too.
  const columns = sqlite.prepare(
    "SELECT name, pk FROM pragma_table_xinfo(?) ORDER BY pk",
  ).all(table).map(({ name, pk }) => ({ name: String(name), pk: Number(pk) }));
  const names = columns.map(({ name }) => name);
  const primary = columns.filter(({ pk }) => pk > 0).map(({ name }) => name);
  const rowid = hasRowid ? rowidBeside(names) : undefined;
  if (primary.length === 0 && rowid === undefined) throw hiddenRowid(table);
  let alias = "rowid";
  while (names.includes(alias)) alias += "_";

  const isNull = primary.map((name) => `${quoted(name)} IS NULL`).join(" OR ");
  const wanted = rowid === undefined
    ? "NULL"
    : primary.length === 0
    ? rowid
    : `CASE WHEN ${isNull} THEN ${rowid} END`;
  const rows = sqlite.prepare(
    `SELECT ${wanted} AS ${alias}, * FROM ${quoted(table)}`,
  ).iterate();
  let count = 0;
  for (const { [alias]: id, ...row } of rows) {
    const key = [table, ...primary.map((name) => row[name])];
    if (id !== null) key.push(id);
    else if (key.includes(null)) throw hiddenRowid(table);
    checkJson(row, key);
    rowsIn.set(table, ++count);
    yield [key as TuplePart[], row];
  }
}

/** A name of the rowid that none of the columns has. */
function rowidBeside(columns: readonly string[]): string | undefined {
  const taken = columns.map((name) => name.toLowerCase());
  return ["rowid", "_rowid_", "oid"].find((name) => !taken.includes(name));
}

function hiddenRowid(table: string): Error {
  return new Error(
    `Cannot copy ${table}: its rows need the rowid, which columns of its names hide`,
  );
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
