import { writeVarint } from "../bytes/varint.ts";
import { MANIFEST_NAME } from "../format/file_names.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";

/** Writes the body of a manifest field by field, into bytes that are sure to have the room. */
export class BodyWriter {
  readonly #bytes: Uint8Array;
  /** Where the next field begins. */
  offset: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.offset = start;
  }

  /** Writes an integer of 0 to `MAX_SEQUENCE`; refuses what would come back as another number. */
  number(value: number): void {
    if (!(Number.isInteger(value) && value >= 0 && value <= MAX_SEQUENCE)) {
      throw new Error(
        `Cannot write ${MANIFEST_NAME}: ${value} is out of bounds`,
      );
    }
    this.offset = writeVarint(this.#bytes, this.offset, value);
  }

  byte(value: number): void {
    this.#bytes[this.offset++] = value;
  }

  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.offset);
    this.offset += bytes.length;
  }

  /** Writes a key, or the bound of a range, behind its length. */
  key(key: Uint8Array): void {
    this.number(key.length);
    this.bytes(key);
  }
}
