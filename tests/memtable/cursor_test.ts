import { assert, assertEquals } from "@std/assert";
import { below, seeded } from "../codec/random.ts";
import { DELETE } from "../../src/format/kind.ts";
import {
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordKind,
  recordValueLength,
} from "../../src/format/record.ts";
import { test } from "../harness.ts";
import { randomKey, TableModel, writeRandomly } from "./model.ts";
import {
  allRows,
  emptyTable,
  FIRST_SEQUENCE,
  hex,
  put,
  type Row,
  rowOf,
  rowsFrom,
} from "./tables.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("A cursor over an empty table finds nothing anywhere", () => {
  const cursor = emptyTable().cursor(Infinity);
  assertEquals(cursor.seekToFirst(), false);
  assertEquals(cursor.seekToLast(), false);
  assertEquals(cursor.seek(bytes("")), false);
  assertEquals(cursor.seekBefore(bytes("x")), false);
});

test("A cursor shows the newest version of each key as of its sequence number, both ways", () => {
  for (const seed of [1, 2, 3]) {
    const { model, table } = randomTable(seed);
    const random = seeded(seed);
    const picked = Array.from(
      { length: 12 },
      () => FIRST_SEQUENCE - 1 + below(random, table.records + 2),
    );
    for (const sequence of [FIRST_SEQUENCE - 1, ...picked, Infinity]) {
      const expected = model.rowsAt(sequence);
      const cursor = table.cursor(sequence);
      const forward = rowsFrom(cursor, cursor.seekToFirst(), "next");
      assertEquals(forward, expected, `seed ${seed} at ${sequence}`);
      const back = rowsFrom(cursor, cursor.seekToLast(), "prev");
      assertEquals(back, expected.toReversed());
    }
  }
});

test("Every seek of a cursor comes to where a model comes, and goes on from there", () => {
  for (const seed of [4, 5]) {
    const { model, table } = randomTable(seed);
    const random = seeded(seed);
    for (const sequence of [FIRST_SEQUENCE + 700, Infinity]) {
      const rows = model.rowsAt(sequence);
      const cursor = table.cursor(sequence);
      for (const target of seekTargets(model, random)) {
        const name = hex(target);
        const behind = rows.filter(([key]) => key >= name);
        const before = rows.filter(([key]) => key < name).toReversed();
        assertFirst(cursor.seek(target), () => rowOf(cursor.entry), behind);
        assertSteps(() => cursor.next(), () => rowOf(cursor.entry), behind);
        const found = cursor.seekBefore(target);
        assertFirst(found, () => rowOf(cursor.entry), before);
        assertSteps(() => cursor.prev(), () => rowOf(cursor.entry), before);
      }
    }
  }
});

test("A cursor does not see what is written after it was made, wherever it stands", () => {
  const { model, table } = randomTable(6);
  const random = seeded(6);
  const expected = model.rowsAt(Infinity);
  const sequence = table.lastSequence;
  for (const step of ["next", "prev"] as const) {
    const cursor = table.cursor(sequence);
    const rows: Row[] = [];
    let has = step === "next" ? cursor.seekToFirst() : cursor.seekToLast();
    for (; has === true; has = cursor[step]()) {
      rows.push(rowOf(cursor.entry));
      writeRandomly(model, table, { count: 5, keys: 2_000, random });
      // Whoever asks for the order meanwhile makes the view grow.
      if (rows.length % 10 === 0) table.cursor(Infinity).seekToFirst();
    }
    if (step === "prev") rows.reverse();
    assertEquals(rows, expected);
  }
});

test("A cursor that is made late still shows an early state", () => {
  const { model, table } = randomTable(7);
  const random = seeded(7);
  const sequence = table.lastSequence;
  const expected = model.rowsAt(sequence);
  writeRandomly(model, table, { count: 3_000, keys: 500, random });
  const cursor = table.cursor(sequence);
  assertEquals(rowsFrom(cursor, cursor.seekToFirst(), "next"), expected);
});

