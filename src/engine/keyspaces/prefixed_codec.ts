import type { Codec } from "../../codec/codec.ts";
import type { Codecs } from "../codecs/codecs.ts";

/** The codecs of a keyspace: keys stand behind its prefix. */
export function codecsBehind<K, V>(
  { keys, values }: Codecs<K, V>,
  prefix: Uint8Array,
): Codecs<K, V> {
  return { keys: prefixedCodec(keys, prefix), values };
}

/**
 * The codec of keys that stand behind `prefix`: as fast as `codec` but for the bytes of the prefix,
 * which are two for all but the latest of many keyspaces.
 */
function prefixedCodec<K>(
  codec: Required<Codec<K>>,
  prefix: Uint8Array,
): Required<Codec<K>> {
  const { length } = prefix;
  const first = prefix[0]!;
  const second = prefix[1]!;
  return {
    name: codec.name,
    encode: (key) => {
      const encoded = codec.encode(key);
      const whole = new Uint8Array(length + encoded.length);
      whole.set(prefix);
      whole.set(encoded, length);
      return whole;
    },
    encodeInto: (key, target, offset) => {
      if (target.length - offset < length) return -1;
      target[offset] = first;
      target[offset + 1] = second;
      for (let i = 2; i < length; i++) target[offset + i] = prefix[i]!;
      const written = codec.encodeInto(key, target, offset + length);
      return written < 0 ? -1 : length + written;
    },
    decode: (source, start, end) => codec.decode(source, start + length, end),
  };
}
