import { assert, assertEquals, assertThrows } from "@std/assert";
import { utf8 } from "../../src/codec/utf8.ts";
import { KvError } from "../../src/errors.ts";
import { test } from "../harness.ts";
import { below, randomBytes, randomText, seeded } from "./random.ts";

const reference = new TextEncoder();
const MARGIN = 3;

/** Encodes into the middle of a buffer with just enough room and checks what lies around. */
function encodeExactly(text: string): Uint8Array {
  const expected = reference.encode(text);
  const target = new Uint8Array(MARGIN + expected.length).fill(0xaa);
  assertEquals(utf8.encodeInto(text, target, MARGIN), expected.length);
  assertEquals([...target.subarray(0, MARGIN)], [0xaa, 0xaa, 0xaa]);
  return target.slice(MARGIN);
}

function assertCode(error: KvError, code: string): void {
  assertEquals(error.code, code);
}

/** ASCII, but for one character. */
function textWithOther(length: number, place: number): string {
  return "a".repeat(place) + "é" + "a".repeat(length - place - 1);
}

test("utf8 agrees with TextEncoder on random strings of every length about the fast paths", () => {
  const random = seeded(1);
  for (let round = 0; round < 12_000; round++) {
    const text = randomText(random, round % 120);
    const expected = reference.encode(text);
    assert(sameBytes(utf8.encode(text), expected));
    assert(sameBytes(encodeExactly(text), expected));
    const spare = new Uint8Array(expected.length * 4 + 8);
    assertEquals(utf8.encodeInto(text, spare, 2), expected.length);
    assert(sameBytes(spare.subarray(2, 2 + expected.length), expected));
    assertEquals(utf8.decode(spare, 2, 2 + expected.length), text);
  }
});

test("utf8 puts one character that is not ASCII at any place of any length", () => {
  for (let length = 1; length <= 80; length++) {
    for (let place = 0; place < length; place++) {
      const text = textWithOther(length, place);
      const encoded = encodeExactly(text);
      assert(sameBytes(encoded, reference.encode(text)));
      assertEquals(utf8.decode(encoded, 0, encoded.length), text);
    }
  }
});

test("utf8 carries long text, of ASCII and with one character that is not, to and from any memory", () => {
  for (const length of [399, 400, 401, 1_000, 5_000]) {
    for (const place of [-1, 0, length >> 1, length - 1]) {
      const text = place < 0
        ? "a".repeat(length)
        : textWithOther(length, place);
      const encoded = encodeExactly(text);
      assert(sameBytes(encoded, reference.encode(text)));
      const shared = new Uint8Array(
        new SharedArrayBuffer(encoded.length + 2 * MARGIN),
      );
      shared.fill(0xaa).set(encoded, MARGIN);
      const end = MARGIN + encoded.length;
      assertEquals(utf8.decode(shared, MARGIN, end), text);
      assertEquals(utf8.decode(encoded, 0, encoded.length), text);
      if (place < 0) continue;
      // The first half of the character alone.
      const cut = MARGIN + place + 1;
      const decode = () => utf8.decode(shared, MARGIN, cut);
      assertCode(assertThrows(decode, KvError), "KV_CORRUPTION");
    }
  }
});

test("utf8 carries every code point", () => {
  const points: number[] = [];
  for (let point = 0; point <= 0x10ffff; point++) {
    if (point < 0xd800 || point > 0xdfff) points.push(point);
  }
  for (let i = 0; i < points.length; i += 8) {
    const text = String.fromCodePoint(...points.slice(i, i + 8));
    const encoded = utf8.encode(text);
    if (utf8.decode(encoded, 0, encoded.length) !== text) {
      throw new Error(`Lost code points from ${points[i]} on`);
    }
  }
});

test("utf8 answers -1 when the room is one byte short, whatever the string", () => {
  const random = seeded(2);
  for (let round = 0; round < 2_000; round++) {
    const text = randomText(random, 1 + round % 100);
    const size = reference.encode(text).length;
    assertEquals(utf8.encodeInto(text, new Uint8Array(size + 4), 5), -1);
  }
});

test("utf8 writes an empty string where no room is left", () => {
  assertEquals(utf8.encodeInto("", new Uint8Array(4), 4), 0);
  assertEquals(utf8.encode("").length, 0);
  assertEquals(utf8.decode(new Uint8Array(4), 4, 4), "");
});

test("utf8 refuses lone surrogates at every place and names the index", () => {
  const target = new Uint8Array(1_000);
  for (const length of [1, 2, 3, 4, 5, 16, 47, 48, 49, 50, 100, 200]) {
    for (const lone of ["\ud800", "\udbff", "\udc00", "\udfff"]) {
      for (const place of new Set([0, length >> 1, length - 1])) {
        const text = "a".repeat(place) + lone + "b".repeat(length - place - 1);
        const says = `lone surrogate at index ${place},`;
        for (
          const encode of [
            () => utf8.encode(text),
            () => utf8.encodeInto(text, target, 1),
          ]
        ) {
          assertCode(
            assertThrows(encode, KvError, says),
            "KV_INVALID_ARGUMENT",
          );
        }
      }
    }
  }
});

test("utf8 counts the index of a lone surrogate in UTF-16 units behind pairs", () => {
  assertThrows(() => utf8.encode("😀😀\udc00"), KvError, "at index 4,");
  assertThrows(() => utf8.encode("\udc00\ud800"), KvError, "at index 0,");
});

