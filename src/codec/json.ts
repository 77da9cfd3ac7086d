/**
 * Values as JSON text.
 *
 * @module
 */
import { KvError } from "../errors.ts";
import { typeName } from "../option_values.ts";
import type { Codec } from "./codec.ts";
import { decodeAscii, utf8 } from "./utf8.ts";

/**
 * Values as JSON in UTF-8, for values rather than keys: the order of the text is not the order of
 * the values.
 *
 * `JSON.stringify` decides what is stored, so within objects and arrays its rules apply: a property
 * that is `undefined`, a function or a symbol is left out (`null` in an array), `NaN` and
 * infinities become `null`, -0 becomes 0, a `Date` becomes a string, a `Map` or a `Set` becomes
 * `{}`, and `toJSON` is called. A value that would be lost entirely is refused: `undefined`, a
 * function, a symbol, `NaN`, an infinity, a `Map`, a `Set` or a typed array by itself; so are
 * bigints and cycles anywhere. The error is a {@linkcode KvError} `KV_INVALID_ARGUMENT` that names
 * the place. A property called `__proto__` is data like any other. `decode` refuses text that is
 * not JSON with `KV_CORRUPTION`.
 *
 * `T` is the type the application claims to store; the codec does not check it.
 *
 * @example Round trip
 * ```ts
 * import { json } from "@purekv/purekv";
 * import { assertEquals } from "@std/assert";
 *
 * const users = json<{ name: string }>();
 * const encoded = users.encode({ name: "Ada" });
 * assertEquals(users.decode(encoded, 0, encoded.length), { name: "Ada" });
 * ```
 */
export function json<T>(): Required<Codec<T>> {
  return {
    name: "json",
    encode: encodeJson,
    decode: decodeJson as Codec<T>["decode"],
    encodeInto: encodeJsonInto,
  };
}

function encodeJson(value: unknown): Uint8Array {
  return utf8.encode(toText(value));
}

function encodeJsonInto(
  value: unknown,
  target: Uint8Array,
  offset: number,
): number {
  return utf8.encodeInto(toText(value), target, offset);
}

/** The `decode` of every {@linkcode json} codec. */
export function decodeJson(
  source: Uint8Array,
  start: number,
  end: number,
): unknown {
  return parseJson(utf8.decode(source, start, end));
}

/** What it answers where all bytes are known to be ASCII. */
export function decodeAsciiJson(
  source: Uint8Array,
  start: number,
  end: number,
): unknown {
  return parseJson(decodeAscii(source, start, end));
}

/** Throws `KV_CORRUPTION` for text that is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KvError(
      "KV_CORRUPTION",
      "Cannot decode JSON: the text is not JSON",
      { cause },
    );
  }
}

function toText(value: unknown): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw refusal(`JSON cannot represent ${value}`);
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw refusal(reasonFor(value, cause), cause);
  }
  if (text === undefined || isLost(value, text)) {
    throw refusal(`JSON cannot represent ${typeName(value)}`);
  }
  return text;
}

/**
 * Whether a value became the object that `text` is only because JSON knows no such thing: a `Map`
 * becomes `{}`, a `Uint8Array` an object of numbers.
 */
function isLost(value: unknown, text: string): boolean {
  if (text !== "{}" && !ArrayBuffer.isView(value)) return false;
  return Object.prototype.toString.call(value) !== "[object Object]" &&
    typeof (value as { toJSON?: unknown }).toJSON !== "function";
}

function refusal(reason: string, cause?: unknown): KvError {
  return new KvError(
    "KV_INVALID_ARGUMENT",
    `Cannot encode as JSON: ${reason}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * What made `JSON.stringify` throw `cause`, found by a second, slower run that keeps track of where
 * it is.
 */
function reasonFor(value: unknown, cause: unknown): string {
  let reason = cause instanceof Error ? cause.message : String(cause);
  const holders: unknown[] = [];
  const path: string[] = [];

  function visit(this: unknown, key: string, member: unknown): unknown {
    const depth = holders.lastIndexOf(this);
    holders.length = path.length = depth === -1 ? holders.length : depth;
    holders.push(this);
    path.push(key);
    // The first holder wraps the value itself, under an empty key.
    const place = path.length === 1
      ? "the value"
      : `the value at ${path.slice(1).join(".")}`;
    if (typeof member === "bigint") reason = `${place} is a bigint`;
    else if (holders.includes(member)) reason = `${place} closes a cycle`;
    return member;
  }

  try {
    JSON.stringify(value, visit);
  } catch {
    // As expected: the reason is known by now, or stays that of the first run.
  }
  return reason;
}
