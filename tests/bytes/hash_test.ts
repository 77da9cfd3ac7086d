import { assertEquals } from "@std/assert";
import { hashSpan } from "../../src/bytes/hash.ts";
import { test } from "../harness.ts";

/** Published values of MurmurHash3_x86_32 with seed 0. */
const published: readonly (readonly [Uint8Array, number])[] = [
  [Uint8Array.of(), 0],
  [Uint8Array.of(0), 0x514e28b7],
  [Uint8Array.of(0, 0), 0x30f4c306],
  [Uint8Array.of(0, 0, 0), 0x85f0b427],
  [Uint8Array.of(0, 0, 0, 0), 0x2362f9de],
  [Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0x76293b50],
  [Uint8Array.of(0x21), 0x72661cf4],
  [Uint8Array.of(0x21, 0x43), 0xa0f7b07a],
  [Uint8Array.of(0x21, 0x43, 0x65), 0x7e4a8634],
  [Uint8Array.of(0x21, 0x43, 0x65, 0x87), 0xf55b516b],
  [text("test"), 0xba6bd213],
  [text("Hello, world!"), 0xc0363e43],
  [text("The quick brown fox jumps over the lazy dog"), 0x2e4ff723],
];

test("Keys are hashed as MurmurHash3 says, since segments keep what follows from it", () => {
  for (const [bytes, hash] of published) {
    assertEquals(hashSpan(bytes, 0, bytes.length), hash, `${bytes}`);
  }
});

test("The hash of a span depends on nothing around it", () => {
  for (const [bytes, hash] of published) {
    for (const offset of [1, 2, 3, 4, 5]) {
      for (const fill of [0, 0xff]) {
        const around = new Uint8Array(offset + bytes.length + 5).fill(fill);
        around.set(bytes, offset);
        assertEquals(hashSpan(around, offset, bytes.length), hash);
      }
    }
  }
});

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
