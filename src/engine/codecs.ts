import type { Codec } from "../codec/codec.ts";
import { invalidArgument } from "../errors.ts";

/**
 * Checks a codec that a user gave as the option `option`, and completes one that has no fast path. One that has is used as it is:
 * a function in between costs 5 to 10 % of a put.
 */
export function completeCodec<T>(
  codec: Codec<T>,
  option: string,
): Required<Codec<T>> {
  const isCodec = typeof codec === "object" && codec !== null &&
    typeof codec.name === "string" && codec.name !== "" &&
    typeof codec.encode === "function" && typeof codec.decode === "function";
  if (!isCodec) {
    throw invalidArgument(
      `Cannot use option ${option}: it is no codec with name, encode and decode`,
    );
  }
  if (codec.encodeInto !== undefined) return codec as Required<Codec<T>>;
  return {
    name: codec.name,
    encode: (value) => encode(codec, value),
    decode: (source, start, end) => codec.decode(source, start, end),
    encodeInto: (value, target, offset) => {
      const bytes = encode(codec, value);
      if (bytes.length > target.length - offset) return -1;
      target.set(bytes, offset);
      return bytes.length;
    },
  };
}

function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = codec.encode(value);
  if (bytes instanceof Uint8Array) return bytes;
  throw invalidArgument(
    `Cannot encode with codec ${codec.name}: its encode answered with ${typeof bytes}, not with a Uint8Array`,
  );
}
