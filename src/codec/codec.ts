/**
 * The codec interface: converts an application's keys and values to bytes and back.
 *
 * @module
 */

/**
 * Turns values of type `T` into bytes and back. Keys are ordered by the unsigned bytes of their
 * encoding. `name` is recorded in the store, which can then be opened only with codecs of the same
 * names.
 *
 * @example A codec of your own
 * ```ts
 * import { type Codec, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * // Numbers in four bytes, the first one the most significant, so that their order is that of the
 * // bytes.
 * const uint32: Codec<number> = {
 *   name: "uint32",
 *   encode(value) {
 *     const bytes = new Uint8Array(4);
 *     new DataView(bytes.buffer).setUint32(0, value);
 *     return bytes;
 *   },
 *   decode(source, start) {
 *     return new DataView(source.buffer, source.byteOffset + start, 4).getUint32(0);
 *   },
 * };
 * await using db = await open(new MemoryStorage(), { keys: uint32 });
 * await db.put(1000, "later");
 * await db.put(9, "earlier");
 * assertEquals([...db.scanSync()], [[9, "earlier"], [1000, "later"]]);
 * ```
 */
export interface Codec<T> {
  /** Names the encoding, for example `utf8`. A changed encoding needs a changed name. */
  readonly name: string;

  /**
   * Encodes `value` into bytes of its own. Throws {@linkcode KvError} `KV_INVALID_ARGUMENT` for a
   * value that it cannot encode without loss.
   */
  encode(value: T): Uint8Array;

  /**
   * Decodes the bytes of `source` from `start` up to, not including, `end`. Keeps no reference to
   * `source`.
   */
  decode(source: Uint8Array, start: number, end: number): T;

  /**
   * Optional fast path: encodes `value` into `target` from `offset` on and returns the number of
   * bytes written, or -1 if there may not be enough room (then `encode` is called). Bytes of
   * `target` past `offset` may be overwritten in any case. They can hold anything before the call,
   * even data of another value or store: write every byte that you count. Throws like `encode`. In
   * a sorted import `target` is backed by a `SharedArrayBuffer`: write to it, but do not pass it to
   * platform functions that refuse one.
   */
  encodeInto?(value: T, target: Uint8Array, offset: number): number;
}
