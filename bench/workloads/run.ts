import { StallProbe } from "../common/measure.ts";
import { MIXED } from "./mixed.ts";
import { READS } from "./reads.ts";
import type { Session } from "./session.ts";
import type { Benchmark, Workload } from "./workload.ts";
import { load, WRITES } from "./writes.ts";
import { loadYcsb, YCSB } from "./ycsb.ts";

/** All workloads that are timed, by name. */
export const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  ...WRITES,
  ...READS,
  ...MIXED,
  ...YCSB,
  compact: { needs: "full", writes: true, prepare: prepareCompact },
};

/** What a run of a workload has shown. */
export interface Timing {
  readonly operations: number;
  readonly movesData: boolean;
  /** What had been done to the store. */
  readonly state: string;
  readonly ms: number;
  /** Longest time in which no other task had its turn, in milliseconds. */
  readonly longestStallMs: number;
  /** From the end of the workload until work in the background had caught up, in milliseconds. */
  readonly untilIdleMs: number;
}

/**
 * Runs a workload once; answers nothing if the engine has no API for it. `verified` says that it
 * has compared what it reads and writes already.
 */
export async function runOnce(
  benchmark: Benchmark,
  session: Session,
  verified: { readonly reads: boolean; readonly writes: boolean },
): Promise<Timing | undefined> {
  if (benchmark.sync && !session.engine.canSync) return undefined;
  await makeReady(benchmark, session);
  const workload = await benchmark.prepare(session);
  if (workload === undefined) return undefined;
  const { state } = session;
  if (!verified.reads) await workload.verify?.();
  const probe = new StallProbe();
  probe.start();
  const start = performance.now();
  await workload.run();
  const end = performance.now();
  const longestStallMs = probe.stop();
  if (benchmark.writes) await session.settle();
  const untilIdleMs = performance.now() - end;
  if (!verified.writes) await workload.check?.();
  const { operations, movesData } = workload;
  return {
    operations,
    movesData,
    state,
    ms: end - start,
    longestStallMs,
    untilIdleMs,
  };
}

/** Brings the store into the state that the benchmark starts from. */
async function makeReady(
  { needs, sync = false }: Benchmark,
  session: Session,
): Promise<void> {
  if (needs === session.contents) return;
  await session.reset({ sync });
  if (needs === "full") await load(session);
  if (needs === "ycsb") await loadYcsb(session);
}

function prepareCompact(session: Session): Workload | undefined {
  const { store, data } = session;
  if (store.compact === undefined) return undefined;
  return {
    operations: data.num,
    movesData: true,
    async run() {
      await store.compact!();
      session.state = "compacted";
    },
  };
}
