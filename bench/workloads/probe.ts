import type { Session } from "./session.ts";

/** What is measured, and whether more of it is better. */
export const UNITS = {
  "ops/s": "more",
  "MB/s": "more",
  "x append": "more",
  "ms": "less",
  "x raw": "less",
  "MiB": "less",
} as const;

export type Unit = keyof typeof UNITS;

/** One figure. */
export interface Measurement {
  readonly workload: string;
  readonly unit: Unit;
  readonly value: number;
}

/** Measures something about an engine; answers nothing if it does not apply. */
export type Probe = (session: Session) => Promise<Measurement[] | undefined>;
