/**
 * Pipes a store into another one, through streams, under a ceiling on memory. No part of the normal
 * tests: 1 GB takes a minute and 2 GB of disk.
 *
 *     deno task with-std deno run -A tests/big/pipe.ts
 *     bun tests/big/pipe.ts
 *     bun tests/big/pipe.ts --megabytes=200 --ceiling=400
 *
 * 1. Imports entries from a generator.
 * 2. Pipes them, by way of lines of JSON in bytes, into a second store.
 * 3. Compares the two.
 *
 * The process fails if its resident set has ever been larger than the ceiling, in MiB.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { type KvEngine, open } from "../../mod.ts";
import {
  NdjsonParseStream,
  NdjsonStringifyStream,
} from "../../src/streams/streams.ts";
import { peakBytes } from "./peak_memory.ts";

type Store = KvEngine<string, string>;

const MIB = 1 << 20;
const VALUE_CHARS = 1000;
const ENTRY_BYTES = 16 + VALUE_CHARS;

const { values: flags } = parseArgs({
  options: {
    megabytes: { type: "string", default: "1000" },
    ceiling: { type: "string", default: "600" },
    db: { type: "string", default: tmpdir() },
  },
});
const count = Math.ceil(Number(flags.megabytes) * 1e6 / ENTRY_BYTES);

const folder = mkdtempSync(join(flags.db, "purekv-pipe-"));
console.log(
  `${count} entries of ${ENTRY_BYTES} bytes, at most ${flags.ceiling} MiB of memory, in ${folder}`,
);
try {
  await using from = await open(join(folder, "from"));
  await timed("import", () => from.importFrom(entries()));
  await using to = await open(join(folder, "to"));
  await timed("pipe", () => pipe(from, to));
  await timed("compare", () => compare(from, to));
  console.log("All is well");
} catch (error) {
  console.error("Failed:", error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function* entries(): Generator<[string, string]> {
  const filler = "the quick brown fox jumps over the lazy dog. ".repeat(30);
  for (let i = 0; i < count; i++) {
    const at = i % 45;
    yield [
      `key-${String(i).padStart(12, "0")}`,
      filler.slice(at, at + VALUE_CHARS - 12) + String(i).padStart(12, "0"),
    ];
  }
}

async function pipe(from: Store, to: Store): Promise<void> {
  const lines = from.scan().stream().pipeThrough(new NdjsonStringifyStream());
  const { entries } = await to.importFrom(
    lines.pipeThrough(new NdjsonParseStream()),
  );
  if (entries !== count) throw new Error(`${entries} entries came through`);
}

async function compare(from: Store, to: Store): Promise<void> {
  const copies = to.scan();
  for await (const [key, value] of from.scan()) {
    const { value: copy } = await copies.next();
    if (copy?.[0] !== key || copy[1] !== value) {
      throw new Error(`${key} differs`);
    }
  }
  if (!(await copies.next()).done) throw new Error("there are more entries");
}

async function timed(
  name: string,
  step: () => Promise<unknown>,
): Promise<void> {
  const start = performance.now();
  await step();
  const seconds = (performance.now() - start) / 1e3;
  const rate = Math.round(count / seconds).toLocaleString("en-US");
  const peak = Math.round(peakBytes() / MIB);
  console.log(
    `${name.padEnd(10)}${seconds.toFixed(1).padStart(7)} s ${
      rate.padStart(12)
    }/s  peak ${peak} MiB`,
  );
  if (peak > Number(flags.ceiling)) throw new Error("that is too much memory");
}
