/**
 * The layout of a segment: the sorted, immutable file that LevelDB calls an SSTable. It is written
 * once from front to back and never changed.
 *
 *     [data block 0] ... [data block n-1] [hash page 0] ... [hash page p-1] [index] [properties] [footer]
 *
 * Every part but the footer is a section (`section.ts`). They follow one another without a gap, so
 * each begins where the one before it ends, and any other layout is refused.
 *
 *     footer, 52 bytes, the end of the file
 *     0        8        16       24     28     32     36        40     44
 *     | hash   | index  | prop.  | hash | hash | salt | version | crc  | magic   |
 *     | offset | offset | offset | page | page |      |         |      |         |
 *     | u64    | u64    | u64    | s    | slots| u32  | u32     | u32  | 8 bytes |
 *
 * Integers are little-endian. `crc` covers the bytes of the footer before it. A footer of any later
 * version has the same size, and the same version, crc and magic, so that a newer file is told from
 * a damaged one. `salt` is a random number that seeds the checksums of the sections.
 *
 * @module
 */
import { crc32 } from "../bytes/crc32.ts";
import {
  readUint32,
  readUint64,
  writeUint32,
  writeUint64,
} from "../bytes/fixed.ts";
import { corruption, KvError } from "../errors.ts";
import { MAX_RECORD_KEY_BYTES } from "../format/record.ts";

/** Version of the segment format that this engine reads and writes. */
export const SEGMENT_VERSION = 1;

export const FOOTER_BYTES = 52;

/**
 * Where the salt stands in the footer, and the checksum, for those who look for it in a damaged
 * one.
 */
export const FOOTER_SALT_OFFSET = 32;
export const FOOTER_CRC_OFFSET = 40;

/** The longest segment: offsets of blocks are held as 32-bit integers. */
export const MAX_SEGMENT_BYTES = 0xffff_ffff;

/** The longest key in bytes, the same as in a log. */
export const MAX_SEGMENT_KEY_BYTES: number = MAX_RECORD_KEY_BYTES;

const MAGIC = new TextEncoder().encode("PUREKVS\n");
const VERSION_OFFSET = 36;
const MAGIC_OFFSET = 44;

/** Where the parts of a segment lie, in bytes from the start of the file. */
export interface Footer {
  /** Where the data blocks end and the hash pages begin. */
  readonly hashOffset: number;
  readonly indexOffset: number;
  readonly propertiesOffset: number;
  /** Number of hash pages; 0 if the segment has no hash index. */
  readonly hashPages: number;
  /** Slots of each hash page. */
  readonly hashSlots: number;
  /** Seeds the checksums of the sections. */
  readonly salt: number;
}

/** Encodes a footer. */
export function encodeFooter(footer: Footer): Uint8Array {
  const bytes = new Uint8Array(FOOTER_BYTES);
  writeUint64(bytes, 0, footer.hashOffset);
  writeUint64(bytes, 8, footer.indexOffset);
  writeUint64(bytes, 16, footer.propertiesOffset);
  writeUint32(bytes, 24, footer.hashPages);
  writeUint32(bytes, 28, footer.hashSlots);
  writeUint32(bytes, FOOTER_SALT_OFFSET, footer.salt);
  writeUint32(bytes, VERSION_OFFSET, SEGMENT_VERSION);
  writeUint32(
    bytes,
    FOOTER_CRC_OFFSET,
    crc32(bytes.subarray(0, FOOTER_CRC_OFFSET)),
  );
  bytes.set(MAGIC, MAGIC_OFFSET);
  return bytes;
}

/** Whether the bytes of a footer end as those of a segment do. */
export function endsWithMagic(footer: Uint8Array): boolean {
  return MAGIC.every((byte, i) => footer[MAGIC_OFFSET + i] === byte);
}

/**
 * Decodes the footer of the file `name`; `fileOffset` is where its bytes lie. Throws
 * {@linkcode KvCorruptionError} if it is damaged and `KV_UNSUPPORTED` if it is of a newer version.
 * Whether the offsets can be is for the reader to check.
 */
export function decodeFooter(
  bytes: Uint8Array,
  name: string,
  fileOffset: number,
): Footer {
  if (!endsWithMagic(bytes)) {
    throw corruption(
      name,
      fileOffset + MAGIC_OFFSET,
      "it does not end like a segment",
    );
  }
  if (
    crc32(bytes.subarray(0, FOOTER_CRC_OFFSET)) !==
      readUint32(bytes, FOOTER_CRC_OFFSET)
  ) {
    throw corruption(name, fileOffset, "the checksum of the footer is wrong");
  }
  const version = readUint32(bytes, VERSION_OFFSET);
  if (version !== SEGMENT_VERSION) {
    throw new KvError(
      "KV_UNSUPPORTED",
      `Cannot read ${name}: it has segment format ${version}, this engine knows ${SEGMENT_VERSION}`,
    );
  }
  return {
    hashOffset: readUint64(bytes, 0),
    indexOffset: readUint64(bytes, 8),
    propertiesOffset: readUint64(bytes, 16),
    hashPages: readUint32(bytes, 24),
    hashSlots: readUint32(bytes, 28),
    salt: readUint32(bytes, FOOTER_SALT_OFFSET),
  };
}
