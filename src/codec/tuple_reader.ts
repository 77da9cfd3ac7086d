/** Reads the parts of a tuple. See tuple_format.ts for the bytes. */
import { KvError } from "../errors.ts";
import { bytes } from "./bytes.ts";
import type { Tuple, TuplePart } from "./tuple.ts";
import {
  BYTES,
  END,
  ESCAPE,
  ESCAPED_SHIFT,
  FALSE,
  MAX_DEPTH,
  NEGATIVE_BIGINT,
  NULL,
  NUMBER,
  POSITIVE_BIGINT,
  STRING,
  TRUE,
  TUPLE,
  ZERO_BIGINT,
} from "./tuple_format.ts";
import { utf8 } from "./utf8.ts";

const scratch = new DataView(new ArrayBuffer(8));

/**
 * Reads one tuple. Accepts nothing that the writer does not write, so that each tuple has one
 * encoding.
 */
export class TupleReader {
  readonly #source: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #at: number;

  constructor(source: Uint8Array, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.#at = start;
  }

  /** The tuple that all the bytes hold. Throws `KV_CORRUPTION` if they hold none. */
  readAll(): Tuple {
    const parts: TuplePart[] = [];
    while (this.#at < this.#end) parts.push(this.#readPart(1));
    return parts;
  }

  #readPart(depth: number): TuplePart {
    const type = this.#source[this.#at++]!;
    switch (type) {
      case NULL:
        return null;
      case BYTES:
        return this.#readBytes();
      case STRING:
        return this.#readString();
      case NUMBER:
        return this.#readNumber();
      case NEGATIVE_BIGINT:
        return -this.#readMagnitude(0xff);
      case ZERO_BIGINT:
        return 0n;
      case POSITIVE_BIGINT:
        return this.#readMagnitude(0);
      case FALSE:
        return false;
      case TRUE:
        return true;
      case TUPLE:
        return this.#readTuple(depth + 1);
      default:
        this.#at--;
        throw this.#damage(`unknown type ${type}`);
    }
  }

  #readTuple(depth: number): Tuple {
    if (depth > MAX_DEPTH) {
      throw this.#damage(`tuples nest more than ${MAX_DEPTH} deep`);
    }
    const parts: TuplePart[] = [];
    while (this.#at < this.#end) {
      if (this.#source[this.#at] === END) {
        this.#at++;
        return parts;
      }
      parts.push(this.#readPart(depth));
    }
    throw this.#damage("a tuple is not terminated");
  }

  #readString(): string {
    const start = this.#at;
    const escapes = this.#skipEscaped();
    const last = this.#at - 1;
    if (escapes === 0) return utf8.decode(this.#source, start, last);
    const plain = this.#unescape(start, last, escapes);
    return utf8.decode(plain, 0, plain.length);
  }

  #readBytes(): Uint8Array {
    const start = this.#at;
    const escapes = this.#skipEscaped();
    const last = this.#at - 1;
    return escapes === 0
      ? bytes.decode(this.#source, start, last)
      : this.#unescape(start, last, escapes);
  }

  /** Moves behind the end of an escaped span and answers how many escapes are in it. */
  #skipEscaped(): number {
    const source = this.#source;
    const end = this.#end;
    let escapes = 0;
    let at = this.#at;
    while (at < end) {
      const byte = source[at++]!;
      if (byte > ESCAPE) continue;
      if (byte === END) {
        this.#at = at;
        return escapes;
      }
      const escaped = at < end ? source[at++]! - ESCAPED_SHIFT : -1;
      if (escaped !== END && escaped !== ESCAPE) {
        this.#at = at - 1;
        throw this.#damage("an escape precedes a byte that needs none");
      }
      escapes++;
    }
    this.#at = end;
    throw this.#damage("a string or a byte string is not terminated");
  }

  #unescape(start: number, end: number, escapes: number): Uint8Array {
    const plain = new Uint8Array(end - start - escapes);
    let at = start;
    for (let i = 0; i < plain.length; i++) {
      const byte = this.#source[at++]!;
      plain[i] = byte === ESCAPE ? this.#source[at++]! - ESCAPED_SHIFT : byte;
    }
    return plain;
  }

  #readNumber(): number {
    const at = this.#take(8);
    const source = this.#source;
    const flip = source[at]! < 0x80 ? 0xff : 0;
    scratch.setUint8(0, source[at]! ^ (flip | 0x80));
    for (let i = 1; i < 8; i++) scratch.setUint8(i, source[at + i]! ^ flip);
    const value = scratch.getFloat64(0);
    if (value !== value || Object.is(value, -0)) {
      this.#at = at;
      throw this.#damage("a number is NaN or -0, which are never written");
    }
    return value;
  }

  #readMagnitude(flip: number): bigint {
    const source = this.#source;
    const length = source[this.#take(1)]! ^ flip;
    const first = this.#take(length);
    if (length === 0 || source[first] === flip) {
      this.#at = first;
      throw this.#damage("a bigint starts with a zero byte or has none");
    }
    let magnitude = 0n;
    let at = first;
    for (let size = length % 4; at < first + length; size = 4) {
      let part = 0;
      for (const stop = at + size; at < stop; at++) {
        part = part * 256 + (source[at]! ^ flip);
      }
      magnitude = (magnitude << 32n) | BigInt(part);
    }
    return magnitude;
  }

  /** Moves over `size` bytes and answers where they start. */
  #take(size: number): number {
    const at = this.#at;
    if (size > this.#end - at) {
      throw this.#damage(`the bytes end inside a part that needs ${size}`);
    }
    this.#at = at + size;
    return at;
  }

  #damage(problem: string): KvError {
    return new KvError(
      "KV_CORRUPTION",
      `Cannot decode a tuple: ${problem}, at byte ${this.#at - this.#start}`,
    );
  }
}
