// Searches the text files of a folder: see README.md.
//
// In a project of your own:
//
//   import { open } from "@purekv/purekv";
import process from "node:process";
import { open } from "../../mod.ts";
import { search } from "./search.ts";
import { TextIndex } from "./text_index.ts";
import { sums } from "./words.ts";

const [folder, store, ...query] = process.argv.slice(2);
if (folder === undefined || store === undefined) {
  console.error(
    'Usage: main.ts FOLDER STORE [WORD | "PHRASE" | BEGINNING*]...',
  );
  process.exit(2);
}

await using db = await open(store, sums);
const { added, changed, removed, unchanged } = await new TextIndex(db)
  .update(folder);
console.log(
  `${added} added, ${changed} changed, ${removed} removed, ${unchanged} as before`,
);
for (const { path, score } of search(db, query.join(" "))) {
  console.log(`${score.toFixed(3)} ${path}`);
}
