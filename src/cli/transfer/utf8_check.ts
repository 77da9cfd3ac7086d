import { Buffer, isUtf8 } from "node:buffer";
import { sequenceLength } from "../escape.ts";

/** Where the first line begins that is not UTF-8. */
export interface WrongLine {
  readonly number: number;
  /** In bytes from the start. */
  readonly offset: number;
}

const LINE_END = 0x0a;
const RETURN = 0x0d;
const UTF16_MARK = [0xff, 0xfe] as const;

/** Passes bytes on as they are, and finds the first line of them that is not UTF-8. */
export class Utf8Check {
  /** Found before the bytes of that line are passed on. */
  wrong: WrongLine | undefined;
  /** Of the line that goes on. */
  #number = 1;
  #offset = 0;
  /** Bytes that were looked at. */
  #seen = 0;
  #isBehindReturn = false;
  /** The beginning of a character, or of a mark. */
  #cut: Uint8Array = new Uint8Array();
  #isUtf16 = false;

  /** The bytes of `input`. */
  async *through(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of input) {
      this.#add(chunk);
      yield chunk;
    }
    if (this.#cut.length > 0) this.#fail();
  }

  #add(chunk: Uint8Array): void {
    if (this.wrong !== undefined || this.#isUtf16) return;
    const bytes = Buffer.concat([this.#cut, chunk]);
    const end = this.#seen === 0 && this.#mayBeUtf16(bytes)
      ? 0
      : wholeLength(bytes);
    this.#cut = bytes.subarray(this.#isUtf16 ? bytes.length : end);
    this.#look(bytes.subarray(0, end));
  }

  /** The parser of CSV knows a file of UTF-16 by a mark in the first two bytes. */
  #mayBeUtf16(bytes: Uint8Array): boolean {
    const first = bytes.subarray(0, UTF16_MARK.length);
    const isMark = first.every((byte, i) => byte === UTF16_MARK[i]);
    this.#isUtf16 = isMark && first.length === UTF16_MARK.length;
    return isMark;
  }

  #look(bytes: Uint8Array): void {
    const isText = isUtf8(bytes);
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === LINE_END || byte === RETURN) {
        if (!isText && !isUtf8(bytes.subarray(start, at))) return this.#fail();
        start = at + 1;
        if (byte === RETURN || !this.#isBehindReturn) this.#number++;
        this.#offset = this.#seen + start;
      }
      this.#isBehindReturn = byte === RETURN;
    }
    if (!isText && !isUtf8(bytes.subarray(start))) return this.#fail();
    this.#seen += bytes.length;
  }

  #fail(): void {
    this.wrong ??= { number: this.#number, offset: this.#offset };
  }
}

/** How many bytes there are before a character that is not there as a whole. */
function wholeLength(bytes: Uint8Array): number {
  let at = bytes.length - 1;
  while (at >= bytes.length - 3 && (bytes[at]! & 0xc0) === 0x80) at--;
  return at >= 0 && at + sequenceLength(bytes[at]!) > bytes.length
    ? at
    : bytes.length;
}
