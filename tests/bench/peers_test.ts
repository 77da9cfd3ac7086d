// The comparison with other engines, as a program, with those that need no
// network. What its figures are is nobody's business here: that they are there is.
import { assert, assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Results } from "../../bench/peers/results.ts";
import { test } from "../harness.ts";
import { currentRuntime, runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";

const PEERS = new URL("../../bench/peers.ts", import.meta.url);

test("bench:peers prints and keeps figures, settings, goals and who is absent", async () => {
  await using dir = tempDir();
  const json = join(dir.path, "results.json");
  const { code, stdout, stderr } = await runScript(currentRuntime(), PEERS, {
    args: [
      "--num=2000",
      "--rounds=1",
      "--peers=node-sqlite,lmdb",
      "--workloads=readrandom,readawaited,space",
      `--json=${json}`,
      `--db=${dir.path}`,
    ],
    // Nothing is installed there, nor can it be: it is a file.
    env: { PUREKV_PEERS: fileURLToPath(PEERS) },
  });
  assertEquals(code, 0, stdout + stderr);
  const { engines, absent, figures, failures }: Results = JSON.parse(
    readFileSync(json, "utf8"),
  );
  assertEquals(failures, []);
  assertEquals(engines.map(({ name }) => name), ["purekv", "node-sqlite"]);
  assertEquals(absent.map(({ name }) => name), ["lmdb"]);
  assertEquals(
    figures.map(({ workload, engine }) => `${workload} ${engine}`),
    [
      "readrandom purekv",
      "readawaited purekv",
      "peak read purekv",
      "readrandom node-sqlite",
      "peak read node-sqlite",
      "space purekv",
      "spacecompacted purekv",
      "peak space purekv",
      "space node-sqlite",
      "spacecompacted node-sqlite",
      "peak space node-sqlite",
    ],
  );
  for (const { values } of figures) {
    assert(values.length === 1 && values[0]! > 0, String(values));
  }
  for (const text of ["| readrandom ", "| none ", "| lmdb ", "| reached "]) {
    assert(stdout.includes(text), `${text}: ${stdout}`);
  }
  assertEquals(readdirSync(dir.path), ["results.json"]);
});

test("bench:peers says what it does not know", async () => {
  const { code, stderr } = await runScript(currentRuntime(), PEERS, {
    args: ["--peers=leveldb"],
  });
  assertEquals(code, 2);
  assert(stderr.includes("--peers: there is no leveldb"), stderr);
});
