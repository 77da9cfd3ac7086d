/**
 * The range tombstones of a manifest: fragments by ascending key that share none.
 *
 *     | fragments | then for each: start | end            | sequence numbers                                        |
 *     | varint    | varint + bytes       | varint + bytes | varint count, varint newest, varint steps down from it  |
 *
 * An end of no bytes, which no range can have, says that the range goes on to the last key.
 *
 * @module
 */
import { compareBytes } from "../bytes/compare.ts";
import type { Fragment } from "../tombstones/fragment.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import type { BodyReader } from "./body_reader.ts";
import type { BodyWriter } from "./body_writer.ts";

const NO_BYTES = new Uint8Array(0);

/** How many numbers and how many bytes of keys the tombstones take at the most. */
export function sizeOfTombstones(
  { fragments }: RangeTombstones,
): { readonly numbers: number; readonly bytes: number } {
  let numbers = 1;
  let bytes = 0;
  for (const { start, end, sequences } of fragments) {
    numbers += 3 + sequences.length;
    bytes += start.length + (end?.length ?? 0);
  }
  return { numbers, bytes };
}

/** Writes range tombstones. */
export function writeTombstones(
  writer: BodyWriter,
  { fragments }: RangeTombstones,
): void {
  writer.number(fragments.length);
  for (const { start, end, sequences } of fragments) {
    writer.key(start);
    writer.key(end ?? NO_BYTES);
    writer.number(sequences.length);
    sequences.forEach((sequence, i) =>
      writer.number(i === 0 ? sequence : sequences[i - 1]! - sequence)
    );
  }
}

/**
 * Reads range tombstones.
 *
 * @param flushedSequence No tombstone is of a write past this one.
 */
export function readTombstones(
  reader: BodyReader,
  flushedSequence: number,
): RangeTombstones {
  const count = reader.number("the number of range tombstones");
  const fragments: Fragment[] = [];
  for (let i = 0; i < count; i++) {
    const fragment = readFragment(reader, flushedSequence);
    const previous = fragments.at(-1);
    if (previous !== undefined && !isBehind(fragment, previous)) {
      throw reader.damage("range tombstones overlap or are out of order");
    }
    fragments.push(fragment);
  }
  return count === 0 ? RangeTombstones.none : new RangeTombstones(fragments);
}

function isBehind({ start }: Fragment, { end }: Fragment): boolean {
  return end !== undefined && compareBytes(end, start) <= 0;
}

function readFragment(
  reader: BodyReader,
  flushedSequence: number,
): Fragment {
  const start = reader.bound("the start of a range tombstone");
  const bytes = reader.bound("the end of a range tombstone");
  const end = bytes.length === 0 ? undefined : bytes;
  if (end !== undefined && compareBytes(start, end) >= 0) {
    throw reader.damage("a range tombstone ends before it starts");
  }
  const sequences = readSequences(reader);
  if (sequences[0]! > flushedSequence) {
    throw reader.damage(
      `a range tombstone of write ${
        sequences[0]
      } is past ${flushedSequence}, the last write in segments`,
    );
  }
  return { start, end, sequences };
}

function readSequences(reader: BodyReader): number[] {
  const field = "the sequence numbers of a range tombstone";
  const count = reader.number(field);
  const sequences: number[] = [];
  for (let i = 0; i < count; i++) {
    const step = reader.number(field);
    const sequence = i === 0 ? step : sequences[i - 1]! - step;
    if (sequence < 1 || i > 0 && step === 0) {
      throw reader.damage(`${field} do not descend`);
    }
    sequences.push(sequence);
  }
  if (count === 0) throw reader.damage("a range tombstone has no write");
  return sequences;
}
