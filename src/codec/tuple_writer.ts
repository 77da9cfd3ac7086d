/** Writes the parts of a tuple. See tuple_format.ts for the bytes. */
import { invalidArgument, KvError } from "../errors.ts";
import { typeName } from "../option_values.ts";
import { bytes, isBytes } from "./bytes.ts";
import type { Tuple, TuplePart } from "./tuple.ts";
import {
  BYTES,
  END,
  ESCAPE,
  ESCAPED_SHIFT,
  FALSE,
  MAX_DEPTH,
  MAX_MAGNITUDE_BYTES,
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

const MAGNITUDE_LIMIT = 1n << BigInt(8 * MAX_MAGNITUDE_BYTES);

const scratch = new DataView(new ArrayBuffer(8));

/** Why a part was refused and where it is, gathered on the way out of the nested tuples. */
class RefusedPart {
  readonly path: number[] = [];
  readonly reason: KvError;

  constructor(reason: KvError) {
    this.reason = reason;
  }
}

/**
 * Writes `tuple` to `target` from `offset` on. Answers with the offset behind it, or -1 if there
 * may not be room enough. Throws `KV_INVALID_ARGUMENT` for a part that a tuple cannot hold.
 */
export function writeTuple(
  tuple: Tuple,
  target: Uint8Array,
  offset: number,
): number {
  try {
    const end = writeParts(tuple, target, offset, 1);
    return end > target.length ? -1 : end;
  } catch (error) {
    if (!(error instanceof RefusedPart)) throw error;
    const { path, reason } = error;
    throw new KvError(
      "KV_INVALID_ARGUMENT",
      `Cannot encode part ${path.join(".")} of the tuple: ${reason.message}`,
      { cause: reason },
    );
  }
}

/**
 * Does not look at the room, since stores past the end of a `Uint8Array` do nothing: an offset past
 * the end of `target` says that it was too small, as the -1 of another codec does.
 */
function writeParts(
  tuple: Tuple,
  target: Uint8Array,
  offset: number,
  depth: number,
): number {
  let at = offset;
  let i = 0;
  try {
    for (; i < tuple.length && at !== -1; i++) {
      at = writePart(tuple[i]!, target, at, depth);
    }
  } catch (error) {
    throw atPart(i, error);
  }
  return at;
}

function atPart(index: number, error: unknown): unknown {
  const refused = error instanceof KvError ? new RefusedPart(error) : error;
  if (refused instanceof RefusedPart) refused.path.unshift(index);
  return refused;
}

function writePart(
  part: TuplePart,
  target: Uint8Array,
  at: number,
  depth: number,
): number {
  switch (typeof part) {
    case "string":
      target[at] = STRING;
      return closeEscaped(
        target,
        at + 1,
        utf8.encodeInto(part, target, at + 1),
      );
    case "number":
      return writeNumber(part, target, at);
    case "bigint":
      return writeBigint(part, target, at);
    case "boolean":
      target[at] = part ? TRUE : FALSE;
      return at + 1;
    case "object":
      return writeObject(part, target, at, depth);
    default:
      throw invalidArgument(`a tuple cannot hold ${typeName(part)}`);
  }
}

function writeObject(
  part: null | Uint8Array | Tuple,
  target: Uint8Array,
  at: number,
  depth: number,
): number {
  if (part === null) {
    target[at] = NULL;
    return at + 1;
  }
  if (isBytes(part)) {
    target[at] = BYTES;
    return closeEscaped(target, at + 1, bytes.encodeInto(part, target, at + 1));
  }
  if (!Array.isArray(part)) {
    throw invalidArgument(`a tuple cannot hold ${typeName(part)}`);
  }
  if (depth === MAX_DEPTH) {
    throw invalidArgument(`tuples nest at most ${MAX_DEPTH} deep`);
  }
  target[at] = TUPLE;
  const end = writeParts(part, target, at + 1, depth + 1);
  if (end === -1) return -1;
  target[end] = END;
  return end + 1;
}

/**
 * Escapes in place the `length` bytes that were written at `start`, and ends them. A length of -1
 * is passed on.
 */
function closeEscaped(
  target: Uint8Array,
  start: number,
  length: number,
): number {
  if (length === -1) return -1;
  const plainEnd = start + length;
  let end = plainEnd;
  for (let i = start; i < plainEnd; i++) {
    if (target[i]! <= ESCAPE) end++;
  }
  target[end] = END;
  // From the back, as far as bytes have to move.
  let to = end;
  for (let from = plainEnd; to > from;) {
    const byte = target[--from]!;
    if (byte > ESCAPE) {
      target[--to] = byte;
    } else {
      target[--to] = byte + ESCAPED_SHIFT;
      target[--to] = ESCAPE;
    }
  }
  return end + 1;
}

function writeNumber(part: number, target: Uint8Array, at: number): number {
  if (part !== part) throw invalidArgument("NaN cannot be ordered");
  // Adding 0 makes 0 of -0 and nothing of anything else.
  scratch.setFloat64(0, part + 0);
  const high = scratch.getInt32(0);
  const low = scratch.getInt32(4);
  const flip = high >> 31;
  const flippedHigh = high ^ (flip | 0x8000_0000);
  const flippedLow = low ^ flip;
  target[at] = NUMBER;
  target[at + 1] = flippedHigh >>> 24;
  target[at + 2] = flippedHigh >>> 16;
  target[at + 3] = flippedHigh >>> 8;
  target[at + 4] = flippedHigh;
  target[at + 5] = flippedLow >>> 24;
  target[at + 6] = flippedLow >>> 16;
  target[at + 7] = flippedLow >>> 8;
  target[at + 8] = flippedLow;
  return at + 9;
}

function writeBigint(part: bigint, target: Uint8Array, at: number): number {
  if (part === 0n) {
    target[at] = ZERO_BIGINT;
    return at + 1;
  }
  const negative = part < 0n;
  const magnitude = negative ? -part : part;
  if (magnitude >= MAGNITUDE_LIMIT) {
    throw invalidArgument(
      `a bigint can take ${MAX_MAGNITUDE_BYTES} bytes at most`,
    );
  }
  const length = magnitudeLength(magnitude);
  const flip = negative ? 0xff : 0;
  target[at] = negative ? NEGATIVE_BIGINT : POSITIVE_BIGINT;
  target[at + 1] = length ^ flip;
  const first = at + 2;
  let rest = magnitude;
  for (let i = first + length; i > first;) {
    // Takes the lowest 64 bits.
    scratch.setBigUint64(0, rest);
    rest >>= 64n;
    for (let j = 7; j >= 0 && i > first; j--) {
      target[--i] = scratch.getUint8(j) ^ flip;
    }
  }
  return first + length;
}

/** How many bytes a bigint above zero takes. */
function magnitudeLength(magnitude: bigint): number {
  let length = 4;
  let rest = magnitude;
  while (rest > 0xffff_ffffn) {
    rest >>= 32n;
    length += 4;
  }
  return length - (Math.clz32(Number(rest)) >>> 3);
}
