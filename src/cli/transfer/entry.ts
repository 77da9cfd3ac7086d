import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from "../../options.ts";
import type { Form } from "../form.ts";

/** The forms of the keys and the values of a store. */
export interface Forms {
  readonly keys: Form;
  readonly values: Form;
}

/** A key and its value, as bytes. */
export type EntryBytes = readonly [key: Uint8Array, value: Uint8Array];

/**
 * Reads entries from the bytes of a file, as many at once as a chunk of it holds: to wait for each
 * takes longer than to read it. Errors say where in the file; the entries before that place come
 * first.
 */
export type EntryReader = (
  input: AsyncIterable<Uint8Array>,
  forms: Forms,
) => AsyncIterable<Iterable<EntryBytes>>;

/** The longest line that is read: a key and a value with every byte escaped. */
export const MAX_LINE_BYTES: number = Math.min(
  2 ** 29 - 32,
  6 * (MAX_KEY_BYTES + MAX_VALUE_BYTES),
);
