import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative } from "node:path";
import { invalidArgument } from "../../errors.ts";
import { mayRead } from "../../storage/permission.ts";
import type { Storage } from "../../storage/storage.ts";

/**
 * Refuses a folder for a new store that lies inside of the folder of another one, or around it:
 * whoever removes or copies the outer one takes the inner one along. Links are followed. `action`
 * is what cannot be done, up to the name of the place. Only folders lie in one another.
 */
export function refuseNested(
  store: Storage,
  target: Storage,
  action: string,
): void {
  if (store.localFolder === undefined || target.localFolder === undefined) {
    return;
  }
  const outer = realFolder(store.localFolder);
  const inner = realFolder(target.localFolder);
  const problem = isInside(outer, inner)
    ? `it lies in the folder of the store, ${outer}`
    : isInside(inner, outer)
    ? `the store, ${outer}, lies in it`
    : undefined;
  if (problem === undefined) return;
  throw invalidArgument(
    `Cannot ${action} ${target.location}: ${problem}; give it a place of its own`,
  );
}

/** The folder that a path leads to; of one that is not there yet, the one that it would come to. */
function realFolder(path: string): string {
  // Deno would ask the person at the terminal.
  if (!mayRead(path)) return path;
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realFolder(parent), basename(path));
  }
}

function isInside(outer: string, inner: string): boolean {
  const way = relative(outer, inner);
  return way !== "" && way !== ".." && !/^\.\.[/\\]/.test(way) &&
    !isAbsolute(way);
}
