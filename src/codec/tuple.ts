/**
 * Tuples as keys that sort part by part.
 *
 * @module
 */
import { invalidArgument } from "../errors.ts";
import { typeName } from "../option_values.ts";
import type { Codec } from "./codec.ts";
import { TupleReader } from "./tuple_reader.ts";
import { writeTuple } from "./tuple_writer.ts";

/** What a {@linkcode Tuple} can hold. */
export type TuplePart =
  | null
  | Uint8Array
  | string
  | number
  | bigint
  | boolean
  | Tuple;

/** A key of several parts, which sorts by its first part, then by its second, and so on. */
export type Tuple = readonly TuplePart[];

/**
 * Tuples as keys that sort part by part; a tuple sorts before longer ones that begin with it, and
 * its encoding is a prefix of theirs and of no others. So `scan({ prefix: ["user"] })` finds
 * `["user", 1]`, but not `["users"]`.
 *
 * Parts of different types sort in the order that Deno KV documents, with null first and tuples
 * last: null, `Uint8Array`, string, number, bigint, boolean, tuple. Within a type:
 * - `Uint8Array`: by unsigned bytes;
 * - string: by code point;
 * - number: by value, infinities included; -0 is stored as 0. The number 1 and the bigint 1n are
 *   different keys;
 * - bigint: by value, up to 255 bytes (magnitude below 2^2040);
 * - boolean: false before true;
 * - tuple: by these rules, up to 32 levels including the outermost.
 *
 * Refused with {@linkcode KvError} `KV_INVALID_ARGUMENT`, which names the part: `NaN`, strings with
 * lone surrogates, `undefined` and other types, and parts beyond these limits. `decode` refuses
 * bytes that are not a tuple with `KV_CORRUPTION`.
 *
 * @example Numbers sort as numbers
 * ```ts
 * import { tuple } from "@purekv/purekv";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const nine = tuple.encode(["order", 9]);
 * const ten = tuple.encode(["order", 10]);
 * const differs = nine.findIndex((byte, index) => byte !== ten[index]);
 * assert(nine[differs]! < ten[differs]!);
 * assertEquals(tuple.decode(ten, 0, ten.length), ["order", 10]);
 * ```
 */
export const tuple: Required<Codec<Tuple>> = {
  name: "tuple",
  encode: encodeTuple,
  decode: decodeTuple,
  encodeInto: encodeTupleInto,
};

/** Enough for most keys; tuples that need more get a buffer of their own. */
const scratch = new Uint8Array(512);

function encodeTuple(value: Tuple): Uint8Array {
  let target = scratch;
  let length = encodeTupleInto(value, target, 0);
  while (length === -1) {
    target = new Uint8Array(target.length * 4);
    length = encodeTupleInto(value, target, 0);
  }
  return target.slice(0, length);
}

function encodeTupleInto(
  value: Tuple,
  target: Uint8Array,
  offset: number,
): number {
  if (!Array.isArray(value)) {
    throw invalidArgument(
      `Cannot encode as a tuple: expected an array, got ${typeName(value)}`,
    );
  }
  const end = writeTuple(value, target, offset);
  return end === -1 ? -1 : end - offset;
}

function decodeTuple(source: Uint8Array, start: number, end: number): Tuple {
  return new TupleReader(source, start, end).readAll();
}
