/**
 * One suite on one engine in a process of its own: the argument says which, and what it finds goes
 * out line by line as it is found, so that a crash loses no more than it must.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { peakMemoryBytes } from "../common/measure.ts";
import type { Sizes } from "../common/sizes.ts";
import { findEngine } from "../engines/engines.ts";
import { installedPackages } from "../engines/packages.ts";
import type { Measurement } from "../workloads/probe.ts";
import { PROBES } from "../workloads/probes.ts";
import { BENCHMARKS, runOnce } from "../workloads/run.ts";
import { Session } from "../workloads/session.ts";
import { putAll } from "../workloads/writes.ts";
import { peakName } from "./catalogue.ts";
import type { EngineSetup } from "./results.ts";

/** What the process is to do. */
export interface Task {
  readonly engine: string;
  readonly folder: string;
  readonly sizes: Sizes;
  /** The suite to run; without one, the engine is only loaded and described. */
  readonly suite?: string;
  readonly workloads: readonly string[];
  /** Whether to compare what is in the store after writes: once is enough. */
  readonly checkWrites: boolean;
}

/** A line of what it prints. */
export type Message =
  | { readonly setup: EngineSetup }
  | { readonly absent: string }
  | { readonly found: readonly Measurement[] }
  | { readonly failed: string };

/** Writes that an engine has behind it before one is measured: compilers are warm then. */
const WARM_UP = 20_000;

/** Marks lines that are messages; engines may print others. */
export const MARK = "@@";

if (import.meta.main) await main(JSON.parse(process.argv[2]!));

async function main(task: Task): Promise<void> {
  try {
    const engine = await findEngine(task.engine).load(installedPackages());
    const session = new Session(engine, task.folder, task.sizes);
    if (task.suite === undefined) say({ setup: describe(session) });
    else await runSuite(session, task.suite, task);
  } catch (error) {
    const reason = firstLine(error);
    say(task.suite === undefined ? { absent: reason } : { failed: reason });
  }
  // Some engines leave threads behind that would keep the process.
  process.exit(0);
}

function describe({ engine, options }: Session): EngineSetup {
  const { name, version, canSync } = engine;
  const settings = engine.describe({ ...options, sync: false });
  const syncedSettings = engine.describe({ ...options, sync: true });
  const setup = { name, version, settings };
  return canSync ? { ...setup, syncedSettings } : setup;
}

async function runSuite(
  session: Session,
  suite: string,
  { workloads, checkWrites }: Task,
): Promise<void> {
  // Others read first or are to show what memory they take from the start.
  if (workloads[0]!.startsWith("fill")) await warmUp(session);
  for (const name of workloads) {
    try {
      const found = await measure(session, name, checkWrites);
      if (found !== undefined) say({ found });
    } catch (error) {
      say({ failed: `${name}: ${firstLine(error)}` });
      await session.clear();
    }
  }
  await session.clear();
  const value = peakMemoryBytes() / 2 ** 20;
  say({ found: [{ workload: peakName(suite), unit: "MiB", value }] });
}

async function warmUp(session: Session): Promise<void> {
  await session.reset();
  const { data } = session;
  const order = data.shuffled(Math.min(data.num, WARM_UP), 11);
  await putAll(session, order, "in flight").run();
  await session.clear();
}

async function measure(
  session: Session,
  name: string,
  checkWrites: boolean,
): Promise<readonly Measurement[] | undefined> {
  const probe = PROBES[name];
  if (probe !== undefined) return await probe(session);
  const verified = { reads: false, writes: !checkWrites };
  const timing = await runOnce(BENCHMARKS[name]!, session, verified);
  if (timing === undefined) return undefined;
  const value = timing.operations / timing.ms * 1e3;
  return [{ workload: name, unit: "ops/s", value }];
}

/** Synchronously: a process that is killed next must have said it. */
function say(message: Message): void {
  writeSync(1, `${MARK}${JSON.stringify(message)}\n`);
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]!;
}
