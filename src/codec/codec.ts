/**
 * The codec interface: how keys and values of an application become bytes and bytes become keys and values.
 *
 * @module
 */

/**
 * Turns values of type `T` into bytes and back. Keys are ordered by the unsigned bytes of their encoding.
 * `name` is recorded in the store, which can then be opened only with codecs of the same names.
 */
export interface Codec<T> {
  /** Names the encoding, for example `utf8`. A changed encoding needs a changed name. */
  readonly name: string;

  /**
   * Encodes `value` into bytes of its own. Throws {@linkcode KvError} `KV_INVALID_ARGUMENT` for a value
   * that it cannot carry without loss.
   */
  encode(value: T): Uint8Array;

  /** Decodes the bytes of `source` from `start` up to, not including, `end`. Keeps no reference to `source`. */
  decode(source: Uint8Array, start: number, end: number): T;

  /**
   * Optional fast path: encodes `value` into `target` from `offset` on and returns how many bytes that took,
   * or -1 if there may not be room enough (then `encode` is asked). Bytes of `target` past `offset` may be overwritten in any case.
   * Throws as `encode` does.
   */
  encodeInto?(value: T, target: Uint8Array, offset: number): number;
}
