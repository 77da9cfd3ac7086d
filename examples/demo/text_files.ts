// The text files of a folder.
import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const skippedFolders = new Set([".git", "node_modules"]);
const maxBytes = 1024 * 1024;

/** A file that may turn out to be text. */
export interface FoundFile {
  /** Path below the folder, with `/` between its parts. */
  readonly path: string;
  readonly bytes: number;
}

/** A file or folder that is left out. */
export interface SkippedFile {
  readonly path: string;
  readonly reason: string;
}

/**
 * All regular files below `root` that are not too large, in the order of their paths. The folder
 * `excluded` is passed over.
 */
export function listFiles(
  root: string,
  excluded: string,
  skipped: SkippedFile[],
): FoundFile[] {
  if (!statSync(root).isDirectory()) throw new Error(`${root} is no folder`);
  const files: FoundFile[] = [];
  const folders = [""];
  for (
    let folder = folders.pop();
    folder !== undefined;
    folder = folders.pop()
  ) {
    for (const name of namesIn(root, folder, skipped)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const stats = attempt(path, skipped, () => lstatSync(join(root, path)));
      if (stats?.isDirectory()) {
        const isWanted = !skippedFolders.has(name) &&
          join(root, path) !== excluded;
        if (isWanted) folders.push(path);
      } else if (stats?.isFile()) {
        if (stats.size <= maxBytes) files.push({ path, bytes: stats.size });
        else skipped.push({ path, reason: "larger than 1 MiB" });
      }
    }
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** The content of a file, or `undefined` if it cannot be read or is no text. */
export function readText(
  root: string,
  path: string,
  skipped: SkippedFile[],
): string | undefined {
  const bytes = attempt(path, skipped, () => readFileSync(join(root, path)));
  if (bytes === undefined) return undefined;
  try {
    if (!bytes.includes(0)) {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    }
  } catch {
    // Not UTF-8, so no text either.
  }
  skipped.push({ path, reason: "binary" });
  return undefined;
}

function namesIn(
  root: string,
  folder: string,
  skipped: SkippedFile[],
): string[] {
  return attempt(folder, skipped, () => readdirSync(join(root, folder))) ?? [];
}

/** What `work` returns, or `undefined` and a note if the system refuses. */
function attempt<T>(
  path: string,
  skipped: SkippedFile[],
  work: () => T,
): T | undefined {
  try {
    return work();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code !== "string") throw error;
    skipped.push({ path: path || ".", reason: `unreadable (${code})` });
    return undefined;
  }
}
