// Writes records into the store of the demo until it is killed, and prints the
// number of each as soon as it is acknowledged. crash.ts starts it.
import process from "node:process";
import { open, tuple } from "../../mod.ts";
import { recordText } from "./crash.ts";

const [folder, round] = process.argv.slice(2);
if (folder === undefined || round === undefined) {
  throw new Error("Usage: crash_writer.ts STORE ROUND");
}
// Whoever started this is gone: then so is the reason to write.
process.stdin.on("end", () => process.exit(1)).resume();

const db = await open(folder, { keys: tuple });
let next = 1;
// 32 at a time: writers that wait together share one sync.
await Promise.all(Array.from({ length: 32 }, writeRecords));

async function writeRecords(): Promise<never> {
  while (true) {
    const n = next++;
    await db.put(["record", Number(round), n], recordText(n));
    process.stdout.write(`${n}\n`);
  }
}
