import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../mod.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { type History, smallOptions } from "./checkpoint/history.ts";

/** Bytes behind the last frame of a log, as a crash leaves them. */
const TAIL_BYTES = 20;

/**
 * Makes a folder with a store whose process was killed: segments, and logs that end in a torn
 * frame. Answers with how many writes it has.
 */
export async function writeCrashedFolder(
  history: History,
  folder: string,
): Promise<number> {
  const storage = new FaultStorage();
  const db = await open(storage, { ...smallOptions, memtableEntries: 1000 });
  await history.writeMany(db, 200);
  await db.flush();
  await history.writeMany(db, 300);
  const survivor = storage.crash({ survival: "written" });
  const written = history.length;
  await db.close();
  mkdirSync(folder);
  for (const name of survivor.fileNames) {
    const bytes = survivor.readFile(name)!;
    const isLog = name.endsWith(".log");
    const left = new Uint8Array(bytes.length + (isLog ? TAIL_BYTES : 0));
    left.set(bytes);
    writeFileSync(join(folder, name), left);
  }
  return written;
}
