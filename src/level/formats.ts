import { Buffer } from "node:buffer";
import { bytes } from "../codec/bytes.ts";
import type { Codec } from "../codec/codec.ts";
import { utf8 } from "../codec/utf8.ts";
import type { Codecs } from "../engine/codecs/codecs.ts";

/** The formats in which abstract-level hands keys and values over and wants them back. */
export type Format = "utf8" | "buffer" | "view";

/** As what keys or values are read: in a format, or not at all. */
export type Form = Format | "none";

/** A key or a value in one of the formats; `undefined` stands for what is not read. */
export type Data = string | Uint8Array | undefined;

/**
 * All faces of a store take keys and values in every format; what they differ in is how they give
 * them back.
 */
type DataCodecs = Codecs<Data, Data>;

/** Level reads any bytes as text if it is asked to. */
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

const codecs: Readonly<Record<Form, Required<Codec<Data>>>> = {
  utf8: codecWith(decodeText),
  buffer: codecWith(decodeBuffer),
  view: codecWith(bytes.decode),
  none: codecWith(() => undefined),
};

const forms = Object.keys(codecs) as Form[];

/** A `Codecs` for each pair of forms, made once, so that it can be told from others by identity. */
const pairs = Object.fromEntries(
  forms.map((keys) => [
    keys,
    Object.fromEntries(
      forms.map((values) => [
        values,
        { keys: codecs[keys], values: codecs[values] },
      ]),
    ),
  ]),
) as Readonly<Record<Form, Readonly<Record<Form, DataCodecs>>>>;

/** The bytes of a key or value. Those of a `Uint8Array` are not copied. */
export function encodeData(data: Data): Uint8Array {
  return typeof data === "string"
    ? utf8.encode(data)
    : bytes.encode(data as Uint8Array);
}

/**
 * Readers of the same state, one for each way to give keys and values back. Made when they are
 * first asked for.
 */
export class Faces<R> {
  readonly #make: (codecs: DataCodecs) => R;
  readonly #made = new Map<DataCodecs, R>();

  constructor(make: (codecs: DataCodecs) => R) {
    this.#make = make;
  }

  /** The face that gives keys and values back in these forms. */
  of(keys: Form, values: Form): R {
    const pair = pairs[keys][values];
    let face = this.#made.get(pair);
    if (face === undefined) {
      face = this.#make(pair);
      this.#made.set(pair, face);
    }
    return face;
  }

  /** Those that have been asked for. */
  made(): Iterable<R> {
    return this.#made.values();
  }
}

function codecWith(decode: Codec<Data>["decode"]): Required<Codec<Data>> {
  return { name: bytes.name, encode: encodeData, encodeInto, decode };
}

function encodeInto(data: Data, target: Uint8Array, offset: number): number {
  return typeof data === "string"
    ? utf8.encodeInto(data, target, offset)
    : bytes.encodeInto(data as Uint8Array, target, offset);
}

function decodeText(source: Uint8Array, start: number, end: number): string {
  try {
    return utf8.decode(source, start, end);
  } catch {
    return lenientDecoder.decode(source.subarray(start, end));
  }
}

function decodeBuffer(source: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(source.subarray(start, end));
}
