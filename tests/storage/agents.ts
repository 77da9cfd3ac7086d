import { assertEquals } from "@std/assert";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Runtime, startScript } from "../support/runtimes.ts";
import { Locker } from "./locker.ts";

/** The script of an agent that is a process or a worker. */
export const agentScript: URL = new URL("./lock_agent.ts", import.meta.url);

/** Somebody who locks a folder as told. */
export interface Agent extends AsyncDisposable {
  ask(command: string): Promise<string>;
}

export interface ProcessAgent extends Agent {
  /** Ends the process at once, as kill -9 does. */
  kill(): Promise<void>;
}

/** An agent that is a process of its own. */
export async function startProcess(
  runtime: Runtime,
  folder: string,
): Promise<ProcessAgent> {
  const running = startScript(runtime, agentScript, { args: [folder] });
  assertEquals(await running.nextLine(), "ready");
  return {
    ask(command): Promise<string> {
      running.write(`${command}\n`);
      return running.nextLine();
    },
    async kill(): Promise<void> {
      running.kill();
      await running.result;
    },
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** An agent that is a worker of this process. */
export async function startWorker(folder: string): Promise<Agent> {
  const worker = new Worker(agentScript, { workerData: folder });
  const nextMessage = async () => {
    const [message] = await once(worker, "message") as [string];
    return message;
  };
  assertEquals(await nextMessage(), "ready");
  return {
    ask(command): Promise<string> {
      const answer = nextMessage();
      worker.postMessage(command);
      return answer;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await worker.terminate();
    },
  };
}

/** An agent that is this very thread. */
export function localAgent(folder: string): Agent {
  const locker = new Locker(folder);
  return {
    ask: (command) => locker.obey(command),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
