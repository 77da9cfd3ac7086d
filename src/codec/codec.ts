/**
 * The codec interface: how keys and values of an application become bytes and bytes become keys and values.
 *
 * @module
 */

/**
 * Turns values of type `T` into bytes and back. Keys are ordered by the unsigned bytes of their encoding.
 * `name` is recorded in the store, which can then be opened only with codecs of the same names.
 *
 * @example A codec of your own
 * ```ts
 * import { type Codec, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * // Dates in eight bytes whose order is that of the dates.
 * const dates: Codec<Date> = {
 *   name: "date",
 *   encode(date) {
 *     const bytes = new Uint8Array(8);
 *     // Unsigned: the first of January 1970 lies in the middle.
 *     new DataView(bytes.buffer).setBigUint64(0, BigInt(date.getTime()) + 2n ** 63n);
 *     return bytes;
 *   },
 *   decode(source, start, end) {
 *     const view = new DataView(source.buffer, source.byteOffset + start, end - start);
 *     return new Date(Number(view.getBigUint64(0) - 2n ** 63n));
 *   },
 * };
 * await using db = await open(new MemoryStorage(), { keys: dates });
 * await db.put(new Date("2026-05-01"), "later");
 * await db.put(new Date("1969-07-20"), "earlier");
 * const [[first] = []] = db.scanSync();
 * assertEquals(first, new Date("1969-07-20"));
 * ```
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
