/**
 * Codecs: the keys and values of every put and get go through them. Run with
 * `deno bench bench/codec_bench.ts`. Each iteration encodes or decodes 1,000 values, so that the
 * clock costs nothing: read µs as ns a value.
 */
import { bytes } from "../src/codec/bytes.ts";
import type { Codec } from "../src/codec/codec.ts";
import { json } from "../src/codec/json.ts";
import { tuple } from "../src/codec/tuple.ts";
import { utf8 } from "../src/codec/utf8.ts";

const COUNT = 1_000;

/** Stops the compiler from leaving out what nobody reads. */
let sink = 0;

function benchCodec<T>(
  group: string,
  codec: Required<Codec<T>>,
  make: (index: number) => T,
): void {
  const values = Array.from({ length: COUNT }, (_, index) => make(index));
  const target = new Uint8Array(4_096);
  Deno.bench({ group, name: `${group}: encodeInto` }, () => {
    for (let i = 0; i < COUNT; i++) {
      sink += codec.encodeInto(values[i]!, target, i % 64);
    }
  });
  Deno.bench({ group, name: `${group}: encode` }, () => {
    for (let i = 0; i < COUNT; i++) sink += codec.encode(values[i]!).length;
  });
  const encoded = values.map((value) => codec.encode(value));
  Deno.bench({ group, name: `${group}: decode` }, () => {
    for (let i = 0; i < COUNT; i++) {
      const source = encoded[i]!;
      if (codec.decode(source, 0, source.length) === undefined) sink++;
    }
  });
}

function text(index: number, length: number): string {
  return String(index).padStart(length, "key:");
}

benchCodec("utf8, 16 ASCII", utf8, (index) => text(index, 16));
benchCodec("utf8, 100 ASCII", utf8, (index) => text(index, 100));
benchCodec("utf8, 16 not ASCII", utf8, (index) => text(index, 15) + "ü");
benchCodec("bytes, 16", bytes, (index) => new Uint8Array(16).fill(index));
benchCodec("bytes, 100", bytes, (index) => new Uint8Array(100).fill(index));
benchCodec(
  "json, small object",
  json<object>(),
  (index) => ({ id: index, name: "Ada", tags: ["a", "b"] }),
);
benchCodec("tuple, [string, number]", tuple, (index) => ["user", index]);
benchCodec(
  "tuple, [string, bigint, bytes]",
  tuple,
  (index) => ["user", BigInt(index), Uint8Array.of(index, 0, 1)],
);
