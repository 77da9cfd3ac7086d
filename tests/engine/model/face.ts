import { Buffer } from "node:buffer";
import { bytes } from "../../../src/codec/bytes.ts";
import type { Codec } from "../../../src/codec/codec.ts";
import { json } from "../../../src/codec/json.ts";
import { tuple } from "../../../src/codec/tuple.ts";
import { utf8 } from "../../../src/codec/utf8.ts";
import type { RangeOptions } from "../../../src/engine/api/ranges.ts";
import type { ModelRange } from "./model.ts";

/**
 * Keys and values as an application has them, and as the model has them: strings of one character a
 * byte.
 */
export interface Face<K = unknown, V = unknown> {
  readonly keys: Codec<K>;
  readonly values: Codec<V>;
  keyOf(text: string): K;
  textOfKey(key: K): string;
  /** @param text ASCII. */
  valueOf(text: string): V;
  textOfValue(value: V): string;
  /** One of many keys right behind `text`, ascending with `n`, which is below 10,000. */
  keyBehind(text: string, n: number): string;
}

/** Bytes to bytes: every key there can be. */
export const bytesFace: Face = face<Uint8Array, Uint8Array>({
  keys: bytes,
  values: bytes,
  keyOf: fromLatin1,
  textOfKey: toLatin1,
  valueOf: fromLatin1,
  textOfValue: toLatin1,
  keyBehind: lengthened,
});

/** Text to text: the presets of a store. */
export const textFace: Face = face<string, string>({
  keys: utf8,
  values: utf8,
  keyOf: (text) => utf8.decode(fromLatin1(text), 0, text.length),
  textOfKey: (key) => toLatin1(utf8.encode(key)),
  valueOf: (text) => text,
  textOfValue: (value) => value,
  keyBehind: lengthened,
});

/** Tuples to objects. */
export const tupleFace: Face = face<readonly unknown[], { text: string }>({
  keys: tuple as unknown as Codec<readonly unknown[]>,
  values: json<{ text: string }>(),
  keyOf: (text) => tuple.decode(fromLatin1(text), 0, text.length),
  textOfKey: (key) => toLatin1(tuple.encode(key as never)),
  valueOf: (text) => ({ text }),
  textOfValue: (value) => value.text,
  keyBehind: (text, n) => text + toLatin1(tuple.encode([null, n])),
});

/** Strings of one character a byte, out of bytes. */
export function toLatin1(source: Uint8Array): string {
  return Buffer.from(source.buffer, source.byteOffset, source.length)
    .toString("latin1");
}

/** A range as the range options of the engine say it. */
export function encodedRange(
  { keyOf }: Face,
  range: ModelRange,
): RangeOptions<unknown> {
  return Object.fromEntries(
    Object.entries(range).map(([name, text]) => [name, keyOf(text)]),
  );
}

function lengthened(text: string, n: number): string {
  return `${text}\0${String(n).padStart(4, "0")}`;
}

function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Forgets the types: one run serves all faces. */
function face<K, V>(face: Face<K, V>): Face {
  return face as unknown as Face;
}
