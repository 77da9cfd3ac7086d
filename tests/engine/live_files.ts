import { readdirSync, readlinkSync, realpathSync } from "node:fs";
import process from "node:process";
import { assertEquals } from "@std/assert";
import {
  logName,
  MANIFEST_NAME,
  segmentName,
} from "../../src/format/file_names.ts";
import { readManifest } from "../../src/manifest/manifest_store.ts";
import type { Storage } from "../../src/storage/storage.ts";

/** Fails if a store that is closed has files other than the manifest and those that it names. */
export async function expectLiveFilesOnly(storage: Storage): Promise<void> {
  const lock = await storage.lock({ shared: true });
  try {
    const manifest = await readManifest(storage);
    if (manifest === undefined) throw new Error("there is no manifest");
    const live = [
      MANIFEST_NAME,
      ...manifest.logs.map(logName),
      ...manifest.levels.flat().map(({ number }) => segmentName(number)),
    ];
    assertEquals((await storage.list()).sort(), live.sort());
  } finally {
    await lock.release();
  }
}

/** Files of `folder` that this process has open, where the system tells. */
export function openDescriptors(folder: string): string[] {
  if (process.platform !== "linux") return [];
  const inside = `${realpathSync(folder)}/`;
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target.startsWith(inside) ? target.slice(inside.length) : [];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}
