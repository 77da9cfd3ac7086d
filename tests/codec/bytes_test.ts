import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { runInNewContext } from "node:vm";
import { bytes } from "../../src/codec/bytes.ts";
import { KvError } from "../../src/errors.ts";
import { test } from "../harness.ts";
import { randomBytes, seeded } from "./random.ts";

test("bytes carries bytes of every length as they are", () => {
  const random = seeded(1);
  for (let length = 0; length < 300; length++) {
    const value = randomBytes(random, length);
    const target = new Uint8Array(length + 4).fill(0xaa);
    assertEquals(bytes.encodeInto(value, target, 2), length);
    assertEquals(target[1], 0xaa);
    assertEquals(target[length + 2], 0xaa);
    assertEquals(bytes.decode(target, 2, 2 + length), value);
    assertEquals(bytes.encode(value), value);
  }
});

test("bytes answers -1 when the room is one byte short", () => {
  assertEquals(bytes.encodeInto(new Uint8Array(4), new Uint8Array(8), 5), -1);
  assertEquals(bytes.encodeInto(new Uint8Array(4), new Uint8Array(8), 4), 4);
  assertEquals(bytes.encodeInto(new Uint8Array(0), new Uint8Array(8), 8), 0);
});

test("bytes decodes into a plain array over a buffer of its own", () => {
  const plain = Uint8Array.of(9, 1, 2, 9);
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  shared.set(plain);
  for (const source of [plain, Buffer.from(plain), shared]) {
    const decoded = bytes.decode(source, 1, 3);
    assertEquals([...decoded], [1, 2]);
    assert(Object.getPrototypeOf(decoded) === Uint8Array.prototype);
    assertEquals(decoded.buffer.byteLength, 2);
    assert(decoded.buffer instanceof ArrayBuffer);
    decoded[0] = 7;
    assertEquals(source[1], 1);
  }
});

test("bytes takes Buffers, views with an offset, shared memory and other realms", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([1, 2, 3]);
  const foreign = runInNewContext("Uint8Array.of(1, 2, 3)") as Uint8Array;
  const inputs = [
    Buffer.from([1, 2, 3]),
    Uint8Array.of(0, 1, 2, 3, 0).subarray(1, 4),
    shared,
    foreign,
  ];
  for (const input of inputs) {
    const target = new Uint8Array(5);
    assertEquals(bytes.encodeInto(input, target, 1), 3);
    assertEquals([...target], [0, 1, 2, 3, 0]);
    assertEquals([...bytes.encode(input)], [1, 2, 3]);
  }
});

test("bytes refuses everything that is no Uint8Array and names its type", () => {
  const wrong: [unknown, string][] = [
    ["abc", "a string"],
    [[1, 2], "an array"],
    [new ArrayBuffer(2), "an object (ArrayBuffer)"],
    [new Uint16Array(2), "an object (Uint16Array)"],
    [new Uint8ClampedArray(2), "an object (Uint8ClampedArray)"],
    [new DataView(new ArrayBuffer(2)), "an object (DataView)"],
    [{ [Symbol.toStringTag]: "Uint8Array", length: 1 }, "an object"],
    [null, "null"],
    [undefined, "undefined"],
  ];
  for (const [value, says] of wrong) {
    for (
      const encode of [
        () => bytes.encode(value as Uint8Array),
        () => bytes.encodeInto(value as Uint8Array, new Uint8Array(9), 0),
      ]
    ) {
      const error = assertThrows(encode, KvError, `got ${says}`);
      assertEquals(error.code, "KV_INVALID_ARGUMENT");
    }
  }
});

test("bytes refuses an array whose buffer was transferred away, instead of storing nothing", () => {
  const value = Uint8Array.of(1, 2, 3);
  structuredClone(value, { transfer: [value.buffer] });
  const error = assertThrows(
    () => bytes.encode(value),
    KvError,
    "transferred away",
  );
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
  assertEquals(bytes.encode(new Uint8Array(0)).length, 0);
});
