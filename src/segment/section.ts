/**
 * The section: the unit that is read, checked and cached. All parts of a segment but the footer are
 * sections.
 *
 *     | payload | kind | crc |      kind 0: the payload as it is
 *     |         | u8   | u32 |
 *
 *     | length | compressed payload | kind | crc |      kind 1: deflate-raw, kind 2: zstd
 *     | u32    |                    | u8   | u32 |
 *
 * `length` is that of the payload before compression. `crc` covers all the bytes before it. It is
 * seeded with the salt of the segment and the offset of the section, so a section of another file
 * or of another place does not pass.
 *
 * @module
 */
import { crc32 } from "../bytes/crc32.ts";
import { readUint32 } from "../bytes/fixed.ts";
import { corruption, KvCorruptionError, KvError } from "../errors.ts";
import { decompress, STORED } from "./compression.ts";

/** Bytes behind the payload of a section. */
export const SECTION_TRAILER_BYTES = 5;

/** Bytes before a compressed payload. */
export const SECTION_LENGTH_BYTES = 4;

/**
 * The longest payload that is compressed; longer ones are stored as they are, so a longer declared
 * length is damage.
 */
export const MAX_COMPRESSED_PAYLOAD_BYTES = 0x4000_0000;

/** Where a section lies, for its checksum and for messages. */
export interface SectionPlace {
  /** Name of the file. */
  readonly name: string;
  /** Salt of the segment. */
  readonly salt: number;
  /** Offset of the section in the file. */
  readonly offset: number;
}

/**
 * What seeds the checksum of the section at `offset`: another number for each offset, as the
 * multiplier is odd.
 */
export function sectionSeed(salt: number, offset: number): number {
  return (salt ^ Math.imul(offset, 0x9e3779b1)) >>> 0;
}

/**
 * Checks a section that was read from storage and answers its payload, which may share the buffer
 * of `section`.
 */
export function openSection(
  section: Uint8Array,
  place: SectionPlace,
): Uint8Array {
  const { name, salt, offset } = place;
  const kindOffset = section.length - SECTION_TRAILER_BYTES;
  if (kindOffset < 0) {
    throw corruption(name, offset, "the section is too short");
  }
  const covered = section.subarray(0, kindOffset + 1);
  const crc = crc32(covered, sectionSeed(salt, offset));
  if (crc !== readUint32(section, kindOffset + 1)) {
    throw corruption(name, offset, "the checksum of the section is wrong");
  }
  const stored = section.subarray(0, kindOffset);
  const kind = section[kindOffset]!;
  return kind === STORED ? stored : inflate(kind, stored, place);
}

function inflate(
  kind: number,
  stored: Uint8Array,
  { name, offset }: SectionPlace,
): Uint8Array {
  if (stored.length < SECTION_LENGTH_BYTES) {
    throw corruption(name, offset, "the section is too short");
  }
  const length = readUint32(stored, 0);
  if (length > MAX_COMPRESSED_PAYLOAD_BYTES) {
    throw corruption(name, offset, `the section claims ${length} bytes`);
  }
  let payload: Uint8Array | undefined;
  try {
    payload = decompress(kind, stored.subarray(SECTION_LENGTH_BYTES), length);
  } catch (cause) {
    if (cause instanceof KvError) throw cause;
    throw new KvCorruptionError(
      name,
      offset,
      "the section cannot be decompressed",
      { cause },
    );
  }
  if (payload === undefined) {
    throw corruption(name, offset, `the section has unknown kind ${kind}`);
  }
  if (payload.length !== length) {
    throw corruption(name, offset, "the section is not as long as stated");
  }
  return payload;
}
