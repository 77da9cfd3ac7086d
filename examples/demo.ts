// A search index for a folder of text, and what becomes of a store whose writer
// is killed:
//
//   deno task demo [FOLDER] [--store FOLDER]
//   bun examples/demo.ts [FOLDER] [--store FOLDER]
//   node examples/demo.ts [FOLDER] [--store FOLDER]
//
// It reads every text file of FOLDER (this repository if none is named), writes
// each word with its places to a store on disk, asks, changes and deletes, and
// has a writer killed. Every step checks what it gets; the exit code is 1 if
// anything is wrong. The store is a temporary folder, removed at the end, or the
// one named with --store: run again, and only files that changed are read in.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type KvEngine, open, type Tuple, tuple } from "../mod.ts";
import { changeAndUndo } from "./demo/changes.ts";
import { killAndRecover, removeRecords } from "./demo/crash.ts";
import { indexFolder } from "./demo/indexing.ts";
import { ask, countPlaces } from "./demo/queries.ts";
import { compact, printStats } from "./demo/report.ts";
import { SearchIndex } from "./demo/search_index.ts";
import * as terminal from "./demo/terminal.ts";
import { bold, check, count, dim, done, heading } from "./demo/terminal.ts";

const KIB = 1024;

try {
  await main();
} catch (error) {
  const { message } = error as Error;
  console.error(`\nThe demo failed: ${message}`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { store: { type: "string" } },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new Error("Name one folder at most");
  const repository = fileURLToPath(new URL("..", import.meta.url));
  const folder = resolve(positionals[0] ?? repository);
  const store = resolve(values.store ?? temporaryStore());
  const startedAt = performance.now();
  console.log(`${bold("purekv demo")} ${dim(`· ${runtime()} · ${folder}`)}`);

  const places = await workOn(folder, store);
  heading("Killing a writer (SIGKILL), three times");
  await killAndRecover(store);
  await removeRecords(store);
  await using db = await openStore(store);
  const left = await countPlaces(new SearchIndex(db));
  check(left === places, `The index had ${places} places, now it has ${left}`);
  done(`the index beside them is whole: ${count(places)} places`);
  const seconds = terminal.time(performance.now() - startedAt);
  console.log(`\n${bold("All is as it should be.")} ${dim(seconds)}`);
}

/** Fills, asks and changes the index of `folder`; returns how many places it has in the end. */
async function workOn(folder: string, store: string): Promise<number> {
  await using db = await openStore(store);
  const index = new SearchIndex(db);
  heading("Reading and indexing");
  await indexFolder(db, folder);
  heading("Asking");
  const places = await ask(index);
  heading("Changing and deleting");
  await changeAndUndo(db);
  heading("The store");
  printStats(db.stats());
  await compact(db);
  return places;
}

/** Limits far below the presets: so a small folder fills several levels. */
function openStore(path: string): Promise<KvEngine<Tuple, string>> {
  return open(path, {
    keys: tuple,
    memtableSize: 512 * KIB,
    compaction: {
      levelSize: 2048 * KIB,
      levelRatio: 4,
      segmentSize: 512 * KIB,
    },
  });
}

/** A folder that is removed when the demo ends, also when it is interrupted. */
function temporaryStore(): string {
  const path = mkdtempSync(join(tmpdir(), "purekv-demo-"));
  // A writer that was killed just now may still be about to go.
  const options = { recursive: true, force: true, maxRetries: 5 };
  process.once("exit", () => rmSync(path, options));
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  return join(path, "store");
}

function runtime(): string {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return `Deno ${deno}`;
  return bun !== undefined ? `Bun ${bun}` : `Node ${node}`;
}
