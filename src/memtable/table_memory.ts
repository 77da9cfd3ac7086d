import { hashSpan } from "../bytes/hash.ts";
import { releaseMemory } from "../bytes/release.ts";
import { LOG_HEADER_BYTES } from "../format/log_format.ts";
import { RECORD_HEADER_BYTES, recordKeyLength } from "../format/record.ts";
import { HashIndex, slotsFor } from "./hash_index.ts";

/**
 * Records of this size, in bytes, and larger ones never make the arrays of a full table grow; to
 * double the index of 100,000 keys takes some ten milliseconds.
 */
const EXPECTED_RECORD_BYTES = 120;

/**
 * The memory that a MemTable works with: large, slow to get and slow to be collected, so the next
 * table takes over that of one which nobody reads any more. Measured on a load of 1 M records: half
 * the time in garbage collection, and a steady amount of memory where it used to grow by hundreds
 * of megabytes.
 */
export interface TableMemory {
  /** The bytes of the arena. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly index: HashIndex;
  /** By ordinal: where the record begins. */
  offsets: Uint32Array<ArrayBuffer>;
  /** By ordinal: how to get from one version of a key to the next. */
  links: Uint32Array<ArrayBuffer>;
  /** Ordinals of the first records of all keys. */
  firsts: Uint32Array<ArrayBuffer>;
}

/** Memory for a table with room for `capacity` bytes of frames. */
export function newTableMemory(capacity: number): TableMemory {
  return tableMemoryOver(new Uint8Array(LOG_HEADER_BYTES + capacity));
}

/** Memory for a table over the bytes of an arena that is there already. */
export function tableMemoryOver(bytes: Uint8Array<ArrayBuffer>): TableMemory {
  const records = Math.ceil(bytes.length / EXPECTED_RECORD_BYTES);
  return {
    bytes,
    index: new HashIndex(slotsFor(records), bytes.length),
    offsets: new Uint32Array(records),
    links: new Uint32Array(records),
    firsts: new Uint32Array(records),
  };
}

/** Gives memory back that no table uses any more. */
export function releaseTableMemory(memory: TableMemory): void {
  memory.index.release();
  const { bytes, offsets, links, firsts } = memory;
  for (const array of [bytes, offsets, links, firsts]) releaseMemory(array);
}

/** Makes room for twice as many records. */
export function doubleRecords(memory: TableMemory): void {
  const { offsets, links, firsts } = memory;
  memory.offsets = doubled(offsets);
  memory.links = doubled(links);
  memory.firsts = doubled(firsts);
}

/**
 * Puts all keys into an index of twice the size. They come in order of arrival, which runs through
 * the arena once, from front to back.
 */
export function doubleIndex(memory: TableMemory): void {
  const { bytes, index, offsets, links, firsts } = memory;
  const { size } = index;
  index.clearAndDouble();
  for (let i = 0; i < size; i++) {
    const first = firsts[i]!;
    const record = offsets[links[first]!]!;
    const key = record + RECORD_HEADER_BYTES;
    const hash = hashSpan(bytes, key, recordKeyLength(bytes, record));
    index.insert(hash, record, first);
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(2 * array.length);
  grown.set(array);
  return grown;
}
