import { OptionReader } from "../option_values.ts";
import type { Survival } from "./crash.ts";

/** When a crash happens and what survives it. */
export interface CrashOptions {
  /**
   * After which call, counted from 1 as in {@linkcode FaultStorage.trace}; 0: before the first.
   * Default: the last.
   */
  readonly at?: number;
  /** How much unsynced work survives. Default `"synced"`. */
  readonly survival?: Survival;
  /** Seed for what survives by chance. Default 0. */
  readonly seed?: number;
}

/** Checks options and fills them in. */
export function checkedCrash<S extends Survival>(
  options: CrashOptions,
  { calls, allowed }: {
    /** Calls that there were so far. */
    readonly calls: number;
    /** The first is the default. */
    readonly allowed: readonly S[];
  },
): { at: number; survival: S; seed: number } {
  const given = new OptionReader("crash", options);
  const checked = {
    at: given.integer("at", { min: 0, max: calls, preset: calls }),
    survival: given.oneOf("survival", allowed, allowed[0]),
    seed: given.integer("seed", { min: 0, preset: 0 }),
  };
  given.refuseOthers();
  return checked;
}
