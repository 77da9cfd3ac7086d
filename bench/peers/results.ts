import type { Machine } from "../common/machine.ts";
import { median } from "../common/measure.ts";
import type { Sizes } from "../common/sizes.ts";
import { type Unit, UNITS } from "../workloads/probe.ts";

/** What a run has found: the content of its JSON file. */
export interface Results {
  readonly date: string;
  readonly machine: Machine;
  readonly sizes: Sizes;
  readonly rounds: number;
  readonly engines: readonly EngineSetup[];
  readonly absent: readonly Absence[];
  readonly figures: readonly Figure[];
  readonly failures: readonly Failure[];
}

/** An engine that took part. */
export interface EngineSetup {
  readonly name: string;
  readonly version: string;
  readonly settings: string;
  /**
   * Those of workloads whose writes are acknowledged when they are durable; nothing where it cannot
   * do that.
   */
  readonly syncedSettings?: string;
}

/** An engine that did not. */
export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/**
 * What one engine did in one workload, round by round. Where there is no figure, the engine has no
 * API for it.
 */
export interface Figure {
  readonly workload: string;
  readonly engine: string;
  readonly unit: Unit;
  readonly values: readonly number[];
}

/** A suite that did not end well. */
export interface Failure {
  readonly engine: string;
  readonly suite: string;
  readonly round: number;
  readonly reason: string;
}

/** The engine that all others are compared with. */
export const OURS = "purekv";

/** The figures of a run, found by workload and engine. */
export class Figures {
  readonly #figures: ReadonlyMap<string, Figure>;

  constructor({ figures }: Results) {
    this.#figures = new Map(
      figures.map((figure) => [keyOf(figure.workload, figure.engine), figure]),
    );
  }

  /** The median of the rounds. */
  median(workload: string, engine: string): number | undefined {
    const figure = this.#figures.get(keyOf(workload, engine));
    return figure === undefined ? undefined : median(figure.values);
  }

  /** How many times as good our engine is; below 1 if the other is better. */
  lead(workload: string, engine: string): number | undefined {
    const ours = this.#figures.get(keyOf(workload, OURS));
    const other = this.#figures.get(keyOf(workload, engine));
    if (ours === undefined || other === undefined) return undefined;
    const ratio = median(ours.values) / median(other.values);
    return UNITS[ours.unit] === "more" ? ratio : 1 / ratio;
  }
}

function keyOf(workload: string, engine: string): string {
  return `${workload}\n${engine}`;
}
