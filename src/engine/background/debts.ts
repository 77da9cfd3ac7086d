import {
  MOST_RANGE_BYTES,
  MOST_RANGE_TOMBSTONES,
} from "../../compaction/covered_segments.ts";
import type { BackgroundOptions } from "./background_options.ts";
import type { Debts } from "./backpressure.ts";

/** Full MemTables that may wait for their flush before writers have to wait too. */
const MOST_WAITING_TABLES = 2;

/** Segments in level 0, as a multiple of the compaction threshold, before writers have to wait. */
const LEVEL0_LIMIT_FACTOR = 9;

/**
 * Range tombstones in the manifest, as a multiple of those that compaction hurries for, before
 * writers have to wait.
 */
const RANGES_LIMIT_FACTOR = 20;

/** The same for their bytes: before they come to be so many that more are refused. */
const RANGE_BYTES_LIMIT_FACTOR = 3;

/** How far background work is behind. */
export function debtsOf(
  { tables, versions, compaction: { threshold } }: Pick<
    BackgroundOptions,
    "tables" | "versions" | "compaction"
  >,
): Debts {
  const { levels, rangeTombstones } = versions.version;
  return {
    flush: (tables.waiting.length + tables.fullness) /
      (MOST_WAITING_TABLES + 1),
    compaction: Math.max(
      between(
        threshold,
        levels[0]!.length,
        LEVEL0_LIMIT_FACTOR * threshold + 1,
      ),
      between(
        MOST_RANGE_TOMBSTONES,
        rangeTombstones.size,
        RANGES_LIMIT_FACTOR * MOST_RANGE_TOMBSTONES,
      ),
      between(
        MOST_RANGE_BYTES,
        rangeTombstones.boundBytes,
        RANGE_BYTES_LIMIT_FACTOR * MOST_RANGE_BYTES,
      ),
    ),
  };
}

/** How far `amount` has come on the way from what is due to what is too much. */
function between(due: number, amount: number, tooMuch: number): number {
  return (amount - due) / (tooMuch - due);
}

/** From this debt of compaction on flushes leave time to it. */
const SHARE_FROM = 0.25;

/** How much of it where writers are about to be stopped. */
const MOST_SHARE = 0.5;

/** Share of the time that flushes leave to compactions, by how far those are behind. */
export function compactionShare(debt: number): number {
  const urgency = between(SHARE_FROM, debt, 1);
  return MOST_SHARE * Math.min(Math.max(urgency, 0), 1);
}
