/**
 * What a manifest says of one segment.
 *
 *     | number | size   | entries | tombstones | older versions | max sequence | smallest key    | largest key     |
 *     | varint | varint | varint  | varint     | varint         | varint       | varint + bytes  | varint + bytes  |
 *
 *     from version 2 on
 *     | ceiling | fields | salt                    |
 *     | varint  | varint | varint, if fields has 1 |
 *
 * `fields` says which of the fields behind it are there, as a sum of powers of two. What a reader
 * does not know cannot be in a version that it knows.
 *
 * @module
 */
import type { BodyReader } from "./body_reader.ts";
import type { BodyWriter } from "./body_writer.ts";
import { type SegmentInfo, segmentProblem } from "./segment_info.ts";

const HAS_SALT = 1;
const KNOWN_FIELDS = HAS_SALT;

/** Numbers that a segment takes at the most. */
export const NUMBERS_OF_A_SEGMENT = 11;

/** Writes a segment. */
export function writeSegment(writer: BodyWriter, segment: SegmentInfo): void {
  writer.number(segment.number);
  writer.number(segment.sizeBytes);
  writer.number(segment.entries);
  writer.number(segment.tombstones);
  writer.number(segment.olderVersions);
  writer.number(segment.maxSequence);
  writer.key(segment.smallestKey);
  writer.key(segment.largestKey);
  writer.number(segment.ceiling);
  writer.number(segment.salt === undefined ? 0 : HAS_SALT);
  if (segment.salt !== undefined) writer.number(segment.salt);
}

/**
 * Reads a segment.
 *
 * @param version The version of the manifest.
 * @param flushedSequence Every write up to this one is in segments: what is known of the ceiling
 * where version 1 does not say it.
 */
export function readSegment(
  reader: BodyReader,
  version: number,
  flushedSequence: number,
): SegmentInfo {
  const segment: SegmentInfo = {
    number: reader.number("the number of a segment"),
    sizeBytes: reader.number("the size of a segment"),
    entries: reader.number("the entries of a segment"),
    tombstones: reader.number("the tombstones of a segment"),
    olderVersions: reader.number("the older versions of a segment"),
    maxSequence: reader.number("the sequence number of a segment"),
    smallestKey: reader.key("the smallest key of a segment"),
    largestKey: reader.key("the largest key of a segment"),
    ...version === 1
      ? { ceiling: flushedSequence, salt: undefined }
      : readLaterFields(reader),
  };
  const problem = segmentProblem(segment);
  if (problem !== undefined) throw reader.damage(problem);
  if (segment.ceiling > flushedSequence) {
    throw reader.damage(
      `a ceiling of ${segment.ceiling} is past ${flushedSequence}, the last write in segments`,
    );
  }
  return segment;
}

function readLaterFields(
  reader: BodyReader,
): Pick<SegmentInfo, "ceiling" | "salt"> {
  const ceiling = reader.number("the ceiling of a segment");
  const fields = reader.number("the fields of a segment");
  if (fields > KNOWN_FIELDS) {
    throw reader.damage(`unknown fields ${fields} of a segment`);
  }
  const salt = (fields & HAS_SALT) === 0
    ? undefined
    : reader.number("the salt of a segment");
  return { ceiling, salt };
}
