/**
 * Text that shows any bytes on one line of a terminal, and can be typed back in: what cannot be
 * read as it stands is written `\\`, `\n`, `\r`, `\t`, `\xHH` for a byte or `\u{HEX}` for a
 * character.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { UsageError } from "./failure.ts";

/**
 * Characters that a line of text must not hold as they are: controls, invisible ones, those that
 * change the direction, line ends.
 */
const SPECIAL = /[\p{C}\p{Zl}\p{Zp}\\]/gu;
const ESCAPE =
  /\\(?:([\\nrt])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|(.?))/gsu;
const NAMED: Readonly<Record<string, string>> = {
  "\\": "\\",
  n: "\n",
  r: "\r",
  t: "\t",
};
const NAMES = new Map(
  Object.entries(NAMED).map(([name, text]) => [text, `\\${name}`]),
);
const MAX_CODE_POINT = 0x10ffff;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes as text on one line. */
export function escapeBytes(bytes: Uint8Array): string {
  const text = decoded(bytes);
  return text === undefined ? escapeMixed(bytes) : escapeAll(text);
}

/** A name, of a keyspace or a codec, on one line. */
export function escapeName(name: string): string {
  return escapeAll(name);
}

/** A message on one line: as it is but for what would disturb a terminal. */
export function escapeText(text: string): string {
  return text.replace(
    SPECIAL,
    (character) => character === "\\" ? character : escapeOne(character),
  );
}

/** The bytes that a text with escapes stands for; `what` names it in the message if it is none. */
export function unescapeBytes(text: string, what: string): Uint8Array {
  if (!text.includes("\\")) return encoded(text, what);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const match of text.matchAll(ESCAPE)) {
    parts.push(encoded(text.slice(at, match.index), what));
    parts.push(unescapeOne(match, what));
    at = match.index + match[0].length;
  }
  parts.push(encoded(text.slice(at), what));
  return new Uint8Array(Buffer.concat(parts));
}

function unescapeOne(match: RegExpExecArray, what: string): Uint8Array {
  const [whole, name, byte, codePoint] = match;
  if (name !== undefined) return encoder.encode(NAMED[name]);
  if (byte !== undefined) return Uint8Array.of(parseInt(byte, 16));
  const code = parseInt(codePoint ?? "", 16);
  if (code <= MAX_CODE_POINT) return encoded(String.fromCodePoint(code), what);
  throw new UsageError(
    `Cannot read the ${what}: unknown escape ${whole}; write \\\\ for a backslash`,
  );
}

function encoded(text: string, what: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  throw new UsageError(`Cannot read the ${what}: it holds a lone surrogate`);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function escapeAll(text: string): string {
  return text.replace(SPECIAL, escapeOne);
}

function escapeOne(character: string): string {
  const code = character.codePointAt(0)!;
  return NAMES.get(character) ??
    (code < 0x80 ? hexEscape(code) : `\\u{${code.toString(16)}}`);
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}

/** Bytes that are only partly UTF-8. */
function escapeMixed(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes[at]!);
    const character = decoded(bytes.subarray(at, at + length));
    text += character === undefined
      ? hexEscape(bytes[at]!)
      : escapeAll(character);
    at += character === undefined ? 1 : length;
  }
  return text;
}

/** How many bytes a character of UTF-8 takes that begins with this one. */
export function sequenceLength(first: number): number {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
