import { compareBytes, compareSpans } from "../bytes/compare.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import {
  type SegmentInfo,
  segmentProblem,
  totalBytes,
} from "./segment_info.ts";
import { lowerBound, SortedLevel } from "./sorted_level.ts";

/** How many levels there are: 0 to 6. */
export const MAX_LEVELS = 7;

/** What one flush or compaction changes: all of it at once. */
export interface VersionEdit<S extends SegmentInfo = SegmentInfo> {
  readonly add: readonly { readonly level: number; readonly segment: S }[];
  readonly remove: readonly {
    readonly level: number;
    /** File number of the segment. */
    readonly number: number;
  }[];
}

/**
 * Which segments are live at one moment, and in which level, and which range tombstones still have
 * to hide what is in them. Never changed: an edit makes a new version, so that readers keep theirs.
 *
 * Whatever is in a level is newer than all that the levels below it have of the same key. Level 0
 * holds flushed MemTables, and merges of those, newest first, whose keys may overlap. In every
 * deeper level the segments are sorted by key and share no key.
 *
 * A range tombstone hides what it covers of the segments whose ceiling lies below its sequence
 * number; from the others that is gone already.
 *
 * `S` lets an engine keep more with a segment than the manifest does, such as its open reader.
 */
export class Version<S extends SegmentInfo = SegmentInfo> {
  /** The segments of each level; always {@linkcode MAX_LEVELS} of them. */
  readonly levels: readonly (readonly S[])[];
  readonly rangeTombstones: RangeTombstones;
  /** The deepest level that has a segment, or -1 if none has. */
  readonly deepestLevel: number;
  #sortedLevels: readonly SortedLevel<S>[] | undefined;
  readonly #levelBytes: readonly number[];

  /** Takes segments that are in order already; missing levels are empty. */
  constructor(
    levels: readonly (readonly S[])[] = [],
    rangeTombstones: RangeTombstones = RangeTombstones.none,
  ) {
    refuseInvalid(levels);
    this.rangeTombstones = rangeTombstones;
    this.levels = Array.from({ length: MAX_LEVELS }, (_, i) => levels[i] ?? []);
    this.deepestLevel = this.levels
      .findLastIndex((segments) => segments.length > 0);
    this.#levelBytes = this.levels.map(totalBytes);
  }

  /**
   * Of the levels from 1 on, those that have a segment, newer entries first. Made for the first
   * lookup.
   */
  get sortedLevels(): readonly SortedLevel<S>[] {
    return this.#sortedLevels ??= this.levels.slice(1)
      .filter((segments) => segments.length > 0)
      .map((segments) => new SortedLevel(segments));
  }

