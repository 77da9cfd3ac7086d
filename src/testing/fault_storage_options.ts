import { Arguments } from "./arguments.ts";

/** How a {@linkcode FaultStorage} behaves. */
export interface FaultStorageOptions {
  /**
   * What all chance depends on: the same seed and the same calls give the same trace and the same
   * images. Default 0.
   */
  readonly seed?: number;
  /** Whether calls are answered at once, as on a local folder, or with promises. Default `true`. */
  readonly synchronous?: boolean;
  /**
   * The most that all files together may hold; see {@linkcode FaultStorage.capacity}. Default: no
   * limit.
   */
  readonly capacity?: number;
}

/** Checks options and fills them in. */
export function checkedOptions(
  options: FaultStorageOptions,
): Required<FaultStorageOptions> {
  const given = new Arguments("FaultStorage", options);
  const checked = {
    synchronous: given.flag("synchronous", true),
    seed: given.seed(),
    capacity: given.amount("capacity", Infinity),
  };
  given.refuseOthers();
  return checked;
}
