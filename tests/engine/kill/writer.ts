// Carries out the operations of a round until it is killed. The number of each
// one that has been acknowledged goes to a file at once.
//
// Arguments: folder, file of acknowledgements, seed, round, operations before close
import { appendFileSync, openSync } from "node:fs";
import process from "node:process";
import { open } from "../../../mod.ts";
import { writerOptions } from "./options.ts";
import { type Operation, operations } from "./plan.ts";

const MOST_UNDER_WAY = 24;

const [folder, acknowledgements, seed, round, most] = process.argv.slice(2);
const acknowledged = openSync(acknowledgements!, "a");
const db = await open(folder!, writerOptions);
console.log("open");

const underWay = new Set<Promise<void>>();
let number = 0;
for (const operation of operations(Number(seed), Number(round))) {
  if (number >= Number(most)) break;
  const own = number++;
  const done = carryOut(operation).then(() => {
    appendFileSync(acknowledged, `${own}\n`);
    underWay.delete(done);
  });
  underWay.add(done);
  if (underWay.size >= MOST_UNDER_WAY) await Promise.race(underWay);
}
await db.close();
console.log("closed");

async function carryOut({ kind, writes, sync }: Operation): Promise<void> {
  if (kind === "flush") return db.flush();
  if (kind === "compact") return db.compact();
  if (kind === "batch") {
    const batch = db.batch();
    for (const [key, value] of writes) {
      if (value === undefined) batch.del(key);
      else batch.put(key, value);
    }
    return batch.commit({ sync });
  }
  const [key, value] = writes[0]!;
  if (value === undefined) await db.del(key, { sync });
  else await db.put(key, value, { sync });
}
