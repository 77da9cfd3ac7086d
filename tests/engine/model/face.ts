import { Buffer } from "node:buffer";
import { bytes } from "../../../src/codec/bytes.ts";
import type { Codec } from "../../../src/codec/codec.ts";
import { json } from "../../../src/codec/json.ts";
import { tuple } from "../../../src/codec/tuple.ts";
import { utf8 } from "../../../src/codec/utf8.ts";

/** Keys and values as an application has them, and as the model has them: strings of one character a byte. */
export interface Face<K = unknown, V = unknown> {
  readonly keys: Codec<K>;
  readonly values: Codec<V>;
  keyOf(text: string): K;
  textOfKey(key: K): string;
  /** @param text ASCII. */
  valueOf(text: string): V;
  textOfValue(value: V): string;
}

/** Bytes to bytes: every key there can be. */
export const bytesFace: Face = face<Uint8Array, Uint8Array>({
  keys: bytes,
  values: bytes,
  keyOf: fromLatin1,
  textOfKey: toLatin1,
  valueOf: fromLatin1,
  textOfValue: toLatin1,
});

/** Text to text: the presets of a store. */
export const textFace: Face = face<string, string>({
  keys: utf8,
  values: utf8,
  keyOf: (text) => utf8.decode(fromLatin1(text), 0, text.length),
  textOfKey: (key) => toLatin1(utf8.encode(key)),
  valueOf: (text) => text,
  textOfValue: (value) => value,
});

/** Tuples to objects. */
export const tupleFace: Face = face<readonly unknown[], { text: string }>({
  keys: tuple as unknown as Codec<readonly unknown[]>,
  values: json<{ text: string }>(),
  keyOf: (text) => tuple.decode(fromLatin1(text), 0, text.length),
  textOfKey: (key) => toLatin1(tuple.encode(key as never)),
  valueOf: (text) => ({ text }),
  textOfValue: (value) => value.text,
});

/** Strings of one character a byte, out of bytes. */
export function toLatin1(source: Uint8Array): string {
  return Buffer.from(source.buffer, source.byteOffset, source.length)
    .toString("latin1");
}

function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

/** Forgets the types: one run serves all faces. */
function face<K, V>(face: Face<K, V>): Face {
  return face as unknown as Face;
}
