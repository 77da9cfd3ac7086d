import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, invalidArgument } from "../errors.ts";

/**
 * Makes a folder and its parents, one by one: with `recursive`, Node calls what is read-only
 * missing, and in /proc it never comes back.
 */
export function ensureFolder(path: string): void {
  if (makeUnlessParentMissing(path)) return;
  ensureFolder(dirname(path));
  if (!makeUnlessParentMissing(path)) {
    throw new Error(`${path} cannot be created in its parent folder`);
  }
}

/** Makes a folder unless it is there; answers false if its parent is not, or takes no folders. */
function makeUnlessParentMissing(path: string): boolean {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    if (codeOf(error) !== "EEXIST") throw error;
  }
  return true;
}

/** The absolute path of a folder that is given as path or `file:` URL. */
export function folderPath(folder: string | URL): string {
  checkFolder(folder);
  return resolve(folder instanceof URL ? fileURLToPath(folder) : folder);
}

/** Refuses what cannot be the place of a folder. */
export function checkFolder(folder: string | URL): void {
  if (folder instanceof URL) {
    if (folder.protocol === "file:") return;
    throw invalidArgument(
      `Cannot use ${folder.href} as folder: not a file: URL`,
    );
  }
  if (
    typeof folder === "string" && /^file:|^[a-z][a-z\d+.-]+:\/\//i.test(folder)
  ) {
    throw invalidArgument(
      `Cannot use ${folder} as folder: expected a path, or a file: URL as URL object`,
    );
  }
  if (folder === ":memory:") {
    throw invalidArgument(
      `Cannot use ${folder} as folder: for a store in memory give a MemoryStorage`,
    );
  }
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw invalidArgument(
      `Cannot use ${JSON.stringify(folder)} as folder: expected a path`,
    );
  }
}
