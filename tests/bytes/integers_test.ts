import { assertEquals } from "@std/assert";
import {
  readUint32,
  readUint64,
  writeUint32,
  writeUint64,
} from "../../src/bytes/fixed.ts";
import {
  MAX_VARINT_BYTES,
  varintLength,
  VarintReader,
  writeVarint,
} from "../../src/bytes/varint.ts";
import { test } from "../harness.ts";

const MAX = Number.MAX_SAFE_INTEGER;

/** Numbers around every bound that an encoding has. */
const edges: readonly number[] = [
  0,
  ...[7, 8, 14, 16, 21, 24, 28, 31, 32, 35, 42, 49, 53]
    .flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1]),
].filter((edge) => edge <= MAX);

test("Fixed integers are little-endian", () => {
  const bytes = new Uint8Array(12);
  writeUint32(bytes, 0, 0x04030201);
  writeUint64(bytes, 4, 0x1f_ffff_0403_0201);
  assertEquals([...bytes], [1, 2, 3, 4, 1, 2, 3, 4, 0xff, 0xff, 0x1f, 0]);
});

test("Fixed integers come back from any offset and leave their neighbours alone", () => {
  for (const edge of edges) {
    for (const offset of [0, 1, 7]) {
      const bytes = new Uint8Array(offset + 9).fill(0xaa);
      writeUint64(bytes, offset, edge);
      assertEquals(readUint64(bytes, offset), edge);
      assertEquals(bytes[offset + 8], 0xaa);
      if (offset > 0) assertEquals(bytes[offset - 1], 0xaa);
    }
    if (edge > 0xffff_ffff) continue;
    const bytes = new Uint8Array(5).fill(0xaa);
    writeUint32(bytes, 0, edge);
    assertEquals(readUint32(bytes, 0), edge);
    assertEquals(bytes[4], 0xaa);
  }
});

test("A fixed integer past 2^53 - 1 is read as NaN, never as a near number", () => {
  const bytes = new Uint8Array(8).fill(0xff);
  bytes[6] = 0x1f;
  bytes[7] = 0;
  assertEquals(readUint64(bytes, 0), MAX);
  for (const [at, value] of [[6, 0x20], [6, 0xff], [7, 1], [7, 0x80]]) {
    const past = bytes.slice();
    past[at!] = value!;
    assertEquals(readUint64(past, 0), NaN, `byte ${at} = ${value}`);
  }
});

test("Variable integers take seven bits a byte, lowest first", () => {
  const bytes = new Uint8Array(8);
  assertEquals(writeVarint(bytes, 0, 300), 2);
  assertEquals([...bytes.subarray(0, 2)], [0xac, 0x02]);
  assertEquals(writeVarint(bytes, 0, MAX), MAX_VARINT_BYTES);
  assertEquals([...bytes], [255, 255, 255, 255, 255, 255, 255, 15]);
});

test("Variable integers come back, one behind the other", () => {
  const bytes = new Uint8Array(edges.length * MAX_VARINT_BYTES);
  let at = 0;
  for (const edge of edges) {
    const end = writeVarint(bytes, at, edge);
    assertEquals(end - at, varintLength(edge));
    at = end;
  }
  const reader = new VarintReader(bytes, 0, at);
  for (const edge of edges) assertEquals(reader.read(), edge);
  assertEquals(reader.offset, at);
  assertEquals(reader.read(), NaN);
});

test("A variable integer that is cut off is NaN at every length", () => {
  for (const edge of edges) {
    const bytes = new Uint8Array(MAX_VARINT_BYTES);
    const end = writeVarint(bytes, 0, edge);
    for (let cut = 0; cut < end; cut++) {
      assertEquals(new VarintReader(bytes, 0, cut).read(), NaN);
    }
  }
});

test("A variable integer past 2^53 - 1 is NaN, however long it goes on", () => {
  const cases = [
    [0, 0, 0, 0, 0, 0, 0, 16].map((b, i) => i < 7 ? b | 0x80 : b),
    [255, 255, 255, 255, 255, 255, 255, 127],
    [255, 255, 255, 255, 255, 255, 255, 255, 1],
    new Array(64).fill(0x80),
    new Array(64).fill(0xff),
  ];
  for (const bytes of cases) {
    const reader = new VarintReader(Uint8Array.from(bytes), 0, bytes.length);
    assertEquals(reader.read(), NaN, `${bytes}`);
  }
});

test("A reader of variable integers never looks past its end", () => {
  const bytes = Uint8Array.from([0x80, 0x01, 0x80, 0x01]);
  const reader = new VarintReader(bytes, 0, 3);
  assertEquals(reader.read(), 128);
  assertEquals(reader.read(), NaN);
  assertEquals(reader.offset, 3);
});
