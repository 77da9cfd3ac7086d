import { compareSpans } from "../bytes/compare.ts";
import { releaseMemory } from "../bytes/release.ts";

/** Ranges up to this size are sorted by insertion: measured best between 16 and 32. */
const INSERTION_SORT_MOST = 24;

/** Rounds of prefixes after which a range of look-alikes is left to a comparing sort. */
const MOST_ROUNDS = 64;

/** Where the key of each item lies; items are ordinals into these arrays. */
export interface KeySpans {
  readonly buffer: Uint8Array;
  offset(item: number): number;
  length(item: number): number;
}

/** Orders two items by the bytes of their keys. */
function compareItems(spans: KeySpans, a: number, b: number): number {
  return compareSpans(
    spans.buffer,
    spans.offset(a),
    spans.length(a),
    spans.buffer,
    spans.offset(b),
    spans.length(b),
  );
}

/**
 * Sorts `items` in place; those with equal keys stay in their order. Eight bytes of each key behind
 * the prefix that all of them share decide, by a radix sort that looks only at the bytes in which
 * the keys differ; a range of keys that have those bytes in common is sorted again by what follows.
 * Whole keys are compared only in small ranges.
 */
export function sortByKey(items: Uint32Array, spans: KeySpans): void {
  const sorter = new RadixSorter(items, spans);
  sorter.sortRange(0, items.length, 0, 0);
  sorter.release();
}

/**
 * Items with eight bytes of their keys: the first four as a number in `high`, the others in `low`.
 */
interface Columns {
  readonly items: Uint32Array;
  readonly high: Uint32Array<ArrayBuffer>;
  readonly low: Uint32Array<ArrayBuffer>;
}

class RadixSorter {
  readonly #spans: KeySpans;
  readonly #columns: Columns;
  readonly #spare: Columns;
  readonly #spareItems: Uint32Array<ArrayBuffer>;
  /** For each of the eight bytes, from the last to the first, how often each value occurs. */
  readonly #counts = new Uint32Array(8 * 256);

  constructor(items: Uint32Array, spans: KeySpans) {
    const column = () => new Uint32Array(items.length);
    this.#spans = spans;
    this.#columns = { items, high: column(), low: column() };
    this.#spareItems = column();
    this.#spare = { items: this.#spareItems, high: column(), low: column() };
  }

  /** Gives back at once all memory but that of the items. */
  release(): void {
    for (const { high, low } of [this.#columns, this.#spare]) {
      releaseMemory(high);
      releaseMemory(low);
    }
    releaseMemory(this.#spareItems);
  }

  sortRange(from: number, to: number, depth: number, round: number): void {
    const { items, high, low } = this.#columns;
    if (to - from <= INSERTION_SORT_MOST) return this.#insertionSort(from, to);
    const start = this.#sharedDepth(from, to, depth);
    const longest = this.#loadBytes(from, to, start);
    // Where no key goes on, they are equal or differ in how many zeros they end with.
    if (round === MOST_ROUNDS || longest <= start) {
      items.subarray(from, to).sort((a, b) => compareItems(this.#spans, a, b));
      return;
    }
    this.#sortByBytes(from, to);
    let first = from;
    for (let i = from + 1; i <= to; i++) {
      if (i < to && high[i] === high[first] && low[i] === low[first]) continue;
      // This overwrites the columns of a range that is done with.
      if (i - first > 1) this.sortRange(first, i, start + 8, round + 1);
      first = i;
    }
  }

  #insertionSort(from: number, to: number): void {
    const { items } = this.#columns;
    for (let i = from + 1; i < to; i++) {
      const item = items[i]!;
      let hole = i;
      while (
        hole > from && compareItems(this.#spans, items[hole - 1]!, item) > 0
      ) {
        items[hole] = items[hole - 1]!;
        hole--;
      }
      items[hole] = item;
    }
  }

  /** How many bytes from the start, at least `depth`, all keys of the range have in common. */
  #sharedDepth(from: number, to: number, depth: number): number {
    const { items } = this.#columns;
    const { buffer } = this.#spans;
    const model = this.#spans.offset(items[from]!);
    let shared = this.#spans.length(items[from]!);
    for (let i = from + 1; i < to && shared > depth; i++) {
      const at = this.#spans.offset(items[i]!);
      const most = Math.min(shared, this.#spans.length(items[i]!));
      let same = depth;
      while (same < most && buffer[at + same] === buffer[model + same]) same++;
      shared = same;
    }
    return Math.max(shared, depth);
  }

  /**
   * Reads eight bytes of each key from `depth` on, big-endian, with zeros behind the end of a key,
   * and counts them. Answers with the length of the longest key.
   */
  #loadBytes(from: number, to: number, depth: number): number {
    const { items, high, low } = this.#columns;
    const counts = this.#counts.fill(0);
    let longest = 0;
    for (let i = from; i < to; i++) {
      const at = this.#spans.offset(items[i]!) + depth;
      const length = this.#spans.length(items[i]!);
      const left = length - depth;
      if (length > longest) longest = length;
      const h = this.#fourBytes(at, left);
      const l = this.#fourBytes(at + 4, left - 4);
      high[i] = h;
      low[i] = l;
      counts[l & 255]!++;
      counts[256 + ((l >>> 8) & 255)]!++;
      counts[512 + ((l >>> 16) & 255)]!++;
      counts[768 + (l >>> 24)]!++;
      counts[1024 + (h & 255)]!++;
      counts[1280 + ((h >>> 8) & 255)]!++;
      counts[1536 + ((h >>> 16) & 255)]!++;
      counts[1792 + (h >>> 24)]!++;
    }
    return longest;
  }

  #fourBytes(at: number, left: number): number {
    const { buffer } = this.#spans;
    if (left >= 4) {
      return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) |
        (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;
    }
    let bytes = 0;
    for (let i = 0; i < 4; i++) {
      bytes = (bytes << 8) | (i < left ? buffer[at + i]! : 0);
    }
    return bytes >>> 0;
  }

  /** A stable pass for each byte in which the keys differ, from the last to the first. */
  #sortByBytes(from: number, to: number): void {
    let source = this.#columns;
    let target = this.#spare;
    for (let byte = 0; byte < 8; byte++) {
      const counts = this.#counts.subarray(256 * byte, 256 * byte + 256);
      const shift = 8 * (byte & 3);
      const column = byte < 4 ? source.low : source.high;
      if (counts[(column[from]! >>> shift) & 255] === to - from) continue;
      toStarts(counts, from);
      for (let i = from; i < to; i++) {
        const place = counts[(column[i]! >>> shift) & 255]!++;
        target.items[place] = source.items[i]!;
        target.high[place] = source.high[i]!;
        target.low[place] = source.low[i]!;
      }
      [source, target] = [target, source];
    }
    if (source === this.#columns) return;
    target.items.set(source.items.subarray(from, to), from);
    target.high.set(source.high.subarray(from, to), from);
    target.low.set(source.low.subarray(from, to), from);
  }
}

/** Turns counts into the places where the items of each value begin. */
function toStarts(counts: Uint32Array, from: number): void {
  let next = from;
  for (let value = 0; value < 256; value++) {
    const count = counts[value]!;
    counts[value] = next;
    next += count;
  }
}
