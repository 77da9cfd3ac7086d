import { Buffer } from "node:buffer";
import { compareBytes } from "../../bytes/compare.ts";
import { EntryView } from "../../format/entry.ts";
import { PUT } from "../../format/kind.ts";
import { isRangeDelete, RECORD_HEADER_BYTES } from "../../format/record.ts";
import type { MemTable } from "../../memtable/memtable.ts";
import type { Version } from "../../manifest/version.ts";
import type { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import type { Segment } from "../state/segment.ts";
import {
  catalogueKey,
  isInCatalogue,
  isOfCatalogue,
} from "./catalogue_format.ts";
import { CATALOGUE_PREFIX, RESERVED_BYTE } from "./layout.ts";

/** Stands for a value behind `FF 00` that is none of the catalogue's. */
const FOREIGN = new Uint8Array(0);

/**
 * What lies where the catalogue is, gathered from places from the oldest to the newest. Nothing is
 * sorted and nothing merged for it, and of segments none is read that does not reach there: a store
 * without keyspaces opens as fast as ever.
 */
export class CatalogueEntries {
  /** Values by name, which is one character a byte. */
  readonly #values = new Map<string, Uint8Array>();
  /** Whether there is, or was, any key that begins with `FF`. */
  hasReservedKeys = false;

  /** Whether there is a catalogue. */
  get isCatalogue(): boolean {
    for (const value of this.#values.values()) {
      if (value !== FOREIGN) return true;
    }
    return false;
  }

  /** All names and their values. */
  *[Symbol.iterator](): Iterator<[name: Uint8Array, value: Uint8Array]> {
    for (const [name, value] of this.#values) {
      yield [bytesOf(name), value];
    }
  }

  /** Adds what segments hold, which must come before what tables do. */
  async addSegments(version: Version<Segment>): Promise<void> {
    for (const level of version.levels.toReversed()) {
      for (const segment of level.toReversed()) {
        await this.#addSegment(segment, version.rangeTombstones);
      }
    }
  }

  async #addSegment(
    { reader, largestKey, smallestKey, ceiling }: Segment,
    ranges: RangeTombstones,
  ): Promise<void> {
    if (largestKey[0] !== RESERVED_BYTE) return;
    this.hasReservedKeys = true;
    const isBehind = smallestKey[0] === RESERVED_BYTE && smallestKey[1]! > 0;
    if (isBehind) return;
    const cursor = reader.cursor({ maxSequence: Infinity });
    const { entry } = cursor;
    for (
      let has = await cursor.seek(CATALOGUE_PREFIX);
      has && isInCatalogue(entry);
      has = await cursor.next()
    ) {
      const { keyBuffer, keyOffset, keyLength } = entry;
      const covered = ranges.newestOver(
        keyBuffer,
        keyOffset,
        keyLength,
        Infinity,
      );
      if (covered <= ceiling) this.#add(entry);
    }
    cursor.close?.();
  }

  /**
   * Adds the records of a table from `ordinal` on. Answers whether any of them is in the catalogue.
   */
  addTable(table: MemTable, ordinal = 0): boolean {
    const { buffer, records } = table;
    const entry = new EntryView();
    let isAny = false;
    for (let i = ordinal; i < records; i++) {
      const start = table.offset(i);
      if (isRangeDelete(buffer, start - RECORD_HEADER_BYTES)) {
        table.fill(i, entry);
        this.#cover(entry);
        continue;
      }
      if (buffer[start] !== RESERVED_BYTE) continue;
      table.fill(i, entry);
      if (entry.keyLength === 0) continue;
      this.hasReservedKeys = true;
      if (!isInCatalogue(entry)) continue;
      this.#add(entry);
      isAny = true;
    }
    return isAny;
  }

  /** Takes out what a range delete has removed: values of users, before there was a catalogue. */
  #cover(range: EntryView): void {
    const lower = range.keyBuffer.subarray(
      range.keyOffset,
      range.keyOffset + range.keyLength,
    );
    const upper = range.valueBuffer.subarray(
      range.valueOffset,
      range.valueOffset + range.valueLength,
    );
    for (const name of this.#values.keys()) {
      const key = catalogueKey(bytesOf(name));
      const isCovered = compareBytes(lower, key) <= 0 &&
        (upper.length === 0 || compareBytes(key, upper) < 0);
      if (isCovered) this.#values.delete(name);
    }
  }

  #add(entry: EntryView): void {
    const { keyBuffer, keyOffset, keyLength } = entry;
    const name = Buffer.from(
      keyBuffer.subarray(
        keyOffset + CATALOGUE_PREFIX.length,
        keyOffset + keyLength,
      ),
    ).toString("latin1");
    if (entry.kind !== PUT) {
      this.#values.delete(name);
      return;
    }
    const value = entry.valueBuffer.slice(
      entry.valueOffset,
      entry.valueOffset + entry.valueLength,
    );
    this.#values.set(name, isOfCatalogue(value) ? value : FOREIGN);
  }
}

function bytesOf(name: string): Uint8Array {
  return new Uint8Array(Buffer.from(name, "latin1"));
}
