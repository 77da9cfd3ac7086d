// Carries out the operations of a round until it is killed. The number of each
// one that has been acknowledged goes to a file at once.
//
// Arguments: folder, folder of checkpoints, file of acknowledgements, seed,
// round, operations before close
import { appendFileSync, openSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { open, type Storage } from "../../../mod.ts";
import { openLocalStorage } from "../../../src/storage/local_storage.ts";
import { NodeStorage } from "../../../src/storage/node.ts";
import { type Operation, operations, profileOf } from "./plan.ts";

const [folder, copies, acknowledgements, seed, round, most] = process.argv
  .slice(2) as [string, string, string, string, string, string];
const { underWay: mostUnderWay, options } = profileOf(Number(round));
const acknowledged = openSync(acknowledgements, "a");
const db = await open(await storageAt(folder), options);
console.log("open");

const underWay = new Set<Promise<void>>();
let number = 0;
for (const operation of operations(Number(seed), Number(round))) {
  if (number >= Number(most)) break;
  const own = number++;
  const done = carryOut(operation, own).then(() => {
    appendFileSync(acknowledged, `${own}\n`);
    underWay.delete(done);
  });
  underWay.add(done);
  if (underWay.size >= mostUnderWay) await Promise.race(underWay);
}
await db.close();
console.log("closed");

async function carryOut(
  { kind, writes, sync }: Operation,
  own: number,
): Promise<void> {
  switch (kind) {
    case "flush":
      return db.flush();
    case "compact":
      return db.compact();
    case "checkpoint":
      return db.checkpoint(await storageAt(join(copies, String(own))));
    case "batch": {
      const batch = db.batch();
      for (const [key, value] of writes) {
        if (value === undefined) batch.del(key);
        else batch.put(key, value);
      }
      return batch.commit({ sync });
    }
  }
  const [key, value] = writes[0]!;
  if (value === undefined) await db.del(key, { sync });
  else await db.put(key, value, { sync });
}

/**
 * The storage that `open` takes for a path. Deno's needs @std: where that cannot be had, tests in
 * other runtimes do without.
 */
async function storageAt(folder: string): Promise<Storage> {
  try {
    return await openLocalStorage(folder);
  } catch (error) {
    if (process.versions.deno === undefined) throw error;
    return new NodeStorage(folder);
  }
}
