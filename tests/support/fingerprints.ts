import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** All of a folder and its files that anybody could notice, but for the time of the last access. */
export function fingerprints(folder: string): unknown[] {
  return ["", ...readdirSync(folder).sort()].map((name) => {
    const path = join(folder, name);
    const stats = statSync(path);
    const content = stats.isFile() ? readFileSync(path) : "";
    return {
      name,
      inode: stats.ino,
      mode: stats.mode,
      names: stats.nlink,
      changedMs: stats.ctimeMs,
      modifiedMs: stats.mtimeMs,
      content: createHash("sha256").update(content).digest("hex"),
    };
  });
}
