import { fetchAhead } from "../bytes/fetch.ts";
import type { EntrySource } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import {
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
  recordValueLength,
} from "../format/record.ts";

/** Where records lie, and in which order they were written. */
export interface WrittenRecords {
  readonly buffer: Uint8Array;
  /** Where each record begins, in the order in which they were written. */
  readonly offsets: Uint32Array;
  /** Sequence number of the first. */
  readonly firstSequence: number;
}

/** Shows records one after another, in a given order, with their sequence numbers. */
export class SortedRecords implements EntrySource {
  readonly entry: EntryView = new EntryView();
  readonly #written: WrittenRecords;
  readonly #sorted: Uint32Array;
  #index = 0;

  /** @param sorted Where the records begin, in the order in which they are to be shown. */
  constructor(written: WrittenRecords, sorted: Uint32Array) {
    this.#written = written;
    this.#sorted = sorted;
  }

  seekToFirst(): boolean {
    this.#index = 0;
    return this.#show();
  }

  next(): boolean {
    this.#index++;
    return this.#show();
  }

  #show(): boolean {
    if (this.#index >= this.#sorted.length) return false;
    const { buffer } = this.#written;
    fetchAhead(buffer, this.#sorted, this.#index);
    const record = this.#sorted[this.#index]!;
    const keyLength = recordKeyLength(buffer, record);
    const { entry } = this;
    entry.keyBuffer = buffer;
    entry.keyOffset = record + RECORD_HEADER_BYTES;
    entry.keyLength = keyLength;
    entry.kind = recordKind(buffer, record);
    entry.sequence = this.#sequenceOf(record);
    entry.valueBuffer = buffer;
    entry.valueOffset = record + RECORD_HEADER_BYTES + keyLength;
    entry.valueLength = recordValueLength(buffer, record);
    return true;
  }

  /**
   * Records were written one behind the other, so their places ascend with their sequence numbers.
   */
  #sequenceOf(record: number): number {
    const { offsets, firstSequence } = this.#written;
    let low = 0;
    let high = offsets.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (offsets[middle]! < record) low = middle + 1;
      else high = middle;
    }
    return firstSequence + low;
  }
}
