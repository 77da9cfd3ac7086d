// A thread that follows the store and, each time it is told for how many milliseconds, reads and
// answers how many gets a second it came to.
import { parentPort, workerData } from "node:worker_threads";
import { follow } from "../../mod.ts";
import { Data } from "../common/data.ts";
import { type ReaderSetup, readFor, warmUp } from "./reading.ts";

const { folder, sizes, cacheSize, salt } = workerData as ReaderSetup;
const db = await follow(folder, { cacheSize });
const data = new Data(sizes);
warmUp(db, data);
let round = 0;
parentPort!.on("message", async (ms: number) => {
  round++;
  const rate = await readFor(db, data, { ms, salt: 100 * round + salt });
  parentPort!.postMessage(rate);
});
parentPort!.postMessage(0);
