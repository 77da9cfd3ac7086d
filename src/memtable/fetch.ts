/**
 * Brings memory in before it is asked for. A MemTable is larger than the CPU's caches, and what is
 * looked up in it lies anywhere: each wait takes longer than all the work. Loads that do not depend
 * on one another wait at the same time, so whoever knows several places ahead has them looked at
 * all at once.
 *
 * @module
 */
import type { TableMemory } from "./table_memory.ts";

/** Bytes that come into the cache together. */
const LINE_BYTES = 64;

/** What the loads have come to. Kept, or compilers would leave them out. */
let _seen = 0;

/** Fetches the slots at which the keys with the first `count` of these hashes are looked for. */
export function fetchSlots(
  slots: Int32Array,
  hashes: Uint32Array,
  count: number,
): void {
  const mask = slots.length - 1;
  let sum = 0;
  for (let i = 0; i < count; i++) sum |= slots[hashes[i]! & mask]!;
  _seen = sum;
}

/** So many records are fetched at once. Measured on flushes of 100,000: a tenth less time. */
const FETCHED = 16;

/**
 * Fetches the starts of the records at `places` from `index` on, each time that it comes to the
 * next that were not fetched yet; it goes up by one from call to call.
 */
export function fetchAhead(
  bytes: Uint8Array,
  places: Uint32Array,
  index: number,
): void {
  if (index % FETCHED !== 0) return;
  const end = Math.min(index + FETCHED, places.length);
  let sum = 0;
  for (let i = index; i < end; i++) sum |= startOf(bytes, places[i]!);
  _seen = sum;
}

/**
 * Fetches the starts of the newest records of `keys`, which are ordinals of first records, from
 * index `start` to `end`.
 */
export function fetchRecords(
  { bytes, offsets, links }: TableMemory,
  keys: Uint32Array,
  start: number,
  end: number,
): void {
  let sum = 0;
  for (let i = start; i < end; i++) {
    sum |= startOf(bytes, offsets[links[keys[i]!]!]!);
  }
  _seen = sum;
}

function startOf(bytes: Uint8Array, record: number): number {
  const next = Math.min(record + LINE_BYTES, bytes.length - 1);
  return bytes[record]! | bytes[next]!;
}
