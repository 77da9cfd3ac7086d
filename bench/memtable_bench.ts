/**
 * The MemTable: every put ends here, every get begins here. Run with
 * `deno bench bench/memtable_bench.ts`. Keys have 16 bytes and random order, values 100 bytes;
 * 100,000 records are about what a table of the preset size holds.
 *
 * - put: the record is written into the arena and indexed, 100,000 times into an empty table.
 * - find: 100,000 keys in random order, all there or all absent.
 * - order: the sorted view, for a scan or a flush: made from nothing; with 1,000 keys put in place,
 *   which the first scan after 1,000 puts waits for.
 * - cursor: from the first key to the last, the view being there.
 * - seek: to 1,000 keys in random order, as short scans do.
 */
import { hashSpan } from "../src/bytes/hash.ts";
import { EntryView } from "../src/format/entry.ts";
import { PUT } from "../src/format/kind.ts";
import { RECORD_HEADER_BYTES } from "../src/format/record.ts";
import { MemTable } from "../src/memtable/memtable.ts";
import { newTableMemory } from "../src/memtable/table_memory.ts";
import { Data } from "./common/data.ts";

const COUNT = 100_000;
const ADDED = 1_000;
const KEY_BYTES = 16;
const VALUE = new Uint8Array(100).fill(120);
const HEADER = { salt: 1, number: 1, firstSequence: 1 };
const CAPACITY = 16 << 20;
const view = new EntryView();

const data = new Data({
  num: COUNT + ADDED,
  keySize: KEY_BYTES,
  valueSize: VALUE.length,
  seed: 1,
});
const putKeys = encode(data.shuffled(COUNT + ADDED, 1));
// The first `COUNT` that are put, in another order; and such as are never put.
const foundKeys = shuffle(putKeys);
const absentKeys = encode(
  data.shuffled(COUNT, 2).map((index) => index + COUNT + ADDED),
);

Deno.bench(`put ${COUNT} records`, (b) => {
  const table = makeTable();
  b.start();
  putRange(table, 0, COUNT);
  b.end();
});

const full = makeTable();
putRange(full, 0, COUNT);

Deno.bench(`find ${COUNT} keys that are there`, () => {
  if (findAll(foundKeys) !== COUNT) throw new Error("A key was not found");
});

Deno.bench(`find ${COUNT} keys that are absent`, () => {
  if (findAll(absentKeys) !== 0) throw new Error("An absent key was found");
});

Deno.bench(`order: sort ${COUNT} keys`, { group: "order" }, (b) => {
  const table = makeTable();
  putRange(table, 0, COUNT);
  b.start();
  table.sortedKeys();
  b.end();
});

Deno.bench(
  `order: insert ${ADDED} keys into ${COUNT}`,
  { group: "order" },
  (b) => {
    const table = makeTable();
    putRange(table, 0, COUNT);
    table.sortedKeys();
    putRange(table, COUNT, COUNT + ADDED);
    b.start();
    table.sortedKeys();
    b.end();
  },
);

Deno.bench(`seek ${ADDED} keys among ${COUNT}`, () => {
  const cursor = full.cursor(Infinity);
  for (let at = 0; at < ADDED * KEY_BYTES; at += KEY_BYTES) {
    const key = foundKeys.subarray(at, at + KEY_BYTES);
    if (!cursor.seek(key)) throw new Error("A key was not found");
  }
});

Deno.bench(`cursor over ${COUNT} keys`, () => {
  const cursor = full.cursor(Infinity);
  let passed = 0;
  for (let has = cursor.seekToFirst(); has; has = cursor.next()) passed++;
  if (passed !== COUNT) throw new Error(`The cursor passed ${passed} keys`);
});

function makeTable(): MemTable {
  return MemTable.create(HEADER, newTableMemory(CAPACITY));
}

function putRange(table: MemTable, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const { bytes, recordStart } = table.arena;
    const at = recordStart + RECORD_HEADER_BYTES;
    const key = i * KEY_BYTES;
    for (let j = 0; j < KEY_BYTES; j++) bytes[at + j] = putKeys[key + j]!;
    bytes.set(VALUE, at + KEY_BYTES);
    table.commitRecord(PUT, KEY_BYTES, VALUE.length);
  }
}

/** How many of `COUNT` keys the full table has. */
function findAll(keys: Uint8Array): number {
  let found = 0;
  for (let at = 0; at < COUNT * KEY_BYTES; at += KEY_BYTES) {
    const hash = hashSpan(keys, at, KEY_BYTES);
    if (full.find(keys, at, KEY_BYTES, hash, Infinity, view)) found++;
  }
  return found;
}

/** The keys with these numbers, end to end. */
function encode(order: Uint32Array): Uint8Array {
  return new TextEncoder().encode(data.keys(order).join(""));
}

function shuffle(keys: Uint8Array): Uint8Array {
  const shuffled = new Uint8Array(COUNT * KEY_BYTES);
  data.shuffled(COUNT, 3).forEach((from, to) => {
    const start = from * KEY_BYTES;
    shuffled.set(keys.subarray(start, start + KEY_BYTES), to * KEY_BYTES);
  });
  return shuffled;
}