test("utf8 refuses values that are no strings and names their type", () => {
  const wrong: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [7, "a number"],
    [7n, "a bigint"],
    [true, "a boolean"],
    [["a"], "an array"],
    [{ length: 1 }, "an object"],
    [new Date(0), "an object (Date)"],
    [new String("a"), "an object (String)"],
    [Symbol("a"), "a symbol"],
    [() => "a", "a function"],
  ];
  for (const [value, says] of wrong) {
    for (
      const encode of [
        () => utf8.encode(value as string),
        () => utf8.encodeInto(value as string, new Uint8Array(9), 0),
      ]
    ) {
      assertCode(
        assertThrows(encode, KvError, `got ${says}`),
        "KV_INVALID_ARGUMENT",
      );
    }
  }
});

test("utf8 keeps a byte order mark and a replacement character", () => {
  for (const text of ["\ufeff", "\ufeffkey", "\ufffd", "a\ufffd".repeat(40)]) {
    const encoded = utf8.encode(text);
    assertEquals(utf8.decode(encoded, 0, encoded.length), text);
  }
  const long = "\ufeff" + "key".repeat(40);
  const encoded = utf8.encode(long);
  assertEquals(utf8.decode(encoded, 0, encoded.length), long);
});

test("utf8 refuses bytes that are not UTF-8 as a strict decoder does", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const random = seeded(3);
  let refused = 0;
  for (let round = 0; round < 20_000; round++) {
    const source = hostileText(random, below(random, 80));
    let expected: string | undefined;
    try {
      expected = strict.decode(source);
    } catch {
      refused++;
    }
    if (expected !== undefined) {
      assertEquals(utf8.decode(source, 0, source.length), expected);
    } else {
      const decode = () => utf8.decode(source, 0, source.length);
      assertCode(assertThrows(decode, KvError, "not UTF-8"), "KV_CORRUPTION");
    }
  }
  assert(refused > 1_000 && refused < 19_000, `${refused} were refused`);
});

test("utf8 refuses overlong forms, encoded surrogates and cut-off characters", () => {
  const bad = [
    [0xc0, 0x80],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xed, 0xbf, 0xbf],
    [0xf4, 0x90, 0x80, 0x80],
    [0xf0, 0x9f, 0x98],
    [0xe2, 0x82],
    [0x80],
    [0xff],
    [0xf5, 0x80, 0x80, 0x80],
  ];
  for (const sequence of bad) {
    for (const pad of [0, 50]) {
      const source = new Uint8Array(pad + sequence.length).fill(0x61);
      source.set(sequence, pad);
      const decode = () => utf8.decode(source, 0, source.length);
      assertCode(assertThrows(decode, KvError), "KV_CORRUPTION");
    }
  }
});

test("utf8 decodes a span of a view with an offset, of a Buffer and of shared memory", () => {
  for (const text of ["short", "größe", "x".repeat(100), "ü".repeat(60)]) {
    const encoded = reference.encode(text);
    const shared = new Uint8Array(new SharedArrayBuffer(encoded.length + 9));
    const view = new Uint8Array(new ArrayBuffer(encoded.length + 9)).subarray(
      3,
    );
    for (const source of [shared, view]) {
      source.set(encoded, 4);
      assertEquals(utf8.decode(source, 4, 4 + encoded.length), text);
    }
    const replaced = new Uint8Array(new SharedArrayBuffer(3));
    replaced.set([0xef, 0xbf, 0xbd]);
    assertEquals(utf8.decode(replaced, 0, 3), "\ufffd");
  }
});

test("utf8 encodes into shared memory", () => {
  for (const text of ["short", "größe", "x".repeat(100), "ü".repeat(60)]) {
    const target = new Uint8Array(new SharedArrayBuffer(400));
    const length = utf8.encodeInto(text, target, 7);
    assertEquals(utf8.decode(target, 7, 7 + length), text);
  }
});

test("utf8 encodes strings that were put together, sliced and shared", () => {
  const random = seeded(4);
  const target = new Uint8Array(2_000);
  let text = "";
  for (let i = 0; i < 300; i++) {
    text += String.fromCharCode(97 + below(random, 26));
    const part = text.slice(i >> 1) + ":" + i;
    const length = utf8.encodeInto(part, target, 0);
    assertEquals(utf8.decode(target, 0, length), part);
  }
});

/** Mostly valid text, with now and then a byte changed or the end cut off. */
function hostileText(random: () => number, length: number): Uint8Array {
  if (random() < 0.2) return randomBytes(random, length);
  const source = reference.encode(randomText(random, length));
  if (random() < 0.5 && source.length > 0) {
    source[below(random, source.length)] = below(random, 256);
  }
  return random() < 0.2 ? source.slice(0, source.length - 1) : source;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

test("Short text is decoded right at every length and place, whatever lies around it", () => {
  for (const around of [0x00, 0x41, 0xff]) {
    const buffer = new Uint8Array(64).fill(around);
    for (let length = 0; length <= 40; length++) {
      const text = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
        .slice(0, length);
      for (const start of [0, 3, 64 - length]) {
        buffer.set(utf8.encode(text), start);
        assertEquals(utf8.decode(buffer, start, start + length), text);
        buffer.fill(around);
      }
    }
  }
});
