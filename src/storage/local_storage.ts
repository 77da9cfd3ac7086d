import process from "node:process";
import type { Awaitable, Storage } from "./storage.ts";

/** The storage at a place: the folder at a path or a `file:` URL, or the storage itself. */
export function storageAt(
  location: string | URL | Storage,
): Awaitable<Storage> {
  return isPath(location) ? openLocalStorage(location) : location;
}

/** Whether a place is a path or a `file:` URL rather than a storage. */
export function isPath(
  location: string | URL | Storage,
): location is string | URL {
  return typeof location === "string" || location instanceof URL;
}

/**
 * The folder at `location`, a path or a `file:` URL, as storage for the runtime
 * that this runs in. Only the adapter of that runtime is loaded: in Bun and Node
 * the standard library of Deno need not be installed.
 */
export async function openLocalStorage(
  location: string | URL,
): Promise<Storage> {
  if (process.versions.deno !== undefined) {
    const { DenoStorage } = await import("./deno.ts");
    return new DenoStorage(location);
  }
  if (process.versions.bun !== undefined) {
    const { BunStorage } = await import("./bun.ts");
    return new BunStorage(location);
  }
  const { NodeStorage } = await import("./node.ts");
  return new NodeStorage(location);
}
