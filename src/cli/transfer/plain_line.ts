/**
 * Lines of NDJSON that need no JSON parser, as nearly all are that programs write: two strings
 * without an escape. Their bytes are those of the key and the value, so nothing is decoded, parsed
 * and encoded again. `load` is faster by half for it.
 *
 *     {"key":"user:1","value":"Alice"}      one blank behind each colon and the comma is fine
 *
 * @module
 */
import type { EntryBytes } from "./entry.ts";

const encoder = new TextEncoder();
const BEFORE_KEY = encoder.encode('{"key":');
const BEFORE_VALUE = encoder.encode('"value":');
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const CLOSING_BRACE = 0x7d;
const BLANK = 0x20;
const RETURN = 0x0d;

/** Reads lines out of bytes that are UTF-8, without making a string of them. */
export class PlainLines {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /**
   * The entry that the bytes from `start` to `end`, without the end of the line, are; `undefined`
   * if that takes a parser to tell.
   */
  entryAt(start: number, end: number): EntryBytes | undefined {
    this.#at = start;
    if (!this.#takeAll(BEFORE_KEY)) return undefined;
    const key = this.#takeString(end);
    if (key === undefined || !this.#take(COMMA)) return undefined;
    this.#skipBlank();
    if (!this.#takeAll(BEFORE_VALUE)) return undefined;
    const value = this.#takeString(end);
    if (value === undefined || !this.#take(CLOSING_BRACE)) return undefined;
    if (this.#at < end) this.#take(RETURN);
    return this.#at === end ? [key, value] : undefined;
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at++;
    return true;
  }

  #takeAll(expected: Uint8Array): boolean {
    for (let i = 0; i < expected.length; i++) {
      if (this.#bytes[this.#at + i] !== expected[i]) return false;
    }
    this.#at += expected.length;
    return true;
  }

  #skipBlank(): void {
    if (this.#bytes[this.#at] === BLANK) this.#at++;
  }

  /** The bytes of a string without escapes. */
  #takeString(end: number): Uint8Array | undefined {
    this.#skipBlank();
    if (!this.#take(QUOTE)) return undefined;
    const bytes = this.#bytes;
    const start = this.#at;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#at = at + 1;
        return bytes.subarray(start, at);
      }
      // A control character is none of JSON: the parser says so.
      if (byte === BACKSLASH || byte < BLANK) return undefined;
    }
    return undefined;
  }
}
