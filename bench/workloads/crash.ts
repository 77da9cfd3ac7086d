/**
 * A process that fills a store and dies: this module starts itself with what to do in its argument.
 */
import process from "node:process";
import { endOf, startScript } from "../common/runtime.ts";
import type { Sizes } from "../common/sizes.ts";
import { findEngine } from "../engines/engines.ts";
import { installedPackages } from "../engines/packages.ts";
import { Session, type Tuning } from "./session.ts";
import { putAll } from "./writes.ts";

interface Task {
  readonly engine: string;
  readonly folder: string;
  readonly sizes: Sizes;
  readonly tuning: Tuning;
  /** Records to put, all of them acknowledged. */
  readonly count: number;
}

if (import.meta.main) await fillAndDie(JSON.parse(process.argv[2]!));

/**
 * Fills the folder of a session, in which no store is open, in a process that is killed right after
 * the last acknowledgement.
 */
export async function crashWhileFilling(
  { engine, folder, sizes, tuning }: Session,
  count: number,
): Promise<void> {
  const task: Task = { engine: engine.name, folder, sizes, tuning, count };
  const child = startScript(new URL(import.meta.url), task);
  const { code, signal } = await endOf(child);
  if (signal === "SIGKILL" || code === 128 + 9) return;
  throw new Error(`The process to be killed ended with ${signal ?? code}`);
}

async function fillAndDie(task: Task): Promise<void> {
  const { engine, folder, sizes, tuning, count } = task;
  const loaded = await findEngine(engine).load(installedPackages());
  const session = new Session(loaded, folder, sizes);
  session.tuning = tuning;
  await session.open();
  const order = session.data.shuffled(session.data.num, 1)
    .filter((index) => index < count);
  await putAll(session, order, "in flight").run();
  process.kill(process.pid, "SIGKILL");
}
