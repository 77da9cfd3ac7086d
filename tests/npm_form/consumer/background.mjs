// Writes enough for flushes and a compaction beside the event loop, and prints who has done them.
import { open } from "@purekv/purekv";

const db = await open("./background");
for (let round = 0; round < 2; round++) {
  const batch = db.batch();
  for (let i = round; i < 30_000; i += 2) {
    batch.put(`key ${i}`, "x".repeat(99));
  }
  await batch.commit();
  await db.flush();
}
await db.compact();
const { flush, compaction, worker } = db.stats();
let entries = 0;
for (const _ of db.scanSync()) entries++;
await db.close();
console.log(JSON.stringify({
  flushes: flush.count,
  compactions: compaction.count,
  inWorker: worker.jobs,
  entries,
}));
