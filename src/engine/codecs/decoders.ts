/**
 * What reads make of an entry for the user.
 *
 * @module
 */
import type { Codec } from "../../codec/codec.ts";
import type { EntryView } from "../../format/entry.ts";
import type { Codecs } from "./codecs.ts";

/** Makes what the user gets of an entry. */
export type Decode<T> = (entry: EntryView) => T;

/** Makes a {@linkcode Decode} for codecs. */
export type Decoder<K, V, T> = (codecs: Codecs<K, V>) => Decode<T>;

function decodeKey<K>(
  codec: Codec<K>,
  { keyBuffer, keyOffset, keyLength }: EntryView,
): K {
  return codec.decode(keyBuffer, keyOffset, keyOffset + keyLength);
}

/** The value of an entry. */
export function decodeValue<V>(
  codec: Codec<V>,
  { valueBuffer, valueOffset, valueLength }: EntryView,
): V {
  return codec.decode(valueBuffer, valueOffset, valueOffset + valueLength);
}

/** For scans of keys. */
export function keyDecoder<K, V>(
  { keys }: Codecs<K, V>,
): Decode<K> {
  return (entry) => decodeKey(keys, entry);
}

/** For scans of values. */
export function valueDecoder<K, V>(
  { values }: Codecs<K, V>,
): Decode<V> {
  return (entry) => decodeValue(values, entry);
}

/** For scans of both. */
export function entryDecoder<K, V>(
  { keys, values }: Codecs<K, V>,
): Decode<[K, V]> {
  return (entry) => [decodeKey(keys, entry), decodeValue(values, entry)];
}
