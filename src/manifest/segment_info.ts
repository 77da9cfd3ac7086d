import { compareBytes, sharedPrefixLength } from "../bytes/compare.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import { MAX_STORED_KEY_BYTES } from "../options.ts";
import type { SegmentEnd } from "../segment/open_segment.ts";

const MAX_SALT = 0xffff_ffff;

/** What the engine knows of a segment without opening it. Never changed once made. */
export interface SegmentInfo {
  /** File number, which the name of the file is made from. */
  readonly number: number;
  /** Size of the file in bytes. */
  readonly sizeBytes: number;
  /** How many entries there are, tombstones and older versions among them. */
  readonly entries: number;
  /** How many entries are tombstones. */
  readonly tombstones: number;
  /** How many entries are not the newest of their key in this segment. */
  readonly olderVersions: number;
  /** The largest sequence number that is stored in it; 0 if every snapshot may see every entry. */
  readonly maxSequence: number;
  /**
   * No entry has come from a write past this one, and no range delete up to it covers an entry any
   * more that is to be read.
   */
  readonly ceiling: number;
  /**
   * The random number that the file was made with, which tells it from any other; `undefined` if
   * the manifest is older than that.
   */
  readonly salt: number | undefined;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
  /**
   * Readers who see no write past an earlier one see nothing of the segment: it was imported after
   * the snapshots that were held then. Not in the manifest, since snapshots end with the process.
   * Default 0: all see it.
   */
  readonly visibleFrom?: number;
}

/** Says what cannot be true of a segment, as half a sentence, or `undefined` if all can. */
export function segmentProblem(segment: SegmentInfo): string | undefined {
  const { entries, smallestKey, largestKey } = segment;
  if (!isWithin(segment.number, 1, MAX_SEQUENCE)) {
    return `file number ${segment.number} is out of bounds`;
  }
  if (!isWithin(segment.sizeBytes, 1, MAX_SEQUENCE)) {
    return `a size of ${segment.sizeBytes} bytes is out of bounds`;
  }
  if (!isWithin(entries, 1, MAX_SEQUENCE)) {
    return `${entries} entries are out of bounds`;
  }
  if (!isWithin(segment.tombstones, 0, entries)) {
    return `${segment.tombstones} tombstones, more than ${entries} entries allow`;
  }
  if (!isWithin(segment.olderVersions, 0, entries - 1)) {
    return `${segment.olderVersions} older versions, more than ${entries} entries allow`;
  }
  if (!isWithin(segment.maxSequence, 0, MAX_SEQUENCE)) {
    return `sequence number ${segment.maxSequence} is out of bounds`;
  }
  if (!isWithin(segment.ceiling, segment.maxSequence, MAX_SEQUENCE)) {
    return `a ceiling of ${segment.ceiling} is impossible with sequence number ${segment.maxSequence}`;
  }
  if (segment.salt !== undefined && !isWithin(segment.salt, 0, MAX_SALT)) {
    return `a salt of ${segment.salt} is out of bounds`;
  }
  if (Math.max(smallestKey.length, largestKey.length) > MAX_STORED_KEY_BYTES) {
    return `a key is longer than ${MAX_STORED_KEY_BYTES} bytes`;
  }
  return compareBytes(smallestKey, largestKey) > 0
    ? "the smallest key is past the largest"
    : undefined;
}

/**
 * Whether `segment` tells of the segment that ends so: one of another store, or an older one under
 * the same name, is whole in itself.
 */
export function tellsOf(
  segment: SegmentInfo,
  { properties, footer }: SegmentEnd,
): boolean {
  return (segment.salt === undefined || segment.salt === footer.salt) &&
    properties.entries === segment.entries &&
    properties.tombstones === segment.tombstones &&
    properties.maxSequence === segment.maxSequence &&
    compareBytes(properties.smallestKey, segment.smallestKey) === 0 &&
    compareBytes(properties.largestKey, segment.largestKey) === 0;
}

/** What a segment's reader and holders are no part of, so that it can be sent to a worker. */
export function plainInfo(segment: SegmentInfo): SegmentInfo {
  return {
    number: segment.number,
    sizeBytes: segment.sizeBytes,
    entries: segment.entries,
    tombstones: segment.tombstones,
    olderVersions: segment.olderVersions,
    maxSequence: segment.maxSequence,
    ceiling: segment.ceiling,
    salt: segment.salt,
    smallestKey: segment.smallestKey,
    largestKey: segment.largestKey,
    visibleFrom: segment.visibleFrom ?? 0,
  };
}

/**
 * Orders a key against a segment: negative before its smallest key, positive behind its largest,
 * else zero.
 */
export function keyPosition(segment: SegmentInfo, key: Uint8Array): number {
  if (compareBytes(key, segment.smallestKey) < 0) return -1;
  return compareBytes(key, segment.largestKey) > 0 ? 1 : 0;
}

/** Whether two segments have room for a common key. */
export function overlaps(a: SegmentInfo, b: SegmentInfo): boolean {
  return compareBytes(a.smallestKey, b.largestKey) <= 0 &&
    compareBytes(b.smallestKey, a.largestKey) <= 0;
}

/** The smallest and the largest key of `segments`, of which there is at least one. */
export function rangeOf(
  segments: readonly SegmentInfo[],
): Pick<SegmentInfo, "smallestKey" | "largestKey"> {
  let { smallestKey, largestKey } = segments[0]!;
  for (const segment of segments) {
    if (compareBytes(segment.smallestKey, smallestKey) < 0) {
      smallestKey = segment.smallestKey;
    }
    if (compareBytes(segment.largestKey, largestKey) > 0) {
      largestKey = segment.largestKey;
    }
  }
  return { smallestKey, largestKey };
}

/** With how many bytes all keys of `segments` begin alike. */
export function sharedKeyBytes(segments: readonly SegmentInfo[]): number {
  const { smallestKey, largestKey } = rangeOf(segments);
  return sharedPrefixLength(
    smallestKey,
    0,
    smallestKey.length,
    largestKey,
    0,
    largestKey.length,
  );
}

/** Bytes that the files of `segments` take. */
export function totalBytes(segments: readonly SegmentInfo[]): number {
  return segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
