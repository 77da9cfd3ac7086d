/**
 * Bytes as they are.
 *
 * @module
 */
import { invalidArgument } from "../errors.ts";
import { typeName } from "../option_values.ts";
import type { Codec } from "./codec.ts";

/**
 * Bytes as they are, in any `Uint8Array`, including a `Buffer`, one of another realm, or one over a
 * `SharedArrayBuffer`.
 *
 * `encode` returns its argument without copying it: the engine copies it before `put` or `get`
 * returns, so it can be changed or reused right after. `decode` returns a plain `Uint8Array` over
 * its own buffer, which can be changed and transferred. Anything but a `Uint8Array`, and one whose
 * buffer was transferred, is refused with {@linkcode KvError} `KV_INVALID_ARGUMENT`.
 *
 * @example Round trip
 * ```ts
 * import { bytes } from "@purekv/purekv";
 * import { assertEquals } from "@std/assert";
 *
 * const source = Uint8Array.of(9, 1, 2, 9);
 * assertEquals(bytes.decode(source, 1, 3), Uint8Array.of(1, 2));
 * ```
 */
export const bytes: Required<Codec<Uint8Array>> = {
  name: "bytes",
  encode: encodeBytes,
  decode: decodeBytes,
  encodeInto: encodeBytesInto,
};

/**
 * Whether `value` is a `Uint8Array` of whatever realm; `instanceof` knows those of its own only.
 */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) &&
    (value as Partial<Uint8Array>)[Symbol.toStringTag] === "Uint8Array";
}

function encodeBytes(value: Uint8Array): Uint8Array {
  requireBytes(value);
  return value;
}

function encodeBytesInto(
  value: Uint8Array,
  target: Uint8Array,
  offset: number,
): number {
  requireBytes(value);
  if (value.length > target.length - offset) return -1;
  target.set(value, offset);
  return value.length;
}

function decodeBytes(
  source: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  // `slice` is the fastest copy, but that of a Buffer is a view and that of a subclass is of its
  // kind.
  return source.constructor === Uint8Array
    ? source.slice(start, end)
    : new Uint8Array(source.subarray(start, end));
}

function requireBytes(value: unknown): void {
  if (!isBytes(value)) {
    throw invalidArgument(
      `Cannot encode as bytes: expected a Uint8Array, got ${typeName(value)}`,
    );
  }
  // A transferred buffer looks like an empty one: storing that would lose the value in silence.
  if (value.length === 0 && isDetached(value.buffer)) {
    throw invalidArgument(
      "Cannot encode as bytes: the buffer of the Uint8Array was transferred away",
    );
  }
}

function isDetached(buffer: ArrayBufferLike): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached;
}
