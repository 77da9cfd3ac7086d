import { assert, assertEquals } from "@std/assert";
import { hashSpan } from "../../src/bytes/hash.ts";
import { seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { collidingKeys } from "../support/colliding_keys.ts";
import { TableModel, writeRandomly } from "./model.ts";
import { del, emptyTable, find, FIRST_SEQUENCE, hex, put } from "./tables.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("An empty table knows no key, not even the empty one", () => {
  const table = emptyTable();
  assertEquals(find(table, bytes("")), undefined);
  assertEquals(find(table, bytes("a")), undefined);
  assertEquals([table.records, table.keys], [0, 0]);
  assertEquals(table.lastSequence, FIRST_SEQUENCE - 1);
});

test("The empty key and the empty value are a key and a value like others", () => {
  const table = emptyTable();
  put(table, bytes(""), bytes(""));
  put(table, bytes("\0"), bytes("zero"));
  assertEquals(find(table, bytes("")), bytes(""));
  assertEquals(find(table, bytes("\0")), bytes("zero"));
  del(table, bytes(""));
  assertEquals(find(table, bytes("")), null);
  assertEquals(find(table, bytes(""), FIRST_SEQUENCE), bytes(""));
});

test("A key is found as of every sequence number, also among many versions", () => {
  const table = emptyTable();
  const versions = 300;
  for (let i = 0; i < versions; i++) {
    put(table, bytes("other"), bytes(`${-i}`));
    if (i % 7 === 3) del(table, bytes("key"));
    else put(table, bytes("key"), bytes(`${i}`));
  }
  assertEquals(find(table, bytes("key"), FIRST_SEQUENCE - 1), undefined);
  assertEquals(find(table, bytes("key"), FIRST_SEQUENCE), undefined);
  for (let i = 0; i < versions; i++) {
    const expected = i % 7 === 3 ? null : bytes(`${i}`);
    for (const sequence of [2 * i + 1, 2 * i + 2]) {
      const found = find(table, bytes("key"), FIRST_SEQUENCE + sequence);
      assertEquals(found, expected);
    }
  }
  assertEquals([table.records, table.keys], [2 * versions, 2]);
});

test("A table finds what a model finds, as of any sequence number, while its index grows", () => {
  for (const [seed, keys] of [[1, 50], [2, 9_000]] as const) {
    const random = seeded(seed);
    const table = emptyTable(4 << 20);
    const model = new TableModel();
    for (let round = 0; round < 8; round++) {
      writeRandomly(model, table, { count: 2_500, keys, random });
      assertEquals(table.keys, model.keys.length);
      assertEquals(table.lastSequence, model.lastSequence);
      for (const key of model.keys.slice(0, 200)) {
        const at = FIRST_SEQUENCE - 1 + Math.floor(random() * table.records);
        for (const sequence of [at, table.lastSequence, Infinity]) {
          const row = model.rowAt(key, sequence);
          const found = find(table, unhex(key), sequence);
          assertEquals(found && hex(found), row?.[2], `seed ${seed} ${key}`);
        }
      }
    }
  }
});

test("Keys with the same hash are told from one another", () => {
  const keys = [...collidingKeys(1_500)];
  const hashes = new Set(keys.map((key) => hashSpan(key, 0, key.length)));
  assertEquals(hashes.size, 1);
  const table = emptyTable();
  const stored = keys.slice(0, 1_200);
  stored.forEach((key, i) => put(table, key, bytes(`${i}`)));
  stored.forEach((key, i) => {
    if (i % 2 === 0) put(table, key, bytes(`again ${i}`));
  });
  assertEquals(table.keys, stored.length);
  stored.forEach((key, i) => {
    const expected = i % 2 === 0 ? `again ${i}` : `${i}`;
    assertEquals(find(table, key), bytes(expected));
  });
  for (const key of keys.slice(stored.length)) {
    assertEquals(find(table, key), undefined);
  }
});

test("Keys that begin or end alike are told from one another", () => {
  const table = emptyTable();
  const keys = Array.from({ length: 200 }, (_, i) => "a".repeat(i));
  for (const key of keys) put(table, bytes(key), bytes(`${key.length}`));
  for (const key of keys) {
    assertEquals(find(table, bytes(key)), bytes(`${key.length}`));
  }
  assertEquals(find(table, bytes("a".repeat(200))), undefined);
});

test("The memory that a table says it takes grows with it", () => {
  const table = emptyTable(1 << 20);
  let last = table.memoryBytes;
  for (let i = 0; i < 5_000; i++) {
    put(table, bytes(`${i}`), bytes("value"));
    assert(table.memoryBytes >= last);
    last = table.memoryBytes;
  }
  assert(last > table.arena.size);
  assert(last < table.arena.size + 5_000 * 100, `${last}`);
});

function unhex(text: string): Uint8Array {
  return Uint8Array.from(
    { length: text.length / 2 },
    (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}
