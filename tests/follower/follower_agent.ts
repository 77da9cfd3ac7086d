// A worker that follows the store of another thread until it sees the last write, and tells how
// many it sees then.
import { parentPort, workerData } from "node:worker_threads";
import { follow } from "../../mod.ts";

const reader = await follow(workerData as string, { refreshMs: 2 });
parentPort!.postMessage("ready");
while (reader.getSync("last") === undefined) {
  await new Promise((resolve) => setTimeout(resolve, 1));
}
parentPort!.postMessage([...reader.scanSync()].length);
await reader.close();
