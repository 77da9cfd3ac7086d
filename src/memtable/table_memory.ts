import { LOG_HEADER_BYTES } from "../format/log_format.ts";
import { HashIndex } from "./hash_index.ts";

const INITIAL_RECORDS = 1024;

/**
 * The memory that a MemTable works with: large, slow to get and slow to be collected, so the next table takes over
 * that of one which nobody reads any more. Measured on a load of 1 M records: half the time in garbage collection, and a steady
 * amount of memory where it used to grow by hundreds of megabytes.
 */
export interface TableMemory {
  /** The bytes of the arena. */
  readonly bytes: Uint8Array;
  readonly index: HashIndex;
  /** By ordinal: where the record begins. */
  offsets: Uint32Array;
  /** By ordinal: how to get from one version of a key to the next. */
  links: Uint32Array;
  /** Ordinals of the first records of all keys. */
  firsts: Uint32Array;
}

/** Memory for a table with room for `capacity` bytes of frames. */
export function newTableMemory(capacity: number): TableMemory {
  return tableMemoryOver(new Uint8Array(LOG_HEADER_BYTES + capacity));
}

/** Memory for a table over the bytes of an arena that is there already. */
export function tableMemoryOver(bytes: Uint8Array): TableMemory {
  return {
    bytes,
    index: new HashIndex(INITIAL_RECORDS, bytes.length),
    offsets: new Uint32Array(INITIAL_RECORDS),
    links: new Uint32Array(INITIAL_RECORDS),
    firsts: new Uint32Array(INITIAL_RECORDS),
  };
}

/** Makes room for twice as many records. */
export function doubleRecords(memory: TableMemory): void {
  memory.offsets = doubled(memory.offsets);
  memory.links = doubled(memory.links);
  memory.firsts = doubled(memory.firsts);
}

function doubled(array: Uint32Array): Uint32Array {
  const grown = new Uint32Array(2 * array.length);
  grown.set(array);
  return grown;
}