  /** Bytes of all segments. */
  get totalBytes(): number {
    return this.#levelBytes.reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Bytes of the segments of one level. */
  levelBytes(level: number): number {
    return this.#levelBytes[level]!;
  }

  /**
   * The version after `edit`. A segment that moves is removed from one level and added to another.
   */
  apply(edit: VersionEdit<S>): Version<S> {
    const levels = this.levels.map((segments) => [...segments]);
    for (const { level, number } of edit.remove) {
      const segments = levels[level] ?? [];
      const index = segments.findIndex((segment) => segment.number === number);
      if (index < 0) {
        throw invalidVersion(`segment ${number} is not in level ${level}`);
      }
      segments.splice(index, 1);
    }
    for (const { level, segment } of edit.add) {
      const segments = levels[level];
      if (segments === undefined) throw invalidVersion(`no level ${level}`);
      segments.push(segment);
    }
    levels.forEach((segments, level) =>
      segments.sort(level === 0 ? byAge : bySmallestKey)
    );
    return new Version(levels, this.rangeTombstones);
  }

  /** The same segments under other range tombstones. */
  withRangeTombstones(rangeTombstones: RangeTombstones): Version<S> {
    return new Version(this.levels, rangeTombstones);
  }

  /**
   * The lowest ceiling of the segments that have room for keys from `start` on up to `end`, which
   * is not included and may be left open; `Infinity` if there is no such segment.
   */
  lowestCeiling(start: Uint8Array, end: Uint8Array | undefined): number {
    let lowest = Infinity;
    this.levels.forEach((segments, level) => {
      const first = level === 0
        ? 0
        : this.lowerBound(level, start, 0, start.length);
      for (let i = first; i < segments.length; i++) {
        const { smallestKey, largestKey, ceiling } = segments[i]!;
        const isBehind = end && compareBytes(smallestKey, end) >= 0;
        if (isBehind && level > 0) break;
        if (isBehind || compareBytes(largestKey, start) < 0) continue;
        lowest = Math.min(lowest, ceiling);
      }
    });
    return lowest;
  }

  /**
   * The segments of a level that may hold keys from `smallest` to `largest`, both included, in the
   * level's order.
   */
  overlapping(
    level: number,
    smallest: Uint8Array,
    largest: Uint8Array,
  ): readonly S[] {
    const segments = this.levels[level]!;
    if (level === 0) {
      return segments.filter((segment) =>
        compareBytes(segment.smallestKey, largest) <= 0 &&
        compareBytes(segment.largestKey, smallest) >= 0
      );
    }
    const start = this.lowerBound(level, smallest, 0, smallest.length);
    let end = start;
    while (
      end < segments.length &&
      compareBytes(segments[end]!.smallestKey, largest) <= 0
    ) end++;
    return segments.slice(start, end);
  }

  /**
   * Index of the first segment of a level from 1 on whose largest key is at or after the key in
   * `buffer`; the number of segments if there is none. Only that one can hold the key.
   */
  lowerBound(
    level: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): number {
    return lowerBound(this.levels[level]!, buffer, offset, length);
  }

  /**
   * Whether any segment in a level deeper than `level` has the key in `buffer` within its range.
   * While one has, a tombstone of that key in `level` must be kept. Level -1 asks for all levels.
   */
  mayHoldBelow(
    level: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
  ): boolean {
    if (
      level < 0 &&
      this.levels[0]!.some((segment) => covers(segment, buffer, offset, length))
    ) return true;
    for (let below = Math.max(level + 1, 1); below < MAX_LEVELS; below++) {
      const index = this.lowerBound(below, buffer, offset, length);
      const segment = this.levels[below]![index];
      if (segment !== undefined && covers(segment, buffer, offset, length)) {
        return true;
      }
    }
    return false;
  }
}

/**
 * Says why `next` must not follow `previous` in `level`, as half a sentence, or `undefined` if it
 * may.
 */
export function orderProblem(
  level: number,
  previous: SegmentInfo,
  next: SegmentInfo,
): string | undefined {
  if (level === 0) {
    return previous.number > next.number
      ? undefined
      : "level 0 is not ordered from new to old";
  }
  return compareBytes(previous.largestKey, next.smallestKey) < 0
    ? undefined
    : `segments ${previous.number} and ${next.number} of level ${level} overlap or are out of order`;
}

function refuseInvalid(levels: readonly (readonly SegmentInfo[])[]): void {
  if (levels.length > MAX_LEVELS) {
    throw invalidVersion(`${levels.length} levels are too many`);
  }
  const numbers = new Set<number>();
  levels.forEach((segments, level) =>
    segments.forEach((segment, i) => {
      const previous = segments[i - 1];
      const problem = segmentProblem(segment) ??
        (previous && orderProblem(level, previous, segment));
      if (problem !== undefined) throw invalidVersion(problem);
      if (numbers.has(segment.number)) {
        throw invalidVersion(`segment ${segment.number} is there twice`);
      }
      numbers.add(segment.number);
    })
  );
}

function covers(
  { smallestKey, largestKey }: SegmentInfo,
  buffer: Uint8Array,
  offset: number,
  length: number,
): boolean {
  const fromSmallest = compareSpans(
    buffer,
    offset,
    length,
    smallestKey,
    0,
    smallestKey.length,
  );
  if (fromSmallest < 0) return false;
  return compareSpans(
    buffer,
    offset,
    length,
    largestKey,
    0,
    largestKey.length,
  ) <= 0;
}

function byAge(a: SegmentInfo, b: SegmentInfo): number {
  return b.number - a.number;
}

function bySmallestKey(a: SegmentInfo, b: SegmentInfo): number {
  return compareBytes(a.smallestKey, b.smallestKey);
}

/** A fault of the engine itself, not of its caller or of the storage. */
function invalidVersion(problem: string): Error {
  return new Error(`Cannot make the next version: ${problem}`);
}
