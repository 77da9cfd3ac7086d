import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalidArgument } from "../errors.ts";
import { codeOf } from "./local_io.ts";

/** Makes a folder and its parents through node:fs. */
export function ensureFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (codeOf(error) === "EEXIST") return;
    if (codeOf(error) !== "ENOENT") throw error;
    // One by one: with `recursive`, Node calls what is read-only missing.
    ensureFolder(dirname(path));
    mkdirSync(path, { recursive: true });
  }
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
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    throw invalidArgument(
      `Cannot use ${JSON.stringify(folder)} as folder: expected a path`,
    );
  }
}
