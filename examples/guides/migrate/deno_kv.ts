// Copies a database of Deno KV into a new store:
//
//   deno run -A --unstable-kv examples/guides/migrate/deno_kv.ts KV.sqlite FOLDER
//
// Keys stay the tuples they are. Counters (Deno.KvU64) become numbers; what JSON
// does not carry is refused, see from_deno_kv.md. When entries expire is not
// told by Deno KV, so they do not in the copy.
/// <reference lib="deno.unstable" />
import { json, open, type Tuple, tuple } from "../../../mod.ts";
import { checkJson, copyAll } from "./copy.ts";

const [source, target] = Deno.args;
if (source === undefined || target === undefined) {
  console.error("Usage: deno_kv.ts KV.sqlite FOLDER");
  Deno.exit(2);
}
using kv = await Deno.openKv(source);
await using db = await open(target, {
  keys: tuple,
  values: json<unknown>(),
  errorIfExists: true,
});
console.log(`${await copyAll(entriesOf(kv), db)} entries`);

async function* entriesOf(kv: Deno.Kv): AsyncGenerator<[Tuple, unknown]> {
  for await (const { key, value } of kv.list({ prefix: [] })) {
    const plain = value instanceof Deno.KvU64 ? numberOf(value) : value;
    checkJson(plain, key);
    yield [key as Tuple, plain];
  }
}

function numberOf({ value }: Deno.KvU64): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new Error(`No number for a counter of ${value}`);
}
