import { compareSpans } from "../bytes/compare.ts";
import { EntryView } from "../format/entry.ts";
import type { KeyRange } from "../format/key_range.ts";
import { PUT } from "../format/kind.ts";
import { recordLength } from "../format/record.ts";
import type { MemTable } from "./memtable.ts";
import type { SortedKeys } from "./sorted_keys.ts";

/**
 * So many keys of a range are looked at, evenly spread over it; a smaller range is looked at as a
 * whole.
 */
const SAMPLES = 256;

/**
 * How many keys from `lower` on and before `upper` have a value in `table`, and the bytes of their
 * newest records. Where there are more than {@linkcode SAMPLES} keys, it goes by a sample of them.
 */
export function memTableRangeSize(
  table: MemTable,
  { lower, upper }: KeyRange,
): { bytes: number; entries: number } {
  const keys = new RankedKeys(table);
  const start = lower === undefined ? 0 : keys.rankOf(lower);
  const end = upper === undefined ? keys.size : keys.rankOf(upper);
  const step = Math.max(1, (end - start) / SAMPLES);
  const entry = new EntryView();
  let bytes = 0;
  let entries = 0;
  for (let at = start; at < end; at += step) {
    const newest = table.versionAt(keys.at(Math.floor(at)), Infinity);
    table.fill(newest, entry);
    bytes += recordLength(entry.keyLength, entry.valueLength);
    if (entry.kind === PUT) entries++;
  }
  return {
    bytes: Math.round(bytes * step),
    entries: Math.round(entries * step),
  };
}

/** Whether `table` has any version of a key from `smallest` to `largest`, both included. */
export function hasKeyIn(
  table: MemTable,
  smallest: Uint8Array,
  largest: Uint8Array,
): boolean {
  const keys = table.sortedKeys();
  const index = keys.chunkFor(smallest);
  const chunk = keys.chunks[index];
  if (chunk === undefined) return false;
  // The chunk may end just before the key.
  const first = chunk.items[chunk.lowerBound(smallest)] ??
    keys.chunks[index + 1]?.items[0];
  return first !== undefined && orderOf(table, first, largest) <= 0;
}

/** Orders the key of a record and another. */
function orderOf(table: MemTable, ordinal: number, key: Uint8Array): number {
  const start = table.offset(ordinal);
  const length = table.length(ordinal);
  return compareSpans(table.buffer, start, length, key, 0, key.length);
}

/** The keys of a table by their rank. */
class RankedKeys {
  readonly #keys: SortedKeys;
  /** Keys before each chunk. */
  readonly #ranks: number[] = [];
  readonly size: number;

  constructor(table: MemTable) {
    this.#keys = table.sortedKeys();
    let rank = 0;
    for (const { size } of this.#keys.chunks) {
      this.#ranks.push(rank);
      rank += size;
    }
    this.size = rank;
  }

  /** How many keys are before `key`. */
  rankOf(key: Uint8Array): number {
    if (this.size === 0) return 0;
    const chunk = this.#keys.chunkFor(key);
    return this.#ranks[chunk]! + this.#keys.chunks[chunk]!.lowerBound(key);
  }

  /** The first ordinal of the key with this rank. */
  at(rank: number): number {
    const chunk = this.#ranks.findLastIndex((first) => first <= rank);
    return this.#keys.chunks[chunk]!.items[rank - this.#ranks[chunk]!]!;
  }
}
