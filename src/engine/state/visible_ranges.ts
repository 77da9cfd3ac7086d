import type { MemTable } from "../../memtable/memtable.ts";
import { RangeTombstones } from "../../tombstones/range_tombstones.ts";

/** The range tombstones of all the places that a read goes through. */
export class VisibleRanges {
  readonly #flushed: RangeTombstones;
  readonly #tables: readonly MemTable[];
  /** Those that were there when a read asked last, and what they come to. */
  #layers: readonly RangeTombstones[] = [];
  #all = RangeTombstones.none;

  /** @param flushed Those of the version. */
  constructor(flushed: RangeTombstones, tables: readonly MemTable[]) {
    this.#flushed = flushed;
    this.#tables = tables;
  }

  /**
   * What a reader sees who sees no write past `maxSequence`: in each fragment the first delete is
   * the newest.
   */
  upTo(maxSequence: number): RangeTombstones {
    const layers = this.#current();
    if (layers.some(({ newest }) => newest > maxSequence)) {
      return joined(layers.map((layer) => layer.upTo(maxSequence)));
    }
    if (
      layers.length !== this.#layers.length ||
      layers.some((layer, i) => layer !== this.#layers[i])
    ) {
      this.#all = joined(layers);
      this.#layers = layers;
    }
    return this.#all;
  }

  /**
   * Sequence number of the newest one up to `maxSequence` that covers the first `length` bytes of
   * `key`; 0 if there is none.
   */
  newestOver(key: Uint8Array, length: number, maxSequence: number): number {
    let newest = this.#flushed.newestOver(key, 0, length, maxSequence);
    for (const table of this.#tables) {
      if (table.ranges.isEmpty) continue;
      const { tombstones } = table.ranges;
      const found = tombstones.newestOver(key, 0, length, maxSequence);
      if (found > newest) newest = found;
    }
    return newest;
  }

  #current(): RangeTombstones[] {
    return [
      this.#flushed,
      ...this.#tables.map(({ ranges }) => ranges.tombstones),
    ].filter((layer) => !layer.isEmpty);
  }
}

/** One reader tells nothing apart but the newest. */
function joined(layers: readonly RangeTombstones[]): RangeTombstones {
  return layers.reduce(
    (all, layer) => all.with(layer, []),
    RangeTombstones.none,
  );
}
