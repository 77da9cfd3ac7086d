import { type Survival, survivals } from "../../src/testing/testing.ts";
import { crashEverywhere, type Run } from "./crashes.ts";
import { report } from "./report.ts";
import { type Workload, workloads } from "./workloads.ts";

/** What to simulate, and for how long. */
export interface CampaignOptions {
  /** The first seed; each round over all workloads takes the next one. */
  readonly seed: number;
  /** Ends after so many recoveries, at the latest with the round that is under way. */
  readonly recoveries: number;
  /** Ends after this time, in milliseconds. */
  readonly milliseconds: number;
  /** Name of the only workload; all if it is missing. */
  readonly workload?: string | undefined;
  /** The only call to crash after, in one round. */
  readonly crash?: number | undefined;
  /** Crashes after every so manyth call only, and so comes to more histories. */
  readonly every?: number | undefined;
  /** The only kind of survival. */
  readonly survival?: Survival | undefined;
  readonly sabotage?: Run["sabotage"];
  /** Hears of every recovery. */
  readonly onProgress?: (progress: Progress) => void;
}

/** How far a campaign has come. */
export interface Progress {
  readonly recoveries: number;
  readonly milliseconds: number;
  readonly seed: number;
  readonly workload: string;
}

/** What a campaign has come to. */
export interface Outcome {
  readonly recoveries: number;
  readonly milliseconds: number;
  /** What went wrong, for people; it ends the campaign. */
  readonly failure?: string;
}

/** Simulates crashes, workload by workload and seed by seed. */
export async function simulate(options: CampaignOptions): Promise<Outcome> {
  const start = Date.now();
  let recoveries = 0;
  const elapsed = () => Date.now() - start;
  const isOver = () =>
    recoveries >= options.recoveries || elapsed() >= options.milliseconds;
  const { crash: call, every, survival } = options;
  const filter = { call, every, survival };
  for (let seed = options.seed;; seed++) {
    for (const workload of chosen(options.workload)) {
      const run: Run = {
        workload,
        seed,
        ...(options.sabotage && { sabotage: options.sabotage }),
      };
      const onRecovery = (count: number) => {
        recoveries += count;
        const milliseconds = elapsed();
        const { name } = workload;
        options.onProgress?.({
          recoveries,
          milliseconds,
          seed,
          workload: name,
        });
        return !isOver();
      };
      const found = await crashEverywhere(run, { filter, onRecovery });
      if (found !== undefined) {
        const failure = await report(run, found);
        return { recoveries, milliseconds: elapsed(), failure };
      }
      if (isOver()) return { recoveries, milliseconds: elapsed() };
    }
    if (call !== undefined) {
      return { recoveries, milliseconds: elapsed() };
    }
  }
}

function chosen(name: string | undefined): readonly Workload[] {
  return name === undefined
    ? workloads
    : workloads.filter((workload) => workload.name === name);
}

/** Whether there is a workload of this name. */
export function isWorkload(name: string): boolean {
  return workloads.some((workload) => workload.name === name);
}

/** Whether there is a survival of this name. */
export function isSurvival(name: string): name is Survival {
  return (survivals as readonly string[]).includes(name);
}
