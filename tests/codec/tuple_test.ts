import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { compareBytes } from "../../src/bytes/compare.ts";
import { tuple } from "../../src/codec/tuple.ts";
import type { Tuple, TuplePart } from "../../src/codec/tuple.ts";
import { KvError } from "../../src/errors.ts";
import { test } from "../harness.ts";
import { compareTuples, nearTuple, randomTuple } from "./tuple_model.ts";
import { below, randomBytes, seeded } from "./random.ts";

const BIGINT_LIMIT = 2n ** 2040n;

function hex(value: Tuple): string {
  return Buffer.from(tuple.encode(value)).toString("hex");
}

function decodeAll(source: Uint8Array): Tuple {
  return tuple.decode(source, 0, source.length);
}

function nested(levels: number): Tuple {
  let value: Tuple = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

test("tuple writes the bytes that its format describes", () => {
  const cases: [Tuple, string][] = [
    [[], ""],
    [[null], "10"],
    [[Uint8Array.of(0, 1, 2, 255)], "200101010202ff00"],
    [["a\0"], "2861010100"],
    [["é"], "28c3a900"],
    [[0], "308000000000000000"],
    [[-0], "308000000000000000"],
    [[1], "30bff0000000000000"],
    [[-1], "30400fffffffffffff"],
    [[-1n], "38fefe"],
    [[0n], "39"],
    [[1n], "3a0101"],
    [[256n], "3a020100"],
    [[2n ** 64n], "3a09010000000000000000"],
    [[false, true], "4041"],
    [[[]], "4800"],
    [[["a", null], null], "48286100100010"],
    [["a\0", -1], "286101010030400fffffffffffff"],
  ];
  for (const [value, expected] of cases) assertEquals(hex(value), expected);
});

test("tuple carries random tuples there and back", () => {
  const random = seeded(1);
  for (let round = 0; round < 20_000; round++) {
    const value = randomTuple(random);
    const encoded = tuple.encode(value);
    const target = new Uint8Array(encoded.length + 3).fill(0xaa);
    assertEquals(tuple.encodeInto(value, target, 3), encoded.length);
    assertEquals(compareBytes(target.subarray(3), encoded), 0);
    const spare = new Uint8Array(encoded.length * 4 + 16);
    assertEquals(tuple.encodeInto(value, spare, 1), encoded.length);
    const decoded = tuple.decode(spare, 1, 1 + encoded.length);
    assertEquals(compareTuples(decoded, value), 0);
    assertEquals(compareBytes(tuple.encode(decoded), encoded), 0);
  }
});

test("tuple answers -1 when the room is too small, and never writes before its offset", () => {
  const random = seeded(2);
  for (let round = 0; round < 3_000; round++) {
    const value = randomTuple(random);
    const encoded = tuple.encode(value);
    for (const missing of [1, 2, 5, 9, encoded.length]) {
      const room = encoded.length - missing;
      if (missing === 0 || room < 0) continue;
      const target = new Uint8Array(4 + room).fill(0xaa);
      assertEquals(tuple.encodeInto(value, target, 4), -1);
      assertEquals([...target.subarray(0, 4)], [0xaa, 0xaa, 0xaa, 0xaa]);
    }
  }
});

test("tuple fits into exactly the room that its encoding takes", () => {
  const values: Tuple[] = [
    ["user", 42],
    ["a\0b\u0001", 1n, null],
    [[["x"]], true],
    [new Uint8Array(100)],
    ["é".repeat(100), -(2n ** 100n)],
  ];
  for (const value of values) {
    const encoded = tuple.encode(value);
    const target = new Uint8Array(encoded.length);
    assertEquals(tuple.encodeInto(value, target, 0), encoded.length);
    assertEquals(target, encoded);
  }
});

test("tuple encodings sort as the tuples do, over 100,000 random pairs", () => {
  const random = seeded(3);
  let equal = 0;
  for (let round = 0; round < 100_000; round++) {
    const a = randomTuple(random);
    const b = random() < 0.7 ? nearTuple(random, a) : randomTuple(random);
    const expected = Math.sign(compareTuples(a, b));
    const actual = Math.sign(compareBytes(tuple.encode(a), tuple.encode(b)));
    if (expected === 0) equal++;
    if (actual !== expected) {
      throw new Error(`Wrong order of ${hex(a)} and ${hex(b)}: ${actual}`);
    }
  }
  assert(equal > 1_000 && equal < 60_000, `${equal} pairs were equal`);
});

test("tuple sorts types and the edges of each type in the documented order", () => {
  const ascending: TuplePart[] = [
    null,
    new Uint8Array(0),
    Uint8Array.of(0),
    Uint8Array.of(0, 0),
    Uint8Array.of(0, 1),
    Uint8Array.of(1),
    Uint8Array.of(1, 0),
    Uint8Array.of(2),
    Uint8Array.of(255),
    "",
    "\0",
    "\0a",
    "\u0001",
    "a",
    "a\0",
    "a\u0001",
    "aa",
    "\uffff",
    "\u{10000}",
    -Infinity,
    -Number.MAX_VALUE,
    -1,
    -Number.MIN_VALUE,
    0,
    Number.MIN_VALUE,
    1,
    2 ** 53,
    Number.MAX_VALUE,
    Infinity,
    1n - BIGINT_LIMIT,
    -(2n ** 64n),
    1n - 2n ** 64n,
    -256n,
    -255n,
    -1n,
    0n,
    1n,
    255n,
    256n,
    2n ** 64n - 1n,
    2n ** 64n,
    BIGINT_LIMIT - 1n,
    false,
    true,
    [],
    [null],
    [[]],
    [[], null],
  ];
  for (let i = 1; i < ascending.length; i++) {
    const before = tuple.encode([ascending[i - 1]!]);
    const after = tuple.encode([ascending[i]!]);
    assert(compareBytes(before, after) < 0, `at ${i}`);
    const longer = tuple.encode([ascending[i - 1]!, [true]]);
    assert(compareBytes(longer, after) < 0, `at ${i}, with a part behind`);
    assertEquals(compareTuples(decodeAll(after), [ascending[i]!]), 0);
  }
});

test("tuple encodings are prefixes of those they begin and of no others", () => {
  const random = seeded(4);
  let begins = 0;
  for (let round = 0; round < 50_000; round++) {
    const a = randomTuple(random);
    const b = nearTuple(random, a);
    const expected = a.length <= b.length &&
      compareTuples(a, b.slice(0, a.length)) === 0;
    const start = tuple.encode(b).subarray(0, tuple.encode(a).length);
    const actual = compareBytes(tuple.encode(a), start) === 0;
    if (expected) begins++;
    if (actual !== expected) {
      throw new Error(`Wrong prefix: ${hex(a)} and ${hex(b)}`);
    }
  }
  assert(begins > 1_000, `${begins} tuples began another`);
  assert(!hex(["user\0x"]).startsWith(hex(["user"])));
  assert(!hex(["users"]).startsWith(hex(["user"])));
  assert(hex(["user", 1]).startsWith(hex(["user"])));
});

test("tuple refuses what it cannot hold and names the part", () => {
  const cyclic: TuplePart[] = [];
  cyclic.push(cyclic);
  const wrong: [unknown, string][] = [
    [[1, NaN], "part 1 of the tuple: NaN"],
    [["a", [2, "\ud800"]], "part 1.1 of the tuple: String holds a lone"],
    [[[[undefined]]], "part 0.0.0 of the tuple: a tuple cannot hold undefined"],
    [[{ a: 1 }], "cannot hold an object"],
    [[new Date(0)], "cannot hold an object (Date)"],
    [[new Uint16Array(1)], "cannot hold an object (Uint16Array)"],
    [[Symbol("s")], "cannot hold a symbol"],
    [[() => 1], "cannot hold a function"],
    [new Array(2), "part 0 of the tuple: a tuple cannot hold undefined"],
    [[BIGINT_LIMIT], "255 bytes at most"],
    [[-BIGINT_LIMIT], "255 bytes at most"],
    [nested(33), "32 deep"],
    [cyclic, "32 deep"],
    ["user", "expected an array, got a string"],
    [undefined, "expected an array, got undefined"],
    [Uint8Array.of(1), "expected an array, got an object (Uint8Array)"],
  ];
  for (const [value, says] of wrong) {
    for (
      const encode of [
        () => tuple.encode(value as Tuple),
        () => tuple.encodeInto(value as Tuple, new Uint8Array(999), 0),
      ]
    ) {
      const error = assertThrows(encode, KvError, says);
      assertEquals(error.code, "KV_INVALID_ARGUMENT");
    }
  }
});

test("tuple takes frozen and empty tuples, 32 levels, and keys larger than its scratch", () => {
  const frozen = Object.freeze(["a", 1] as const);
  assertEquals(decodeAll(tuple.encode(frozen)), ["a", 1]);
  assertEquals(decodeAll(tuple.encode([])), []);
  assertEquals(decodeAll(tuple.encode(nested(32))), nested(32));
  const large: Tuple = [
    "\0".repeat(5_000),
    new Uint8Array(5_000),
    "é".repeat(9),
  ];
  assertEquals(decodeAll(tuple.encode(large)), large);
});

test("tuple decodes byte strings into buffers of their own", () => {
  for (const value of [Uint8Array.of(7, 8), Uint8Array.of(0, 1)]) {
    const encoded = tuple.encode([value]);
    const part = decodeAll(encoded)[0] as Uint8Array;
    assertEquals(part.buffer.byteLength, 2);
    part.fill(9);
    assertEquals(decodeAll(encoded), [value]);
  }
});

test("tuple refuses malformed bytes and says where they are", () => {
  const cases: [string, string][] = [
    ["00", "unknown type 0, at byte 0"],
    ["10ff", "unknown type 255, at byte 1"],
    ["2861", "is not terminated, at byte 2"],
    ["286101", "an escape precedes"],
    ["28610100", "an escape precedes a byte that needs none, at byte 3"],
    ["2861010300", "an escape precedes"],
    ["28ff00", "not UTF-8"],
    ["2801010101ff00", "not UTF-8"],
    ["3080000000000000", "the bytes end inside"],
    ["30fff8000000000000", "NaN or -0"],
    ["307fffffffffffffff", "NaN or -0, which are never written, at byte 1"],
    ["300007ffffffffffff", "NaN or -0"],
    ["3a", "the bytes end inside"],
    ["3a00", "starts with a zero byte or has none"],
    ["3a020001", "starts with a zero byte"],
    ["3a0201", "the bytes end inside a part that needs 2"],
    ["38ff", "starts with a zero byte or has none"],
    ["38fdffff", "starts with a zero byte"],
    ["38", "the bytes end inside"],
    ["48", "a tuple is not terminated"],
    ["4810", "a tuple is not terminated"],
    ["48".repeat(32) + "00".repeat(32), "more than 32 deep"],
    ["48".repeat(100_000), "more than 32 deep"],
  ];
  for (const [bytes, says] of cases) {
    const source = new Uint8Array(Buffer.from(bytes, "hex"));
    const error = assertThrows(() => decodeAll(source), KvError, says);
    assertEquals(error.code, "KV_CORRUPTION");
  }
});

test("tuple reads nothing behind the end of its span", () => {
  const encoded = tuple.encode(["abc", 1, 300n, [true]]);
  const escape = Uint8Array.of(0x28, 0x61, 0x01, 0x02, 0x00);
  assertThrows(
    () => tuple.decode(escape, 0, 3),
    KvError,
    "an escape precedes",
  );
  const framed = new Uint8Array(encoded.length + 40);
  framed.set(encoded, 20);
  for (let end = 20; end < 20 + encoded.length; end++) {
    try {
      const decoded = tuple.decode(framed, 20, end);
      assertEquals(tuple.encode(decoded), framed.slice(20, end));
    } catch (error) {
      assert(error instanceof KvError);
    }
  }
});

test("tuple answers random and mutated bytes with a tuple of that encoding or a corruption error", () => {
  const random = seeded(5);
  let decoded = 0;
  const rounds = 60_000;
  for (let round = 0; round < rounds; round++) {
    const source = mutated(random);
    try {
      const value = decodeAll(source);
      decoded++;
      assertEquals(compareBytes(tuple.encode(value), source), 0);
    } catch (error) {
      assert(error instanceof KvError, String(error));
      assertEquals(error.code, "KV_CORRUPTION");
    }
  }
  assert(decoded > rounds / 50 && decoded < rounds, `${decoded} decoded`);
});

function mutated(random: () => number): Uint8Array {
  if (random() < 0.2) return randomBytes(random, below(random, 40));
  const source = tuple.encode(randomTuple(random));
  for (let i = below(random, 3); i >= 0 && source.length > 0; i--) {
    source[below(random, source.length)] = randomBytes(random, 1)[0]!;
  }
  return random() < 0.3
    ? source.slice(0, below(random, source.length + 1))
    : source;
}
