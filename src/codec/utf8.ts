/**
 * Strings as UTF-8: the default codec of a store.
 *
 * @module
 */
import { Buffer, isAscii } from "node:buffer";
import { invalidArgument, KvError } from "../errors.ts";
import { typeName } from "../option_values.ts";
import type { Codec } from "./codec.ts";

/**
 * The natives behind `Buffer`. They work on every `Uint8Array`, so neither a `subarray` nor a
 * `Buffer` has to be made for a call. The typings of Node leave them out.
 */
interface NativeText {
  utf8Write(text: string, offset: number, length: number): number;
  utf8Slice(start: number, end: number): string;
  latin1Slice(start: number, end: number): string;
}

const { utf8Write, utf8Slice, latin1Slice } = Buffer
  .prototype as unknown as NativeText;

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

const IS_DENO = "Deno" in globalThis;

/**
 * Up to this many characters a loop is faster than the call of a native, beyond it the native is.
 * Measured with ASCII: they meet between 32 and 64 characters in Bun and Node. In Deno, whose
 * native takes longer, at 80.
 */
const LOOP_ENCODE_MAX = IS_DENO ? 72 : 48;

/** The same for decoding, where the loop only looks for what is not ASCII. */
const LOOP_DECODE_MAX = 32;

/**
 * Deno's native for UTF-8 takes 1 ns a byte of more than 256, where the one for Latin-1 takes 0.1,
 * as does a look at whether they are ASCII: 1 KiB of it takes half the time, 16 KiB a fifth. In Bun
 * and Node the natives do that by themselves.
 */
const ASCII_DECODE_MIN = IS_DENO ? 400 : Infinity;

/** How many bytes {@linkcode decodeCodes} takes at once. */
const CODES = 16;

/**
 * Where `String.fromCharCode` is compiled inline, it makes a short string faster than a native can
 * be called: measured with 6 to 16 characters, 31 to 50 ns against 60 to 85 in Deno and Node.
 * JavaScriptCore takes 70 ns against 35.
 */
const CODES_ARE_FAST = !("Bun" in globalThis);

/**
 * Strings as UTF-8. Keys sort by code point.
 *
 * What UTF-8 cannot represent is refused, not replaced: a string with a lone surrogate, and
 * anything but a string, with {@linkcode KvError} `KV_INVALID_ARGUMENT`. `decode` refuses bytes
 * that are not UTF-8 with `KV_CORRUPTION`. A byte order mark is a character like any other.
 *
 * @example Round trip
 * ```ts
 * import { utf8 } from "@purekv/purekv";
 * import { assertEquals } from "@std/assert";
 *
 * const encoded = utf8.encode("größe");
 * assertEquals(encoded.length, 7);
 * assertEquals(utf8.decode(encoded, 0, encoded.length), "größe");
 * ```
 */
export const utf8: Required<Codec<string>> = {
  name: "utf8",
  encode: encodeText,
  decode: decodeText,
  encodeInto: encodeTextInto,
};

function encodeText(value: string): Uint8Array {
  requireString(value);
  if (value.length <= LOOP_ENCODE_MAX) {
    // ASCII, mostly: a native call takes three times as long.
    const short = new Uint8Array(value.length);
    if (encodeTextInto(value, short, 0) >= 0) return short;
  }
  const encoded = encoder.encode(value);
  requireWellFormed(value, encoded.length);
  return encoded;
}

function encodeTextInto(
  value: string,
  target: Uint8Array,
  offset: number,
): number {
  requireString(value);
  const length = value.length;
  const room = target.length - offset;
  if (length > room) return -1;
  if (length > LOOP_ENCODE_MAX) {
    return encodePlainInto(value, target, offset, room);
  }
  let seen = 0;
  let i = 0;
  for (const last = length - 3; i < last; i += 4) {
    const at = offset + i;
    const a = value.charCodeAt(i);
    const b = value.charCodeAt(i + 1);
    const c = value.charCodeAt(i + 2);
    const d = value.charCodeAt(i + 3);
    seen |= a | b | c | d;
    target[at] = a;
    target[at + 1] = b;
    target[at + 2] = c;
    target[at + 3] = d;
  }
  for (; i < length; i++) {
    const code = value.charCodeAt(i);
    seen |= code;
    target[offset + i] = code;
  }
  return seen < 0x80 ? length : encodePlainInto(value, target, offset, room);
}

