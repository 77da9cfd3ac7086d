/**
 * Packages of peers, installed from npm into a folder of their own: the variable PUREKV_PEERS, or
 * `purekv-peers` in the user's cache. Scripts of packages are not run, so no compiler is needed;
 * what has no binary in its package is fetched by the tool that it names itself.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Packages } from "./engine.ts";

/** Versions are fixed so that figures can be repeated. */
const DEPENDENCIES = {
  "better-sqlite3": "12.11.1",
  "classic-level": "3.0.0",
  "lmdb": "3.5.6",
};

/** Engines that need a package. */
export const PACKAGED: readonly string[] = Object.keys(DEPENDENCIES);

/** Package managers that read a package.json, in the order in which they are tried. */
const MANAGERS = [
  [
    "npm",
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ],
  ["bun", "install", "--ignore-scripts", "--silent"],
  ["deno", "install", "--quiet"],
] as const;

const INSTALL_TIMEOUT_MS = 120_000;

/** Where packages and programs of peers lie. */
export function peersFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return process.env.PUREKV_PEERS || join(cache, "purekv-peers");
}

/** The packages that have been installed so far. */
export function installedPackages(): Packages {
  const modules = join(peersFolder(), "node_modules");
  const require = createRequire(join(peersFolder(), "package.json"));
  return {
    require(name) {
      if (existsSync(join(modules, name))) return require(name);
      throw new Error("it could not be installed from npm");
    },
    version(name) {
      const file = join(modules, name, "package.json");
      return JSON.parse(readFileSync(file, "utf8")).version;
    },
  };
}

/**
 * Installs what is not there in the right version. Peers that are missing afterwards say so when
 * they are loaded.
 */
export function installPackages(): void {
  const folder = peersFolder();
  try {
    if (!isInstalled()) install(folder);
  } catch (error) {
    console.error(`Cannot install peers: ${(error as Error).message}`);
    return;
  }
  const { deno, bun } = process.versions;
  if (deno === undefined && bun === undefined) fetchBinary(folder);
}

function install(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, dependencies: DEPENDENCIES }),
  );
  MANAGERS.some(([command, ...args]) => succeeds(folder, command, args));
}

function isInstalled(): boolean {
  const packages = installedPackages();
  try {
    return Object.entries(DEPENDENCIES)
      .every(([name, version]) => packages.version(name) === version);
  } catch {
    return false;
  }
}

/** Only better-sqlite3 has no binaries in its package, and only Node loads it. */
function fetchBinary(folder: string): void {
  const own = join(folder, "node_modules", "better-sqlite3");
  if (existsSync(join(own, "build")) || !existsSync(own)) return;
  const tool = join(folder, "node_modules", "prebuild-install", "bin.js");
  succeeds(own, process.execPath, [tool]);
}

function succeeds(
  cwd: string,
  command: string,
  args: readonly string[],
): boolean {
  const options = {
    cwd,
    stdio: "ignore",
    timeout: INSTALL_TIMEOUT_MS,
  } as const;
  return spawnSync(command, args, options).status === 0;
}
