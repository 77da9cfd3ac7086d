import { VarintReader } from "../bytes/varint.ts";
import { corruption, type KvCorruptionError } from "../errors.ts";
import { MANIFEST_NAME } from "../format/file_names.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import { MAX_BOUND_BYTES } from "../format/key_range.ts";
import { MAX_STORED_KEY_BYTES } from "../options.ts";

/** Reads the body of a manifest field by field, and never past its end. */
export class BodyReader {
  readonly #bytes: Uint8Array;
  readonly #varints: VarintReader;
  /** Where the field that was read last starts, for error messages. */
  #fieldOffset: number;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#varints = new VarintReader(bytes, start, bytes.length);
    this.#fieldOffset = start;
  }

  /** Bytes behind the field that was read last. */
  get left(): number {
    return this.#bytes.length - this.#varints.offset;
  }

  /** Makes the error for a field that was read last and makes no sense. */
  damage(problem: string): KvCorruptionError {
    return corruption(MANIFEST_NAME, this.#fieldOffset, problem);
  }

  /** Reads an integer of 0 to `MAX_SEQUENCE`. */
  number(field: string): number {
    this.#fieldOffset = this.#varints.offset;
    const value = this.#varints.read();
    if (value <= MAX_SEQUENCE) return value;
    throw this.damage(`${field} is cut off or too large`);
  }

  /** Reads a copy of the next `length` bytes. */
  bytes(length: number, field: string): Uint8Array {
    this.#fieldOffset = this.#varints.offset;
    if (length > this.left) throw this.damage(`${field} is cut off`);
    const start = this.#varints.offset;
    this.#varints.offset += length;
    return this.#bytes.slice(start, start + length);
  }

  /** Reads a key behind its length. */
  key(field: string): Uint8Array {
    return this.#sized(field, MAX_STORED_KEY_BYTES);
  }

  /** Reads the bound of a range behind its length. */
  bound(field: string): Uint8Array {
    return this.#sized(field, MAX_BOUND_BYTES);
  }

  #sized(field: string, most: number): Uint8Array {
    const length = this.number(field);
    if (length > most) throw this.damage(`${field} is too long`);
    return this.bytes(length, field);
  }

  /** Reads a text behind its length. */
  name(field: string): string {
    const bytes = this.bytes(this.bytes(1, field)[0]!, field);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(bytes);
    } catch {
      throw this.damage(`${field} is not UTF-8`);
    }
  }
}

/**
 * Sees to it that no file is named twice, and that none has a number that is still to be given out.
 */
export class FileNumbers {
  readonly #reader: BodyReader;
  readonly #next: number;
  readonly #seen = new Set<number>();

  constructor(reader: BodyReader, next: number) {
    this.#reader = reader;
    this.#next = next;
  }

  /** Takes note of a file number that `reader` has just read. */
  add(number: number): void {
    if (number < 1 || number >= this.#next) {
      throw this.#reader.damage(
        `file number ${number} is not below the next file number`,
      );
    }
    if (this.#seen.has(number)) {
      throw this.#reader.damage(`file number ${number} is there twice`);
    }
    this.#seen.add(number);
  }
}
