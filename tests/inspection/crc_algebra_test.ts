import { assertEquals } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import {
  divideByByte,
  inverseOfBytes,
  multiply,
  ONE,
  step,
} from "../../src/inspection/crc_algebra.ts";
import { test } from "../harness.ts";
import { randomFrom } from "../segment/support.ts";

const random = randomFrom(11);

test("Going byte by byte gives the checksum, with any seed", () => {
  for (let round = 0; round < 50; round++) {
    const bytes = randomBytes(random(300));
    const seed = random(2 ** 32);
    let register = ~seed;
    for (const byte of bytes) register = step(register, byte);
    assertEquals(~register >>> 0, crc32(bytes, seed));
  }
});

test("A zero byte multiplies by x^8, and dividing undoes it", () => {
  const byZeroByte = step(ONE, 0) >>> 0;
  for (let round = 0; round < 200; round++) {
    const value = random(2 ** 32);
    const product = step(value, 0) >>> 0;
    assertEquals(multiply(byZeroByte, value), product);
    assertEquals(multiply(value, byZeroByte), product);
    assertEquals(divideByByte(product), value);
    assertEquals(multiply(ONE, value), value);
  }
});

test("The seed of a checksum can be found from the checksum", () => {
  for (const length of [0, 1, 2, 31, 32, 1000, 65_537]) {
    const bytes = randomBytes(length);
    const seed = random(2 ** 32);
    const difference = crc32(bytes, seed) ^ crc32(bytes);
    assertEquals(multiply(inverseOfBytes(length), difference), seed);
  }
});

function randomBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random(256));
}
