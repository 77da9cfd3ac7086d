import { assert, assertEquals } from "@std/assert";
import { seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { emptyTable, find, FIRST_SEQUENCE, put } from "./tables.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("A record is found right behind its write, however many came before it unread", () => {
  for (let unread = 0; unread <= 200; unread++) {
    const table = emptyTable();
    for (let i = 0; i <= unread; i++) put(table, bytes(`${i}`), bytes(`v${i}`));
    assertEquals(find(table, bytes(`${unread}`)), bytes(`v${unread}`));
    assertEquals(find(table, bytes("0")), bytes("v0"));
    assertEquals(find(table, bytes("none")), undefined);
    assertEquals(table.keys, unread + 1);
  }
});

test("Versions chain alike whether they are entered one by one or together", () => {
  const random = seeded(7);
  const read = emptyTable();
  const unread = emptyTable();
  const keys = Array.from({ length: 20 }, (_, i) => bytes(`key ${i}`));
  const count = 1000;
  for (let i = 0; i < count; i++) {
    const key = keys[Math.floor(random() * keys.length)]!;
    for (const table of [read, unread]) put(table, key, bytes(`${i}`));
    assert(read.keys > 0);
  }
  for (const key of keys) {
    for (let i = -1; i <= count; i++) {
      const at = FIRST_SEQUENCE + i;
      assertEquals(find(unread, key, at), find(read, key, at));
    }
  }
});

test("The number of keys that is told without a look is never too small, and soon right", () => {
  const table = emptyTable();
  for (let i = 0; i < 500; i++) {
    put(table, bytes(`${i % 10}`), bytes("value"));
    const { mostKeys } = table;
    const keys = Math.min(i + 1, 10);
    assert(mostKeys >= keys && mostKeys < keys + 64, `${mostKeys} at ${i}`);
    if (i % 100 === 99) assertEquals([table.keys, table.mostKeys], [10, 10]);
  }
});
