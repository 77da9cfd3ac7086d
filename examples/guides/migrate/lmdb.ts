// Copies a database of lmdb (lmdb-js) into a new store:
//
//   deno run -A examples/guides/migrate/lmdb.ts LMDB FOLDER
//
// `bun` and `node` run it, too, where `lmdb` is installed. Keys become tuples;
// what JSON does not carry is refused, see from_lmdb.md. A named database is
// opened with `openDB` in the place of the one at the root.
import { type Key, open as openLmdb } from "lmdb";
import process from "node:process";
import { json, open, type Tuple, tuple, type TuplePart } from "../../../mod.ts";
import { checkJson, copyAll } from "./copy.ts";

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) {
  console.error("Usage: lmdb.ts LMDB FOLDER");
  process.exit(2);
}
const lmdb = openLmdb<unknown>({ path: source, readOnly: true });
{
  await using db = await open(target, {
    keys: tuple,
    values: json<unknown>(),
    errorIfExists: true,
  });
  console.log(`${await copyAll(entries(), db)} entries`);
}
await lmdb.close();

function* entries(): Generator<[Tuple, unknown]> {
  for (const { key, value } of lmdb.getRange()) {
    checkJson(value, key);
    yield [tupleOf(key), value];
  }
}

/** A tuple for a key; symbols and dates have no place in one. */
function tupleOf(key: Key): Tuple {
  return (Array.isArray(key) ? key : [key]) as readonly TuplePart[];
}
