// Locks a folder as it is told: a process of a test, or a worker of one.
//
// Commands: "exclusive", "shared", "release", "forget" (drops the lock without
// releasing it and collects garbage), "race" and a time (as "exclusive", at that
// time in milliseconds since 1970). Each is answered with one line.
import process from "node:process";
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import { KvLockedError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import type { StorageLock } from "../../src/storage/storage.ts";

const folder = typeof workerData === "string" ? workerData : process.argv[2]!;

let lock: StorageLock | undefined;

if (typeof workerData === "string") {
  const port = parentPort!;
  port.on("message", (command: string) => {
    void obey(command).then((answer) => port.postMessage(answer));
  });
  port.postMessage("ready");
} else {
  console.log("ready");
  for await (const command of createInterface({ input: process.stdin })) {
    console.log(await obey(command));
  }
}

async function obey(line: string): Promise<string> {
  const [command, time] = line.split(" ");
  switch (command) {
    case "race":
      while (performance.timeOrigin + performance.now() < Number(time));
      return take(false);
    case "exclusive":
    case "shared":
      return take(command === "shared");
    case "release":
      await lock?.release();
      lock = undefined;
      return "released";
    case "forget":
      lock = undefined;
      await collectGarbage();
      return "forgotten";
    default:
      return `unknown command ${command}`;
  }
}

function take(shared: boolean): string {
  try {
    lock = new NodeStorage(folder).lock({ shared });
    return "locked";
  } catch (error) {
    return error instanceof KvLockedError
      ? `refused: ${error.holder}`
      : `failed: ${error}`;
  }
}

async function collectGarbage(): Promise<void> {
  const collect = collector();
  for (let round = 0; round < 3; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function collector(): () => void {
  if (process.versions.bun !== undefined) {
    const { Bun } = globalThis as unknown as {
      Bun: { gc(force: boolean): void };
    };
    return () => Bun.gc(true);
  }
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
