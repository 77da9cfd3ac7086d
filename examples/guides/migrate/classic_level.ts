// Copies a database of classic-level into a new store, byte for byte:
//
//   deno run -A examples/guides/migrate/classic_level.ts LEVEL FOLDER
//
// `bun` and `node` run it, too, where `classic-level` and `abstract-level` are
// installed. PureLevel opens the copy, with the same sublevels and encodings.
import { ClassicLevel } from "classic-level";
import process from "node:process";
import { bytes, open } from "../../../mod.ts";
import { copyAll } from "./copy.ts";

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) {
  console.error("Usage: classic_level.ts LEVEL FOLDER");
  process.exit(2);
}
const level = new ClassicLevel<Uint8Array, Uint8Array>(source, {
  createIfMissing: false,
  keyEncoding: "view",
  valueEncoding: "view",
});
await level.open();
{
  // The codecs of PureLevel.
  await using db = await open(target, {
    keys: bytes,
    values: bytes,
    errorIfExists: true,
  });
  console.log(`${await copyAll(level.iterator(), db)} entries`);
}
await level.close();
