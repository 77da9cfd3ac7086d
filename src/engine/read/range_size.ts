import { compareBytes } from "../../bytes/compare.ts";
import type { KeyRange } from "../../format/key_range.ts";
import { memTableRangeSize } from "../../memtable/range_size.ts";
import type { RangeSize } from "../api/range_size.ts";
import type { ReadState } from "../state/read_state.ts";

/**
 * Estimates from indexes and MemTables how much a range takes; no block is read. Imports past
 * `maxSequence` are left out.
 */
export async function approximateSize(
  { tables, live }: ReadState,
  range: KeyRange,
  maxSequence: number,
): Promise<RangeSize> {
  const { lower, upper } = range;
  const isEmpty = lower && upper && compareBytes(lower, upper) >= 0;
  let bytes = 0;
  let entries = 0;
  if (isEmpty) return { bytes, entries };
  for (const table of tables) {
    if (table.keys === 0) continue;
    const size = memTableRangeSize(table, range);
    bytes += size.bytes;
    entries += size.entries;
  }
  for (const segment of live.version.levels.flat()) {
    if (segment.visibleFrom > maxSequence) continue;
    const share = await segment.reader.shareOfRange(range);
    bytes += share.bytes * segment.sizeBytes;
    entries += share.blocks * (segment.entries - segment.tombstones);
  }
  return { bytes: Math.round(bytes), entries: Math.round(entries) };
}
