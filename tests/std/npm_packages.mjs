// The packages from npm that deno.json names, for Node and Bun: Deno fetches
// them by itself. They are installed into a folder in the temp folder that is
// named by the hash of what is wanted, so that nothing has to lie beside the
// source.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const root = new URL("../../", import.meta.url);

/** Names of the packages, each with what npm is asked for: `name@range`. */
export const npmPackages = readPackages();

/** @returns {Map<string, string>} */
function readPackages() {
  const { imports } = JSON.parse(
    readFileSync(new URL("deno.json", root), "utf8"),
  );
  const found = new Map();
  for (const [name, target] of Object.entries(imports)) {
    if (target.startsWith("npm:")) {
      found.set(name, target.slice("npm:".length));
    }
  }
  return found;
}

/**
 * The folder that holds `node_modules` with the packages; installs them first
 * if need be. Throws if they cannot be had.
 *
 * @returns {string}
 */
export function npmFolder() {
  // Types alone are read by the type checker of Deno, never by a runtime.
  const wanted = [...npmPackages].filter(([name]) =>
    !name.startsWith("@types/")
  )
    .map(([, target]) => target);
  const hash = createHash("sha256").update(wanted.join("\n")).digest("hex");
  const { username, uid } = userInfo();
  const folder = join(
    tmpdir(),
    `purekv-npm-${username}-${hash.slice(0, 16)}`,
  );
  if (!isOurs(folder, uid)) install(wanted, folder, uid);
  return folder;
}

/** @param {string} folder @param {number} uid */
function isOurs(folder, uid) {
  if (!existsSync(folder)) return false;
  const stats = lstatSync(folder);
  return stats.isDirectory() && stats.uid === uid;
}

/**
 * Installs into a folder of its own and renames that: another run may do the
 * same at the same time.
 *
 * @param {string[]} wanted @param {string} folder @param {number} uid
 */
function install(wanted, folder, uid) {
  const fresh = mkdtempSync(`${folder}-new-`);
  try {
    const flags = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    const { status, stderr, error } = spawnSync(
      "npm",
      ["install", "--prefix", fresh, "--loglevel=error", ...flags, ...wanted],
      { encoding: "utf8" },
    );
    if (status !== 0) {
      throw new Error(
        `Cannot install ${wanted.join(", ")}: ${error?.message ?? stderr}`,
      );
    }
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    if (!isOurs(folder, uid)) throw error;
  }
}
