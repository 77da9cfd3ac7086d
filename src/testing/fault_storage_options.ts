import { OptionReader } from "../option_values.ts";

/** How a {@linkcode FaultStorage} behaves. */
export interface FaultStorageOptions {
  /** Seed of all randomness: the same seed and calls give the same trace and images. Default 0. */
  readonly seed?: number;
  /** Whether calls return values, as on a local folder, or promises. Default `true`. */
  readonly synchronous?: boolean;
  /**
   * Maximum total size of all files, in bytes; see {@linkcode FaultStorage.capacity}. Default: no
   * limit.
   */
  readonly capacity?: number;
}

/** Checks options and fills them in. */
export function checkedOptions(
  options: FaultStorageOptions,
): Required<FaultStorageOptions> {
  const given = new OptionReader("make a FaultStorage", options);
  const checked = {
    synchronous: given.flag("synchronous", true),
    seed: given.integer("seed", { min: 0, preset: 0 }),
    capacity: given.amount("capacity", Infinity),
  };
  given.refuseOthers();
  return checked;
}
