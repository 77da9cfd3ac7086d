import { assert, assertEquals } from "@std/assert";
import {
  compareBytes,
  compareSpans,
  equalSpans,
  sharedPrefixLength,
} from "../../src/bytes/compare.ts";
import { test } from "../harness.ts";

/** In ascending order, with prefixes, zero bytes and both sides of the sign bit. */
const ascending = [
  [],
  [0],
  [0, 0],
  [0, 1],
  [1],
  [0x7f],
  [0x7f, 0xff],
  [0x80],
  [0x80, 0],
  [0xff],
  [0xff, 0xff],
].map((bytes) => Uint8Array.from(bytes));

test("Bytes are ordered as unsigned numbers, a prefix before what it begins", () => {
  ascending.forEach((a, i) =>
    ascending.forEach((b, j) =>
      assertEquals(Math.sign(compareBytes(a, b)), Math.sign(i - j), `${i} ${j}`)
    )
  );
});

test("Spans are compared by their own bytes, whatever lies around them", () => {
  ascending.forEach((a, i) =>
    ascending.forEach((b, j) => {
      const left = surrounded(a, 3, 0xee);
      const right = surrounded(b, 5, 0x11);
      const spans = [left, 3, a.length, right, 5, b.length] as const;
      assertEquals(Math.sign(compareSpans(...spans)), Math.sign(i - j));
      assertEquals(equalSpans(...spans), i === j);
      const shared = sharedPrefixLength(...spans);
      assert(shared <= Math.min(a.length, b.length));
      assertEquals(a.subarray(0, shared), b.subarray(0, shared));
      const next = [a[shared], b[shared]];
      assert(next.includes(undefined) || next[0] !== next[1]);
    })
  );
});

function surrounded(bytes: Uint8Array, offset: number, fill: number) {
  const target = new Uint8Array(offset + bytes.length + 4).fill(fill);
  target.set(bytes, offset);
  return target;
}
