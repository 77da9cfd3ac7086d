/**
 * The same workloads on purekv and on other engines, in turn, in the same run:
 *
 *     deno task bench:peers
 *     bun bench/peers.ts --num=100000 --peers=purekv,lmdb --workloads=fillrandom,readrandom
 *     node bench/peers.ts --num=10000000 --json=results.json
 *
 * `--help` names the flags; README.md in this folder tells how it is done. Peers from npm are
 * installed into a folder of their own first.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { judge } from "./goals.ts";
import { type Flags, readFlags } from "./peers/flags.ts";
import { readResults, writeReadme } from "./peers/readme.ts";
import { reportOf } from "./peers/report.ts";
import { runAll } from "./peers/run.ts";

if (import.meta.main) await main(readFlags());

async function main(flags: Flags): Promise<void> {
  if (flags.markdown !== undefined) return writeReadme(flags.markdown);
  const parent = mkdtempSync(join(flags.db ?? tmpdir(), "purekv-peers-"));
  try {
    const results = await runAll(flags, join(parent, "store"));
    if (flags.json !== undefined) {
      writeFileSync(flags.json, `${JSON.stringify(results, null, 2)}\n`);
    }
    const smaller = flags.smaller === undefined
      ? undefined
      : readResults(flags.smaller);
    console.log(reportOf(results, judge(results, smaller)));
    if (results.failures.length > 0) process.exitCode = 1;
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}
