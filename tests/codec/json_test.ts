import { assert, assertEquals, assertThrows } from "@std/assert";
import { json } from "../../src/codec/json.ts";
import { KvError } from "../../src/errors.ts";
import { test } from "../harness.ts";

const anything = json<unknown>();

function roundTrip(value: unknown): unknown {
  const encoded = anything.encode(value);
  const target = new Uint8Array(encoded.length * 3 + 2);
  const length = anything.encodeInto(value, target, 2);
  assertEquals(target.slice(2, 2 + length), encoded);
  return anything.decode(target, 2, 2 + length);
}

test("json carries every kind of JSON value", () => {
  const values = [
    null,
    true,
    0,
    -1.5e300,
    "",
    "größe 😀 \u0000 \ufeff",
    [],
    [1, [2, [3]]],
    {},
    { a: { b: ["c", null] }, "": 1 },
    "x".repeat(10_000),
  ];
  for (const value of values) assertEquals(roundTrip(value), value);
});

test("json carries strings with lone surrogates, which JSON can escape", () => {
  assertEquals(roundTrip(["\ud800", "a\udfff"]), ["\ud800", "a\udfff"]);
});

test("json answers -1 when there is no room", () => {
  assertEquals(anything.encodeInto("abc", new Uint8Array(6), 2), -1);
  assertEquals(anything.encodeInto("abc", new Uint8Array(7), 2), 5);
});

test("json keeps __proto__ as data", () => {
  const source = new TextEncoder().encode('{"__proto__":{"admin":true},"a":1}');
  const decoded = anything.decode(source, 0, source.length) as object;
  assert(Object.getPrototypeOf(decoded) === Object.prototype);
  assert(Object.hasOwn(decoded, "__proto__"));
  assertEquals((decoded as { admin?: boolean }).admin, undefined);
  assertEquals(anything.encode(decoded), source);
});

test("json refuses values of which nothing would be left", () => {
  const wrong: [unknown, string][] = [
    [undefined, "cannot represent undefined"],
    [() => 1, "cannot represent a function"],
    [Symbol("s"), "cannot represent a symbol"],
    [{ toJSON: () => undefined }, "cannot represent an object"],
    [NaN, "cannot represent NaN"],
    [-Infinity, "cannot represent -Infinity"],
  ];
  for (const [value, says] of wrong) assertRefused(value, says);
});

test("json refuses by themselves the objects that JSON does not know, unless they say what they are", () => {
  assertRefused(new Map([["a", 1]]), "JSON cannot represent an object (Map)");
  assertRefused(new Set([1]), "an object (Set)");
  assertRefused(Uint8Array.of(1, 2), "an object (Uint8Array)");
  assertRefused(/a/, "an object (RegExp)");
  assertRefused(new Error("lost"), "an object (Error)");
  class Saying extends Map {
    toJSON(): object {
      return {};
    }
  }
  class Plain {
    a = 1;
  }
  assertEquals(roundTrip(new Saying()), {});
  assertEquals(roundTrip(new Plain()), { a: 1 });
  assertEquals(roundTrip({}), {});
  assertEquals(roundTrip({ nested: new Map([["a", 1]]) }), { nested: {} });
});

test("json refuses bigints and cycles and says where they are", () => {
  const loop: Record<string, unknown> = { list: [1] };
  loop["self"] = loop;
  const shared = { x: 1 };
  const deep: Record<string, unknown> = { twice: [shared, shared] };
  deep["last"] = { up: deep["twice"], down: [{ again: deep }] };
  assertRefused(7n, "the value is a bigint");
  assertRefused({ a: [1, { b: 7n }] }, "the value at a.1.b is a bigint");
  assertRefused(loop, "the value at self closes a cycle");
  assertRefused(deep, "the value at last.down.0.again closes a cycle");
});

test("json passes on why toJSON failed", () => {
  const value = {
    toJSON(): never {
      throw new Error("not today");
    },
  };
  const error = assertRefused({ value }, "not today");
  assertEquals((error.cause as Error).message, "not today");
});

test("json follows JSON.stringify inside of objects and arrays", () => {
  const value = { gone: undefined, list: [undefined, NaN], at: new Date(0) };
  assertEquals(roundTrip(value), {
    list: [null, null],
    at: "1970-01-01T00:00:00.000Z",
  });
});

test("json refuses text that is not JSON and bytes that are not UTF-8", () => {
  for (const text of ["", "{", "undefined", "{'a':1}", "\ufeff1", "1 2"]) {
    const source = new TextEncoder().encode(text);
    assertDamaged(source, "not JSON");
  }
  assertDamaged(Uint8Array.of(0x22, 0xff, 0x22), "not UTF-8");
});

function assertRefused(value: unknown, says: string): KvError {
  assertThrows(
    () => anything.encodeInto(value, new Uint8Array(99), 0),
    KvError,
    says,
  );
  const error = assertThrows(() => anything.encode(value), KvError, says);
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
  return error;
}

function assertDamaged(source: Uint8Array, says: string): void {
  const decode = () => anything.decode(source, 0, source.length);
  assertEquals(assertThrows(decode, KvError, says).code, "KV_CORRUPTION");
}
