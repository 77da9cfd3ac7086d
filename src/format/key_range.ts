import { MAX_STORED_KEY_BYTES } from "../options.ts";

/**
 * A range of encoded keys: from `lower` on, up to but not including `upper`; `undefined` leaves a
 * side open.
 */
export interface KeyRange {
  readonly lower: Uint8Array | undefined;
  readonly upper: Uint8Array | undefined;
}

/** The longest bound of a range, in bytes: the first byte string behind the longest key. */
export const MAX_BOUND_BYTES: number = MAX_STORED_KEY_BYTES + 1;

/** The first byte string behind `key`. */
export function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
