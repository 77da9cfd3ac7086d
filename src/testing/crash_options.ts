import { Arguments } from "./arguments.ts";
import type { Survival } from "./crash.ts";

/** When a crash happens and what survives it. */
export interface CrashOptions {
  /**
   * After which call, counted from 1 as in {@linkcode FaultStorage.trace}; 0 is before the first.
   * Default: the last.
   */
  readonly at?: number;
  /** What of unsynced work survives. Default `"synced"`. */
  readonly survival?: Survival;
  /** Another seed, another part that survives by chance. Default 0. */
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
  const given = new Arguments("crash", options);
  const checked = {
    at: given.integer("at", { min: 0, max: calls, preset: calls }),
    survival: given.oneOf("survival", allowed, allowed[0]),
    seed: given.seed(),
  };
  given.refuseOthers();
  return checked;
}
