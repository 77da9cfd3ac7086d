/**
 * What reads make of an entry for the user.
 *
 * @module
 */
import type { Codec } from "../codec/codec.ts";
import type { EntryView } from "../format/entry.ts";
import type { Codecs } from "./codecs.ts";

/** Makes what makes of an entry what the user gets. */
export type Decoder<K, V, T> = (
  codecs: Codecs<K, V>,
) => (entry: EntryView) => T;

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
): (entry: EntryView) => K {
  return (entry) => decodeKey(keys, entry);
}

/** For scans of values. */
export function valueDecoder<K, V>(
  { values }: Codecs<K, V>,
): (entry: EntryView) => V {
  return (entry) => decodeValue(values, entry);
}

/** For scans of both. */
export function entryDecoder<K, V>(
  { keys, values }: Codecs<K, V>,
): (entry: EntryView) => [K, V] {
  return (entry) => [decodeKey(keys, entry), decodeValue(values, entry)];
}
