/**
 * Tuples as JSON. Strings, finite numbers, booleans, null and nested tuples are what they are in JSON; the rest are objects with one property:
 *
 *     {"bytes": "00ff"}  {"bigint": "12345678901234567890"}  {"number": "-Infinity"}
 *
 * @module
 */
import type { Tuple, TuplePart } from "../codec/tuple.ts";
import { bytesOfHex, hexOf } from "./hex.ts";
import { DataError } from "./failure.ts";

/** The same depth as the codec allows; beyond it, it is refused there. */
const MAX_DEPTH = 64;

/** No more digits than the codec can carry, or not by many: to read them takes time that grows with their square. */
const INTEGER = /^-?\d{1,700}$/;
const INFINITY = /^-?Infinity$/;

/** What `JSON.stringify` is given for a tuple. */
export function jsonOfTuple(tuple: Tuple): unknown[] {
  return tuple.map(jsonOfPart);
}

function jsonOfPart(part: TuplePart): unknown {
  if (part instanceof Uint8Array) return { bytes: hexOf(part) };
  if (typeof part === "bigint") return { bigint: String(part) };
  if (typeof part === "number") {
    return Number.isFinite(part) ? part : { number: String(part) };
  }
  return Array.isArray(part) ? jsonOfTuple(part) : part;
}

/** The tuple that a value from `JSON.parse` stands for. */
export function tupleOfJson(value: unknown, what: string, depth = 0): Tuple {
  if (!Array.isArray(value) || depth > MAX_DEPTH) {
    throw new DataError(`Cannot read the ${what}: a tuple is a JSON array`);
  }
  return value.map((part) =>
    Array.isArray(part)
      ? tupleOfJson(part, what, depth + 1)
      : partOfJson(part, what)
  );
}

function partOfJson(part: unknown, what: string): TuplePart {
  if (typeof part !== "object" || part === null) return part as TuplePart;
  const [entry, ...others] = Object.entries(part);
  if (entry !== undefined && others.length === 0) {
    const [type, text] = entry;
    if (typeof text === "string") {
      if (type === "bytes") return bytesOfHex(text, what);
      if (type === "bigint" && INTEGER.test(text)) return BigInt(text);
      if (type === "number" && INFINITY.test(text)) return Number(text);
    }
  }
  throw new DataError(
    `Cannot read the ${what}: a part is an object, but none of {"bytes": hex}, {"bigint": digits} and {"number": "Infinity"}`,
  );
}
