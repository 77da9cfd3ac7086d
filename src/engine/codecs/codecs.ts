import type { Codec } from "../../codec/codec.ts";
import { json } from "../../codec/json.ts";
import { utf8 } from "../../codec/utf8.ts";
import { invalidArgument } from "../../errors.ts";
import type { ManifestState } from "../../manifest/manifest_codec.ts";
import { checkNames, typeName } from "../../option_values.ts";
import type { Storage } from "../../storage/storage.ts";

/** The codecs of a store, complete. */
export interface Codecs<K, V> {
  readonly keys: Required<Codec<K>>;
  readonly values: Required<Codec<V>>;
}

/** The codecs that options give; those that they leave out are `utf8`. */
export interface GivenCodecs<K, V> {
  readonly keys?: Codec<K> | undefined;
  readonly values?: Codec<V> | undefined;
}

const KEYSPACE_NAMES = ["keys", "values"];

/**
 * Checks a codec that a user gave as the option `option`, and completes one that has no fast path.
 * One that has is used as it is: a function in between costs 5 to 10 % of a put.
 */
function completeCodec<T>(
  codec: Codec<T>,
  option: string,
): Required<Codec<T>> {
  if (!isCodec(codec)) {
    throw invalidArgument(
      `Cannot use option ${option}: expected a codec with name, encode and decode, got ${
        typeName(codec)
      }; ${hintFor(codec)}`,
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

function isCodec(codec: unknown): codec is Codec<unknown> {
  const { name, encode, decode } = (codec ?? {}) as Partial<Codec<unknown>>;
  return typeof codec === "object" && typeof name === "string" && name !== "" &&
    typeof encode === "function" && typeof decode === "function";
}

/**
 * A codec such as `json` is what a function returns, and in other libraries a codec is named by a
 * string.
 */
function hintFor(codec: unknown): string {
  return codec === json
    ? "call json()"
    : "give the codec itself: utf8, bytes, tuple, json() or one of your own";
}

/**
 * Refuses a codec in the place of the options, as other libraries take one; `action` is what could
 * not be done.
 */
export function refuseCodec(options: unknown, action: string): void {
  if (!isCodec(options)) return;
  throw invalidArgument(
    `Cannot ${action}: the options are a codec; give it as option keys or values: { values: ${
      asWritten(options.name)
    } }`,
  );
}

/** What a codec of ours is called where it is used. */
function asWritten(name: string): string {
  return name === "json" ? "json()" : name;
}

function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const bytes = codec.encode(value);
  if (bytes instanceof Uint8Array) return bytes;
  throw invalidArgument(
    `Cannot encode with codec ${codec.name}: its encode must return a Uint8Array, got ${
      typeName(bytes)
    }`,
  );
}

/**
 * The codecs that options ask for. The types of the presets are those that `open` promises for
 * options without codecs.
 */
export function codecsOf<K, V>(options: GivenCodecs<K, V>): Codecs<K, V> {
  const { keys = utf8 as unknown, values = utf8 as unknown } = options;
  return {
    keys: completeCodec(keys as Codec<K>, "keys"),
    values: completeCodec(values as Codec<V>, "values"),
  };
}

/** The codecs that a keyspace is asked for with. */
export function keyspaceCodecs<K, V>(
  options: GivenCodecs<K, V>,
): Codecs<K, V> {
  refuseCodec(options, "open a keyspace");
  checkNames(options, KEYSPACE_NAMES, "open a keyspace");
  return codecsOf(options);
}

/** Refuses to read a store with other codecs than it was written with. */
export function refuseOtherCodecs<K, V>(
  storage: Storage,
  state: ManifestState,
  { keys, values }: Codecs<K, V>,
): void {
  const { location } = storage;
  refuseOtherCodec(location, "keys", state.keyCodec, keys.name);
  refuseOtherCodec(location, "values", state.valueCodec, values.name);
}

/** Refuses to read `what` with another codec than it was written with. */
export function refuseOtherCodec(
  place: string,
  what: "keys" | "values",
  stored: string,
  given: string,
): void {
  if (stored === given) return;
  throw invalidArgument(
    `Cannot open ${place}: its ${what} are written with codec ${stored}, but option ${what} says ${given}; open it with ${what}: ${
      asWritten(stored)
    }`,
  );
}
