import { equalSpans } from "../bytes/compare.ts";
import { fetchAhead } from "../bytes/fetch.ts";
import { DELETE } from "../format/kind.ts";
import {
  isRangeDelete,
  type NewestRecords,
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
} from "../format/record.ts";
import { type KeySpans, sortByKey } from "./sort.ts";
import { SortedRecords, type WrittenRecords } from "./sorted_records.ts";

/** What a {@linkcode RecordList} is made of. */
export interface ListedRecords extends WrittenRecords {
  /** Whether there are range deletes among them. */
  readonly hasRanges: boolean;
}

/** The records of a log image or an arena, which a flush writes. */
export class RecordList {
  readonly #listed: ListedRecords;

  constructor(listed: ListedRecords) {
    this.#listed = listed;
  }

  /** All records but range deletes by key, the versions of a key from new to old. */
  versions(): SortedRecords {
    return new SortedRecords(this.#listed, this.#sorted());
  }

  /**
   * The newest record of each key but range deletes, by key, and whether there are deletes among
   * them.
   */
  newest(): NewestRecords {
    const { buffer } = this.#listed;
    const places = this.#sorted();
    let hasDeletes = false;
    let count = 0;
    for (let i = 0; i < places.length; i++) {
      fetchAhead(buffer, places, i);
      const record = places[i]!;
      // Of the versions of a key the newest comes first.
      const isOlder = count > 0 &&
        haveSameKey(buffer, places[count - 1]!, record);
      if (isOlder) continue;
      hasDeletes ||= recordKind(buffer, record) === DELETE;
      places[count++] = record;
    }
    return { buffer, places: places.subarray(0, count), hasDeletes };
  }

  /**
   * It is the places of the records themselves that are sorted, so that nothing but the record is
   * looked up to show it: measured, a third less time than by way of a MemTable's ordinals.
   */
  #sorted(): Uint32Array {
    const { buffer, offsets, hasRanges } = this.#listed;
    // The sort is stable: versions of a key stay in this order.
    const places = offsets.toReversed();
    const entries = hasRanges
      ? places.filter((record) => !isRangeDelete(buffer, record))
      : places;
    sortByKey(entries, new RecordSpans(buffer));
    return entries;
  }
}

function haveSameKey(buffer: Uint8Array, a: number, b: number): boolean {
  return equalSpans(
    buffer,
    a + RECORD_HEADER_BYTES,
    recordKeyLength(buffer, a),
    buffer,
    b + RECORD_HEADER_BYTES,
    recordKeyLength(buffer, b),
  );
}

/** The keys of records that are given by where they begin. */
class RecordSpans implements KeySpans {
  readonly buffer: Uint8Array;

  constructor(buffer: Uint8Array) {
    this.buffer = buffer;
  }

  offset(record: number): number {
    return record + RECORD_HEADER_BYTES;
  }

  length(record: number): number {
    return recordKeyLength(this.buffer, record);
  }
}
