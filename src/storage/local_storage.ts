import process from "node:process";
import type { Storage } from "./storage.ts";

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
