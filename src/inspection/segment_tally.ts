import type { BlockEntries } from "../segment/block_entries.ts";
import { DELETE } from "../format/kind.ts";
import type { SegmentProperties } from "../segment/properties.ts";

/** Counts what the blocks of a segment hold, to compare it with the properties. */
export class SegmentTally {
  #tombstones = 0;
  #minSequence = Infinity;
  #maxSequence = 0;
  #keyBytes = 0;
  #valueBytes = 0;
  entries = 0;
  /** Newest versions among them. */
  keys = 0;

  add({ entry, isNewest }: BlockEntries): void {
    const { sequence } = entry;
    this.entries++;
    if (isNewest) this.keys++;
    if (entry.kind === DELETE) this.#tombstones++;
    this.#keyBytes += entry.keyLength;
    this.#valueBytes += entry.valueLength;
    if (sequence < this.#minSequence) this.#minSequence = sequence;
    if (sequence > this.#maxSequence) this.#maxSequence = sequence;
  }

  /** In what the properties differ, as half sentences. */
  differences(properties: SegmentProperties): string[] {
    const rows: [what: string, said: number, found: number][] = [
      ["entries", properties.entries, this.entries],
      ["keys", properties.keys, this.keys],
      ["tombstones", properties.tombstones, this.#tombstones],
      ["smallest sequence", properties.minSequence, this.#minSequence],
      ["largest sequence", properties.maxSequence, this.#maxSequence],
      ["bytes of keys", properties.keyBytes, this.#keyBytes],
      ["bytes of values", properties.valueBytes, this.#valueBytes],
    ];
    return rows.filter(([_, said, found]) => said !== found)
      .map(([what, said, found]) => `${what} ${said} instead of ${found}`);
  }
}
