import { below } from "../../codec/random.ts";
import type { ModelRange } from "./model.ts";
import type { ScanSpec } from "./open_scan.ts";

/** What random scans are made of. */
export interface ScanChoices {
  readonly key: () => string;
  readonly canCutKeys: boolean;
  readonly mayBeSync: boolean;
}

/** A scan with any of the bounds there are. */
export function randomScan(
  random: () => number,
  choices: ScanChoices,
): ScanSpec {
  const of = random() < 0.2 ? "keys" : "scan";
  const kind = choices.mayBeSync && random() < 0.6 ? `${of}Sync` as const : of;
  const roll = random();
  const limit = roll < 0.03 ? 0 : roll < 0.997 ? below(random, 40) : Infinity;
  const range = randomRange(random, choices);
  return { kind, range, reverse: random() < 0.4, limit };
}

/** Any of the bounds there are, or none. */
export function randomRange(
  random: () => number,
  { key, canCutKeys }: Omit<ScanChoices, "mayBeSync">,
): ModelRange {
  const lower = random();
  const upper = random();
  return {
    ...lower < 0.3 ? { gt: key() } : lower < 0.6 ? { gte: key() } : {},
    ...upper < 0.2 ? { lt: key() } : upper < 0.4 ? { lte: key() } : {},
    ...random() < 0.2 ? { prefix: prefix() } : {},
  };

  function prefix(): string {
    const text = key();
    return canCutKeys ? text.slice(0, below(random, text.length + 1)) : text;
  }
}
