/**
 * Tuples as JSON. Strings, finite numbers, booleans, null and nested tuples are what they are in
 * JSON; the rest are objects with one property:
 *
 *     {"bytes": "00ff"}  {"bigint": "12345678901234567890"}  {"number": "-Infinity"}
 *
 * @module
 */
import { hexOf, parseHex } from "../bytes/hex.ts";
import { invalidArgument } from "../errors.ts";
import { typeName } from "../option_values.ts";
import type { Tuple, TuplePart } from "./tuple.ts";

/** No less than the depth that the codec allows; beyond it, it is refused there. */
const MAX_DEPTH = 64;

/**
 * No more digits than the codec can carry, or not by many: to read them takes time that grows with
 * their square.
 */
const INTEGER = /^-?\d{1,700}$/;
const INFINITY = /^-?Infinity$/;

/**
 * What `JSON.stringify` is given for a tuple. Throws `KV_INVALID_ARGUMENT` for parts that
 * {@linkcode tupleOfJson} would not bring back.
 */
export function jsonOfTuple(tuple: Tuple, depth = 0): unknown[] {
  if (depth > MAX_DEPTH) {
    throw invalidArgument("the tuple is too deep, or contains itself");
  }
  // Not `map`, which passes over holes.
  return Array.from(
    tuple,
    (part) =>
      Array.isArray(part) ? jsonOfTuple(part, depth + 1) : jsonOfPart(part),
  );
}

function jsonOfPart(part: TuplePart): unknown {
  if (typeof part === "string" || typeof part === "boolean") return part;
  if (part === null || Number.isFinite(part)) return part;
  if (part instanceof Uint8Array) return { bytes: hexOf(part) };
  if (typeof part === "bigint") return { bigint: integerText(part) };
  if (part === Infinity || part === -Infinity) return { number: String(part) };
  const what = typeof part === "number" ? "NaN" : typeName(part);
  throw invalidArgument(`a part is ${what}`);
}

function integerText(part: bigint): string {
  const text = String(part);
  if (INTEGER.test(text)) return text;
  throw invalidArgument("a bigint has more digits than a tuple can carry");
}

/**
 * The tuple that a value from `JSON.parse` stands for. Throws `KV_INVALID_ARGUMENT` if it stands
 * for none.
 */
export function tupleOfJson(value: unknown, depth = 0): Tuple {
  if (!Array.isArray(value) || depth > MAX_DEPTH) {
    throw invalidArgument("a tuple is a JSON array");
  }
  return value.map((part) =>
    Array.isArray(part) ? tupleOfJson(part, depth + 1) : partOfJson(part)
  );
}

function partOfJson(part: unknown): TuplePart {
  if (typeof part !== "object" || part === null) return part as TuplePart;
  const [entry, ...others] = Object.entries(part);
  if (entry !== undefined && others.length === 0) {
    const [type, text] = entry;
    if (typeof text === "string") {
      if (type === "bigint" && INTEGER.test(text)) return BigInt(text);
      if (type === "number" && INFINITY.test(text)) return Number(text);
      const bytes = type === "bytes" ? parseHex(text) : undefined;
      if (bytes !== undefined) return bytes;
    }
  }
  throw invalidArgument(
    `a part is an object, but none of {"bytes": hex}, {"bigint": digits} and {"number": "Infinity"}`,
  );
}
