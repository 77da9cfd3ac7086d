/**
 * RocksDB's own benchmark, `db_bench`, from Debian's package rocksdb-tools. It has workloads of the
 * same names, makes its own keys and values of the same sizes, and calls C++ in one thread: all of
 * its reads and writes are without promises, one by one or in batches.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { folderBytes, peakMemoryOf } from "../common/measure.ts";
import { endOf } from "../common/runtime.ts";
import { rawBytes } from "../common/sizes.ts";
import { peersFolder } from "../engines/packages.ts";
import type { Measurement } from "../workloads/probe.ts";
import { MEMTABLE_BYTES } from "../workloads/session.ts";
import { peakName, WORKLOADS } from "./catalogue.ts";
import type { Arena, Contestant, Job, Outcome } from "./contestant.ts";
import { type Invocation, invocationsOf } from "./rocksdb_workloads.ts";

const NAME = "rocksdb";

/** What is not on every system; all else is needed by the system itself. */
const PACKAGES = [
  "rocksdb-tools",
  "librocksdb7.8",
  "libgflags2.2",
  "libsnappy1v5",
];

const BLOOM_BITS = 10;
/** How often the memory of the process is looked at, in milliseconds. */
const WATCH_MS = 20;

/** A program and what it needs to run. */
interface Program {
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** db_bench, if it is installed or apt can bring it. */
export function findRocksdb(
  arena: Arena,
): Contestant | { readonly absent: string } {
  const program = [installed(), brought()]
    .find((program) => versionOf(program) !== undefined);
  if (program === undefined) {
    return { absent: "there is no db_bench, and apt could not bring it" };
  }
  const settings =
    `db_bench in C++, one thread, cache_size ${arena.sizes.cache}, write_buffer_size ${MEMTABLE_BYTES}, bloom_bits ${BLOOM_BITS}, compression none${
      hasAssertions(program, arena)
        ? "; built with assertions, which make it slower"
        : ""
    }`;
  return {
    setup: {
      name: NAME,
      version: versionOf(program)!,
      settings,
      syncedSettings: `sync, ${settings}`,
    },
    run: (job) => runSuite(program, arena, job),
  };
}

function installed(): Program {
  return { path: "db_bench", env: process.env };
}

/** The program from packages that are unpacked, not installed, in the folder of the peers. */
function brought(): Program {
  const folder = join(peersFolder(), "rocksdb");
  const root = join(folder, "root");
  const path = join(root, "usr", "bin", "db_bench");
  if (!existsSync(path)) unpack(folder, root);
  const libraries = join(root, "usr", "lib");
  const LD_LIBRARY_PATH = existsSync(libraries)
    ? readdirSync(libraries).map((name) => join(libraries, name)).join(":")
    : "";
  return { path, env: { ...process.env, LD_LIBRARY_PATH } };
}

/** Where it does not succeed, there is no program afterwards. */
function unpack(folder: string, root: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const options = { cwd: folder, stdio: "ignore" } as const;
    spawnSync("apt-get", ["download", ...PACKAGES], options);
    for (const file of readdirSync(folder)) {
      if (!file.endsWith(".deb")) continue;
      spawnSync("dpkg-deb", ["-x", file, root], options);
    }
  } catch (error) {
    console.error(`Cannot bring db_bench: ${(error as Error).message}`);
  }
}

function versionOf({ path, env }: Program): string | undefined {
  const { status, stdout } = spawnSync(path, ["--version"], {
    env,
    encoding: "utf8",
  });
  return status === 0 ? /version (\S+)/.exec(stdout)?.[1] : undefined;
}

/** Debian's is built so; it says it in its first lines. */
function hasAssertions({ path, env }: Program, { folder }: Arena): boolean {
  const { stdout } = spawnSync(path, [
    "--benchmarks=fillseq",
    "--num=1",
    `--db=${folder}`,
  ], { env, encoding: "utf8" });
  rmSync(folder, { recursive: true, force: true });
  return /assertions are enabled/i.test(stdout);
}

/**
 * Runs a suite as a whole, since later parts of it need earlier ones, and hands on what was wanted.
 */
async function runSuite(
  program: Program,
  arena: Arena,
  { suite, workloads }: Job,
): Promise<Outcome> {
  const found: Measurement[] = [];
  const failures: string[] = [];
  const { folder, sizes } = arena;
  let peak = 0;
  for (const invocation of invocationsOf(suite, sizes)) {
    if (!invocation.goesOn) rmSync(folder, { recursive: true, force: true });
    const outcome = await invoke(program, arena, invocation);
    peak = Math.max(peak, outcome.peakBytes);
    found.push(...outcome.found);
    failures.push(...outcome.failures);
    if (invocation.space === undefined) continue;
    const value = folderBytes(folder) / rawBytes(sizes);
    found.push({ workload: invocation.space, unit: "x raw", value });
  }
  rmSync(folder, { recursive: true, force: true });
  if (peak > 0) {
    const value = peak / 2 ** 20;
    found.push({ workload: peakName(suite), unit: "MiB", value });
  }
  const isWanted = ({ workload }: Measurement) =>
    workloads.includes(workload) || !WORKLOADS.includes(workload);
  return { found: found.filter(isWanted), failures };
}

async function invoke(
  { path, env }: Program,
  arena: Arena,
  { benchmarks, flags, figures }: Invocation,
): Promise<Outcome & { readonly peakBytes: number }> {
  const child = spawn(path, argumentsOf(arena, benchmarks, flags), {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let peakBytes = 0;
  const watch = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakMemoryOf(child.pid!) ?? 0);
  }, WATCH_MS);
  const timer = setTimeout(() => child.kill("SIGKILL"), arena.timeoutMs);
  const rates = new Map<string, number>();
  const { code, signal } = await endOf(child, (line) => {
    const match = /^(\w+) *: .*micros\/op +(\d+) ops\/sec/.exec(line);
    if (match !== null) rates.set(match[1]!, Number(match[2]));
  });
  clearInterval(watch);
  clearTimeout(timer);
  const found: Measurement[] = [];
  for (const { benchmark, workload } of figures) {
    const value = rates.get(benchmark);
    if (value !== undefined) found.push({ workload, unit: "ops/s", value });
  }
  const failures = code === 0
    ? []
    : [`${benchmarks.join()}: the process ended with ${signal ?? code}`];
  return { found, failures, peakBytes };
}

function argumentsOf(
  { folder, sizes }: Arena,
  benchmarks: readonly string[],
  flags: Invocation["flags"],
): string[] {
  const all = {
    benchmarks: benchmarks.join(),
    db: folder,
    num: sizes.num,
    key_size: sizes.keySize,
    value_size: sizes.valueSize,
    cache_size: sizes.cache,
    write_buffer_size: MEMTABLE_BYTES,
    bloom_bits: BLOOM_BITS,
    compression_type: "none",
    threads: 1,
    seed: sizes.seed,
    ...flags,
  };
  return Object.entries(all).map(([name, value]) => `--${name}=${value}`);
}
