/**
 * Where keyspaces lie among the keys of a store: behind all others, each behind a prefix of its
 * own.
 *
 *     of a keyspace    | FF | id | the user's key |
 *     of the catalogue | FF | 00 | name |
 *
 *     id, from 1 on    | id |                              below 248
 *                      | 247 + n | n bytes, big-endian |   others
 *
 * So ids sort as the numbers that they are, and none is the beginning of another. No id begins with
 * FF: what lies there is kept for later.
 *
 * @module
 */
import { successorOfPrefix } from "../../bytes/prefix.ts";
import type { KeyRange } from "../../format/key_range.ts";

/** The first byte of all keys that are in a keyspace or in the catalogue. */
export const RESERVED_BYTE = 0xff;

/** Up to where keys lie that are in no keyspace. */
export const RESERVED_START: Uint8Array = Uint8Array.of(RESERVED_BYTE);

/** In front of the names in the catalogue. */
export const CATALOGUE_PREFIX: Uint8Array = Uint8Array.of(RESERVED_BYTE, 0);

/** The largest id that fits into one byte. */
const LARGEST_SHORT_ID = 247;

/** The bytes in front of all keys of the keyspace `id`. */
export function prefixOf(id: number): Uint8Array {
  if (id <= LARGEST_SHORT_ID) return Uint8Array.of(RESERVED_BYTE, id);
  const bytes: number[] = [];
  for (let rest = id; rest > 0; rest = Math.floor(rest / 256)) {
    bytes.unshift(rest % 256);
  }
  return Uint8Array.of(
    RESERVED_BYTE,
    LARGEST_SHORT_ID + bytes.length,
    ...bytes,
  );
}

/** All keys behind `prefix`. */
export function rangeBehind(prefix: Uint8Array): KeyRange {
  return { lower: prefix, upper: successorOfPrefix(prefix) };
}

/**
 * Who sees no write past this sequence number sees none at all: how a keyspace is read that is not
 * there, for other keys may lie in its place.
 */
export const BEFORE_ALL_WRITES = -1;
