/**
 * What reads make of an entry for the user.
 *
 * @module
 */
import { asciiDecoderOf } from "../../codec/ascii.ts";
import type { Codec } from "../../codec/codec.ts";
import {
  type EntryView,
  KEYS_AND_VALUES,
  NO_PARTS,
} from "../../format/entry.ts";
import type { Codecs } from "./codecs.ts";

/** Whether this runtime cuts strings out of others without a copy: see `BlockText`. */
const CUTS_ARE_FAST = !("Bun" in globalThis);

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
function decodeValue<V>(
  codec: Codec<V>,
  { valueBuffer, valueOffset, valueLength }: EntryView,
): V {
  return codec.decode(valueBuffer, valueOffset, valueOffset + valueLength);
}

/** For scans of keys. */
export function keyDecoder<K, V>({ keys }: Codecs<K, V>): Decode<K> {
  return keyDecoderBy(keys, asciiKeyDecoder(keys));
}

function keyDecoderBy<K>(
  keys: Codec<K>,
  ofAscii: Decode<K> | undefined,
): Decode<K> {
  if (ofAscii === undefined) return (entry) => decodeKey(keys, entry);
  return (entry) =>
    entry.asciiParts === KEYS_AND_VALUES
      ? ofAscii(entry)
      : decodeKey(keys, entry);
}

/** For scans of values. */
export function valueDecoder<K, V>({ values }: Codecs<K, V>): Decode<V> {
  return valueDecoderBy(values, scannedAsciiDecoder(values));
}

/** For values that are looked up. */
export function lookedUpDecoder<K, V>({ values }: Codecs<K, V>): Decode<V> {
  return valueDecoderBy(values, asciiValueDecoder(values));
}

function valueDecoderBy<V>(
  values: Codec<V>,
  ofAscii: Decode<V> | undefined,
): Decode<V> {
  if (ofAscii === undefined) return (entry) => decodeValue(values, entry);
  return (entry) =>
    entry.asciiParts === NO_PARTS ? decodeValue(values, entry) : ofAscii(entry);
}

/**
 * For scans of both. Whether both are ASCII is asked once: asked for each, scans take 6 to 12 %
 * more in Bun and Deno.
 */
export function entryDecoder<K, V>(
  { keys, values }: Codecs<K, V>,
): Decode<[K, V]> {
  const asciiKeyOf = asciiKeyDecoder(keys);
  const asciiValueOf = scannedAsciiDecoder(values);
  const keyOf = keyDecoderBy(keys, asciiKeyOf);
  const valueOf = valueDecoderBy(values, asciiValueOf);
  if (asciiKeyOf === undefined || asciiValueOf === undefined) {
    return (entry) => [keyOf(entry), valueOf(entry)];
  }
  return (entry) =>
    entry.asciiParts === KEYS_AND_VALUES
      ? [asciiKeyOf(entry), asciiValueOf(entry)]
      : [keyOf(entry), valueOf(entry)];
}

/** For keys that are known to be ASCII, if there is something faster than their codec. */
function asciiKeyDecoder<K>(codec: Codec<K>): Decode<K> | undefined {
  const decode = asciiDecoderOf(codec)?.decode;
  return decode &&
    (({ keyBuffer, keyOffset, keyLength }) =>
      decode(keyBuffer, keyOffset, keyOffset + keyLength));
}

/** The same for values. */
function asciiValueDecoder<V>(codec: Codec<V>): Decode<V> | undefined {
  const decode = asciiDecoderOf(codec)?.decode;
  return decode &&
    (({ valueBuffer, valueOffset, valueLength }) =>
      decode(valueBuffer, valueOffset, valueOffset + valueLength));
}

/** The same for values of a scan, which lie side by side. */
function scannedAsciiDecoder<V>(codec: Codec<V>): Decode<V> | undefined {
  const fromText = asciiDecoderOf(codec)?.fromText;
  return fromText !== undefined && CUTS_ARE_FAST
    ? (entry) => fromText(entry.asciiValue())
    : asciiValueDecoder(codec);
}