test("Versions come by key, and of each key from the newest to the oldest", () => {
  for (const seed of [8, 9]) {
    const { model, table } = randomTable(seed);
    const expected = model.allVersions();
    assertEquals(expected.length, table.records);
    assertEquals(allRows(table.list().versions()), expected);
  }
  assertEquals(allRows(emptyTable().list().versions()), []);
});

function keyAndValue(
  buffer: Uint8Array,
  record: number,
): [key: string, value: string | null] {
  const keyEnd = record + RECORD_HEADER_BYTES + recordKeyLength(buffer, record);
  const valueEnd = keyEnd + recordValueLength(buffer, record);
  return [
    hex(buffer.slice(record + RECORD_HEADER_BYTES, keyEnd)),
    recordKind(buffer, record) === DELETE
      ? null
      : hex(buffer.slice(keyEnd, valueEnd)),
  ];
}

test("The newest records come by key, one of each key, deletes among them", () => {
  for (const seed of [8, 9]) {
    const { model, table } = randomTable(seed);
    const isNewest = ([key]: Row, i: number, all: readonly Row[]) =>
      i === 0 || all[i - 1]![0] !== key;
    const newest = model.allVersions().filter(isNewest);
    assert(newest.length < table.records);
    const { buffer, places, hasDeletes } = table.list().newest();
    assertEquals(
      Array.from(places, (record) => keyAndValue(buffer, record)),
      newest.map(([key, _, value]) => [key, value]),
    );
    assertEquals(hasDeletes, newest.some(([, , value]) => value === null));
  }
  assertEquals(emptyTable().list().newest().places.length, 0);
});

test("A key of two hundred versions comes up two hundred times for a flush, once for a reader", () => {
  const table = emptyTable();
  put(table, bytes("a"), bytes("first"));
  for (let i = 0; i < 200; i++) put(table, bytes("k"), bytes(`${i}`));
  put(table, bytes("z"), bytes("last"));
  assertEquals(allRows(table.list().versions()).length, 202);
  const cursor = table.cursor(FIRST_SEQUENCE + 100);
  assertEquals(rowsFrom(cursor, cursor.seekToFirst(), "next"), [
    [hex(bytes("a")), FIRST_SEQUENCE, hex(bytes("first"))],
    [hex(bytes("k")), FIRST_SEQUENCE + 100, hex(bytes("99"))],
  ]);
});

function randomTable(seed: number) {
  const model = new TableModel();
  const table = emptyTable();
  const random = seeded(seed);
  for (let round = 0; round < 4; round++) {
    writeRandomly(model, table, { count: 400, keys: 150, random });
    // The first look sorts, later ones insert.
    table.cursor(Infinity).seekToFirst();
  }
  return { model, table };
}

function seekTargets(model: TableModel, random: () => number): Uint8Array[] {
  const known = model.keys.filter(() => random() < 0.15)
    .map((key) => bytes(fromHex(key)));
  const near = known.map((key) => Uint8Array.of(...key, 0));
  const shorter = known.map((key) => key.slice(0, -1));
  const others = Array.from({ length: 50 }, () => randomKey(random, 300));
  const ends = [new Uint8Array(0), Uint8Array.of(0xff, 0xff)];
  return [...known, ...near, ...shorter, ...others, ...ends];
}

function assertFirst(
  found: unknown,
  row: () => Row,
  expected: readonly Row[],
): void {
  assertEquals(found, expected.length > 0);
  if (found === true) assertEquals(row(), expected[0]);
}

/** Goes two steps on. */
function assertSteps(
  step: () => unknown,
  row: () => Row,
  expected: readonly Row[],
): void {
  for (let i = 1; i <= 2 && i <= expected.length; i++) {
    assertFirst(step(), row, expected.slice(i));
  }
}

function fromHex(text: string): string {
  const pairs = text.match(/../g) ?? [];
  const decoded = pairs.map((pair) => String.fromCharCode(parseInt(pair, 16)));
  assert(decoded.every((char) => char < "\x80"));
  return decoded.join("");
}
