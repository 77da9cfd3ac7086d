import type { Codec } from "../codec/codec.ts";
import { utf8 } from "../codec/utf8.ts";
import { invalidArgument } from "../errors.ts";
import type { ManifestState } from "../manifest/manifest_codec.ts";
import type { Storage } from "../storage/storage.ts";
import type { KeyspaceOptions } from "./api/keyspace.ts";
import { checkNames } from "./call_options.ts";
import type { Codecs } from "./reader.ts";

const KEYSPACE_NAMES = ["keys", "values"];

/**
 * Checks a codec that a user gave as the option `option`, and completes one that has no fast path. One that has is used as it is:
 * a function in between costs 5 to 10 % of a put.
 */
function completeCodec<T>(
  codec: Codec<T>,
  option: string,
): Required<Codec<T>> {
  const isCodec = typeof codec === "object" && codec !== null &&
    typeof codec.name === "string" && codec.name !== "" &&
    typeof codec.encode === "function" && typeof codec.decode === "function";
  if (!isCodec) {
    throw invalidArgument(
      `Cannot use option ${option}: it is no codec with name, encode and decode${
        hintFor(codec)
      }`,
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

/** A codec such as `json` is what a function returns, and in other libraries a codec is named by a string. */
function hintFor(codec: unknown): string {
  if (typeof codec === "function") {
    return `, but a function; call ${codec.name || "it"}()`;
  }
  return typeof codec === "string"
    ? `, but a string; give the codec itself: import utf8, bytes, json or tuple`
    : "";
}

function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = codec.encode(value);
  if (bytes instanceof Uint8Array) return bytes;
  throw invalidArgument(
    `Cannot encode with codec ${codec.name}: its encode answered with ${typeof bytes}, not with a Uint8Array`,
  );
}

/** The codecs that options ask for. The types of the presets are those that `open` promises for options without codecs. */
export function codecsOf<K, V>(
  options: { readonly keys?: Codec<K>; readonly values?: Codec<V> },
): Codecs<K, V> {
  const { keys = utf8 as unknown, values = utf8 as unknown } = options;
  return {
    keys: completeCodec(keys as Codec<K>, "keys"),
    values: completeCodec(values as Codec<V>, "values"),
  };
}

/** The codecs that a keyspace is asked for with. */
export function keyspaceCodecs<K, V>(
  options: KeyspaceOptions<K, V>,
): Codecs<K, V> {
  checkNames(options, KEYSPACE_NAMES, "open a keyspace");
  return codecsOf(options);
}

/** Refuses to read a store with other codecs than it was written with. */
export function refuseOtherCodecs<K, V>(
  storage: Storage,
  state: ManifestState,
  { keys, values }: Codecs<K, V>,
): void {
  refuseOtherCodec(storage, "keys", state.keyCodec, keys.name);
  refuseOtherCodec(storage, "values", state.valueCodec, values.name);
}

function refuseOtherCodec(
  storage: Storage,
  what: "keys" | "values",
  stored: string,
  given: string,
): void {
  if (stored === given) return;
  throw invalidArgument(
    `Cannot open ${storage.location}: its ${what} are written with codec ${stored}, option ${what} says ${given}`,
  );
}
