import { endOf, startScript } from "../common/runtime.ts";
import type { Sizes } from "../common/sizes.ts";
import type { Measurement } from "../workloads/probe.ts";
import { MARK, type Message, type Task } from "./child.ts";
import type { EngineSetup } from "./results.ts";

/** A suite to run. */
export interface Job {
  readonly suite: string;
  readonly workloads: readonly string[];
  readonly checkWrites: boolean;
}

/** What a suite has shown. */
export interface Outcome {
  readonly found: readonly Measurement[];
  /** Why it did not end well, or why parts of it did not. */
  readonly failures: readonly string[];
}

/** An engine that takes part. */
export interface Contestant {
  readonly setup: EngineSetup;
  run(job: Job): Promise<Outcome>;
}

/** Where and with what an engine works. */
export interface Arena {
  readonly folder: string;
  readonly sizes: Sizes;
  readonly timeoutMs: number;
}

/** An engine that runs in this runtime; or why it does not. */
export async function loadContestant(
  engine: string,
  arena: Arena,
): Promise<Contestant | { readonly absent: string }> {
  const messages = await runTask(arena, {
    engine,
    workloads: [],
    checkWrites: false,
  });
  for (const message of messages) {
    if ("absent" in message) return message;
    if ("failed" in message) return { absent: message.failed };
    if ("setup" in message) return contestant(message.setup, arena);
  }
  return { absent: "it did not answer" };
}

function contestant(setup: EngineSetup, arena: Arena): Contestant {
  return {
    setup,
    async run(job) {
      const messages = await runTask(arena, { engine: setup.name, ...job });
      return {
        found: messages.flatMap((line) => "found" in line ? line.found : []),
        failures: messages.flatMap((line) =>
          "failed" in line ? [line.failed] : []
        ),
      };
    },
  };
}

/**
 * Runs a process and answers what it said; how it ended is the last thing, if it did not end well.
 */
async function runTask(
  { folder, sizes, timeoutMs }: Arena,
  task: Omit<Task, "folder" | "sizes">,
): Promise<Message[]> {
  const script = new URL("./child.ts", import.meta.url);
  const child = startScript(script, { ...task, folder, sizes });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const messages: Message[] = [];
  const { code, signal } = await endOf(child, (line) => {
    if (line.startsWith(MARK)) messages.push(JSON.parse(line.slice(2)));
  });
  clearTimeout(timer);
  if (code !== 0) {
    messages.push({ failed: `the process ended with ${signal ?? code}` });
  }
  return messages;
}
