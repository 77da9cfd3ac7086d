// Uses a store with the permissions that it was started with, and prints what
// came of it. Argument: the folder that it may use.
import { join } from "node:path";
import process from "node:process";
import { open } from "../../../mod.ts";
import { NodeStorage } from "../../../src/storage/node.ts";
import type { WritableFile } from "../../../src/storage/storage.ts";

/** Tells what this thread writes from what the worker does. */
class CountingStorage extends NodeStorage {
  segments = 0;

  override create(name: string): WritableFile {
    if (name.endsWith(".seg")) this.segments++;
    return super.create(name);
  }
}

const folder = process.argv[2]!;
const storage = new CountingStorage(join(folder, "store"));
const copy = new NodeStorage(join(folder, "copies", "copy"));
const keys = 3 * 15_000;
{
  await using db = await open(storage);
  for (let round = 0; round < 3; round++) {
    // Enough for the worker: small jobs are done without it.
    const batch = db.batch();
    for (let i = round; i < keys; i += 3) batch.put(`key ${i}`, "x".repeat(99));
    await batch.commit();
    await db.flush();
  }
  await db.compact();
  await db.checkpoint(copy);
}
let entries = 0;
{
  await using db = await open(copy, { readOnly: true });
  for (const [key] of db.scanSync()) if (db.getSync(key)) entries++;
}
console.log(JSON.stringify({
  isWhole: entries === keys,
  usesWorker: storage.segments === 0,
}));
