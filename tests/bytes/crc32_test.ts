import { assert, assertEquals } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import { test } from "../harness.ts";

const encoder = new TextEncoder();

test("crc32 is the checksum of IEEE 802.3", () => {
  assertEquals(crc32(new Uint8Array(0)), 0);
  assertEquals(crc32(encoder.encode("a")), 0xe8b7be43);
  assertEquals(crc32(encoder.encode("123456789")), 0xcbf43926);
  assertEquals(crc32(new Uint8Array(32)), 0x190a55ad);
  assertEquals(crc32(new Uint8Array(32).fill(0xff)), 0xff6cab0b);
});

test("crc32 goes on from its seed as if the bytes lay behind one another", () => {
  const bytes = encoder.encode("The quick brown fox jumps over the lazy dog");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const first = crc32(bytes.subarray(0, cut));
    assertEquals(crc32(bytes.subarray(cut), first), crc32(bytes), `${cut}`);
  }
});

test("crc32 of the same bytes differs from seed to seed", () => {
  const bytes = encoder.encode("the same");
  const sums = new Set<number>();
  for (let bit = 0; bit < 32; bit++) sums.add(crc32(bytes, (1 << bit) >>> 0));
  sums.add(crc32(bytes));
  assertEquals(sums.size, 33);
});

test("crc32 changes with every bit", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => i * 37);
  const sum = crc32(bytes, 0xdeadbeef);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = bytes.slice();
    flipped[bit >>> 3]! ^= 1 << (bit & 7);
    assert(crc32(flipped, 0xdeadbeef) !== sum, `bit ${bit}`);
  }
});
