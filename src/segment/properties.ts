/**
 * The properties of a segment: what is to be known of it without reading its blocks.
 *
 *     | entries | keys | tombstones | min sequence | max sequence | key bytes | value bytes |
 *     | blocks | offset bits | smallest key length | smallest key | largest key length | largest key |
 *
 * Every number is a varint.
 *
 * @module
 */
import { compareBytes } from "../bytes/compare.ts";
import {
  MAX_VARINT_BYTES,
  VarintReader,
  writeVarint,
} from "../bytes/varint.ts";
import { corruption } from "../errors.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import { BLOCK_TRAILER_BYTES } from "./block_format.ts";
import { MAX_SEGMENT_KEY_BYTES } from "./format.ts";
import { SECTION_TRAILER_BYTES } from "./section.ts";

/** What is known of a segment as a whole. */
export interface SegmentProperties {
  /** Number of entries: versions of keys, tombstones among them. */
  readonly entries: number;
  /** Number of different keys; `entries` - `keys` of the entries are older versions. */
  readonly keys: number;
  readonly tombstones: number;
  /**
   * The smallest and the largest sequence number, as stored: both 0 if every snapshot may see every
   * entry.
   */
  readonly minSequence: number;
  readonly maxSequence: number;
  /** Lengths of the keys of all entries together, in bytes. */
  readonly keyBytes: number;
  /** Lengths of all values together, in bytes. */
  readonly valueBytes: number;
  /** Number of data blocks. */
  readonly blocks: number;
  /** Bits that a slot of the hash index has for the offset of an entry in its block. */
  readonly offsetBits: number;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
}

const NUMBERS = 11;
const MAX_OFFSET_BITS = 31;

/** A block holds at least an entry of one byte, its offset, and what stands behind. */
const MIN_BLOCK_BYTES = 1 + 2 + BLOCK_TRAILER_BYTES + SECTION_TRAILER_BYTES;

/** Encodes properties. */
export function encodeProperties(properties: SegmentProperties): Uint8Array {
  const { smallestKey, largestKey } = properties;
  const bytes = new Uint8Array(
    NUMBERS * MAX_VARINT_BYTES + smallestKey.length + largestKey.length,
  );
  let at = 0;
  for (
    const number of [
      properties.entries,
      properties.keys,
      properties.tombstones,
      properties.minSequence,
      properties.maxSequence,
      properties.keyBytes,
      properties.valueBytes,
      properties.blocks,
      properties.offsetBits,
    ]
  ) at = writeVarint(bytes, at, number);
  for (const key of [smallestKey, largestKey]) {
    at = writeVarint(bytes, at, key.length);
    bytes.set(key, at);
    at += key.length;
  }
  return bytes.subarray(0, at);
}

/**
 * Decodes and checks the properties at `offset` of the file `name`, whose data blocks take
 * `dataBytes` bytes.
 */
export function decodeProperties(
  payload: Uint8Array,
  { name, offset, dataBytes }: {
    readonly name: string;
    readonly offset: number;
    readonly dataBytes: number;
  },
): SegmentProperties {
  const reader = new VarintReader(payload, 0, payload.length);
  const properties: SegmentProperties = {
    entries: reader.read(),
    keys: reader.read(),
    tombstones: reader.read(),
    minSequence: reader.read(),
    maxSequence: reader.read(),
    keyBytes: reader.read(),
    valueBytes: reader.read(),
    blocks: reader.read(),
    offsetBits: reader.read(),
    smallestKey: readKey(reader, payload),
    largestKey: readKey(reader, payload),
  };
  if (reader.offset !== payload.length || !isPossible(properties, dataBytes)) {
    throw corruption(name, offset, "the properties contradict one another");
  }
  return properties;
}

/** Reads a key; one that is cut off leaves the reader past the end, where no key ends. */
function readKey(reader: VarintReader, payload: Uint8Array): Uint8Array {
  const length = reader.read();
  const start = reader.offset;
  reader.offset = length <= MAX_SEGMENT_KEY_BYTES ? start + length : Infinity;
  return payload.slice(start, reader.offset);
}

/**
 * Whether the numbers agree with one another. Every comparison is false for `NaN`, which stands for
 * a damaged number.
 */
function isPossible(p: SegmentProperties, dataBytes: number): boolean {
  return p.keys >= 1 && p.keys <= p.entries && p.tombstones <= p.entries &&
    p.minSequence <= p.maxSequence && p.maxSequence <= MAX_SEQUENCE &&
    p.keyBytes >= 0 && p.valueBytes >= 0 &&
    p.blocks >= 1 && p.blocks <= p.keys &&
    p.blocks <= dataBytes / MIN_BLOCK_BYTES &&
    p.offsetBits <= MAX_OFFSET_BITS &&
    compareBytes(p.smallestKey, p.largestKey) <= 0;
}
