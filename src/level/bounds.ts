import { compareBytes } from "../bytes/compare.ts";
import { type Data, encodeData } from "./formats.ts";

/** The bounds of a range as abstract-level hands them over. */
export interface LevelRange {
  readonly gt?: Data;
  readonly gte?: Data;
  readonly lt?: Data;
  readonly lte?: Data;
  readonly reverse: boolean;
}

/**
 * The bounds as the engine wants them: one on each side at most, in bytes that nobody else changes.
 */
export interface Bounds {
  readonly gt: Uint8Array | undefined;
  readonly gte: Uint8Array | undefined;
  readonly lt: Uint8Array | undefined;
  readonly lte: Uint8Array | undefined;
  readonly reverse: boolean;
}

/** Of two bounds on one side, abstract-level lets the one that includes its key decide. */
export function boundsOf({ gt, gte, lt, lte, reverse }: LevelRange): Bounds {
  return {
    gt: gte === undefined ? copyOf(gt) : undefined,
    gte: copyOf(gte),
    lt: lte === undefined ? copyOf(lt) : undefined,
    lte: copyOf(lte),
    reverse,
  };
}

/**
 * What of a range is left from `target` on, in its direction; `undefined` if `target` lies before
 * its beginning.
 */
export function boundsFrom(bounds: Bounds, target: Data): Bounds | undefined {
  const key = copyOf(target)!;
  const { gt, gte, lt, lte, reverse } = bounds;
  const isBefore = reverse
    ? lte && compareBytes(key, lte) > 0 || lt && compareBytes(key, lt) >= 0
    : gte && compareBytes(key, gte) < 0 || gt && compareBytes(key, gt) <= 0;
  if (isBefore) return undefined;
  return reverse
    ? { gt, gte, lt: undefined, lte: key, reverse }
    : { gt: undefined, gte: key, lt, lte, reverse };
}

function copyOf(data: Data): Uint8Array | undefined {
  return data === undefined ? undefined : new Uint8Array(encodeData(data));
}
