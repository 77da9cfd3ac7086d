import process from "node:process";
import { BunStorage } from "../../src/storage/bun.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import type { Storage } from "../../src/storage/storage.ts";

/** An adapter for local folders. */
export interface LocalAdapter {
  readonly name: string;
  /** Makes one for a folder. */
  connect(folder: string | URL): Storage;
}

/** The adapters for local folders that are meant for the runtime of the tests. */
export const localAdapters: readonly LocalAdapter[] = await pickAdapters();

async function pickAdapters(): Promise<LocalAdapter[]> {
  const adapters = [
    { name: "NodeStorage", connect: (at: string | URL) => new NodeStorage(at) },
  ];
  if (process.versions.bun !== undefined) {
    const connect = (at: string | URL) => new BunStorage(at);
    adapters.push({ name: "BunStorage", connect });
  }
  if (process.versions.deno !== undefined) {
    const { DenoStorage } = await import("../../src/storage/deno.ts");
    const connect = (at: string | URL) => new DenoStorage(at);
    adapters.push({ name: "DenoStorage", connect });
  }
  return adapters;
}
