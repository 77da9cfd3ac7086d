// Locks a folder as it is told: a process of a test, or a worker of one.
import process from "node:process";
import { createInterface } from "node:readline";
import { parentPort, workerData } from "node:worker_threads";
import { Locker } from "./locker.ts";

if (typeof workerData === "string") {
  const locker = new Locker(workerData);
  const port = parentPort!;
  port.on("message", (command: string) => {
    void locker.obey(command).then((answer) => port.postMessage(answer));
  });
  port.postMessage("ready");
} else {
  const locker = new Locker(process.argv[2]!);
  console.log("ready");
  for await (const command of createInterface({ input: process.stdin })) {
    console.log(await locker.obey(command));
  }
}