/** The path for every string: what the loop for short ASCII must agree with. */
function encodePlainInto(
  value: string,
  target: Uint8Array,
  offset: number,
  room: number,
): number {
  // No UTF-16 unit takes more than three bytes.
  if (room < value.length * 3 && room < Buffer.byteLength(value)) return -1;
  const written = utf8Write.call(target, value, offset, room);
  requireWellFormed(value, written);
  return written;
}

function decodeText(source: Uint8Array, start: number, end: number): string {
  if (end - start <= LOOP_DECODE_MAX) {
    let seen = 0;
    for (let i = start; i < end; i++) seen |= source[i]!;
    if (seen < 0x80) return decodeAscii(source, start, end);
  } else if (
    end - start >= ASCII_DECODE_MIN && isAscii(source.subarray(start, end))
  ) {
    return latin1Slice.call(source, start, end);
  }
  const text = utf8Slice.call(source, start, end);
  // The native puts U+FFFD in the place of bytes that are not UTF-8; without one, all of them were.
  return text.indexOf("\ufffd") < 0 ? text : decodeStrictly(source, start, end);
}

/** What `decode` answers where all bytes are known to be ASCII. */
export function decodeAscii(
  source: Uint8Array,
  start: number,
  end: number,
): string {
  const isShort = end - start <= CODES && start + CODES <= source.length;
  return isShort && CODES_ARE_FAST
    ? decodeCodes(source, start, end - start)
    : latin1Slice.call(source, start, end);
}

/** Decodes up to {@linkcode CODES} bytes of ASCII, of which all that follow are there. */
function decodeCodes(
  source: Uint8Array,
  start: number,
  length: number,
): string {
  const text = String.fromCharCode(
    source[start]!,
    source[start + 1]!,
    source[start + 2]!,
    source[start + 3]!,
    source[start + 4]!,
    source[start + 5]!,
    source[start + 6]!,
    source[start + 7]!,
    source[start + 8]!,
    source[start + 9]!,
    source[start + 10]!,
    source[start + 11]!,
    source[start + 12]!,
    source[start + 13]!,
    source[start + 14]!,
    source[start + 15]!,
  );
  return length === CODES ? text : text.substring(0, length);
}

function decodeStrictly(
  source: Uint8Array,
  start: number,
  end: number,
): string {
  try {
    return strictDecoder.decode(source.subarray(start, end));
  } catch (cause) {
    throw new KvError(
      "KV_CORRUPTION",
      "Cannot decode text: the bytes are not UTF-8",
      { cause },
    );
  }
}

function requireString(value: unknown): void {
  if (typeof value !== "string") {
    throw invalidArgument(
      `Cannot encode as UTF-8: expected a string, got ${
        typeName(value)
      }; for other types give open or keyspace other codecs, such as keys: tuple, values: json()`,
    );
  }
}

/**
 * As many bytes as UTF-16 units means that all are ASCII, which spares most strings the search for
 * surrogates.
 */
function requireWellFormed(value: string, byteLength: number): void {
  if (byteLength === value.length || value.isWellFormed()) return;
  throw invalidArgument(
    `String holds a lone surrogate at index ${
      loneSurrogateIndex(value)
    }, which UTF-8 cannot carry`,
  );
}

function loneSurrogateIndex(value: string): number {
  let index = 0;
  for (const character of value) {
    if (!character.isWellFormed()) break;
    index += character.length;
  }
  return index;
}
