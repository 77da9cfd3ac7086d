import { assertEquals } from "@std/assert";
import type { LoggedTable } from "../../src/engine/state/logged_table.ts";
import { Tables } from "../../src/engine/state/tables.ts";
import { PUT } from "../../src/format/kind.ts";
import { RECORD_HEADER_BYTES } from "../../src/format/record.ts";
import { test } from "../harness.ts";

function makeTables(memtableEntries = 1000): Tables {
  let number = 1;
  return new Tables([], 0, {
    memtableSize: 1 << 16,
    memtableEntries,
    snapshots: () => [],
    takeFileNumber: () => number++,
    randomUint32: () => 1,
  });
}

/** Fills, flushes and gives back the table that takes writes. */
function goThrough(tables: Tables): LoggedTable {
  const logged = tables.active;
  logged.table.commitRecord(PUT, 1, 1);
  tables.rotate();
  tables.removeOldest();
  tables.reclaim(logged);
  return logged;
}

function memoryOf({ table }: LoggedTable): ArrayBufferLike {
  return table.memory.bytes.buffer;
}

test("The memory of a table that was flushed serves the next one", () => {
  const tables = makeTables();
  const first = goThrough(tables);
  goThrough(tables);
  assertEquals(memoryOf(tables.active), memoryOf(first));
});

test("Memory that no table uses is given back when it is asked for", () => {
  const tables = makeTables();
  const first = goThrough(tables);
  const memory = memoryOf(first);
  assertEquals(memory.byteLength > 1 << 16, true);
  tables.releaseSpare();
  assertEquals(memory.byteLength, 0);
  goThrough(tables);
  assertEquals(memoryOf(tables.active) === memory, false);
});

test("A table is full by its distinct keys, however often they are written", () => {
  const tables = makeTables(2);
  const write = (key: number) => {
    const { table } = tables.active;
    const { bytes, recordStart } = table.arena;
    bytes[recordStart + RECORD_HEADER_BYTES] = key;
    table.commitRecord(PUT, 1, 1);
  };
  for (let i = 0; i < 100; i++) {
    write(1);
    assertEquals(tables.fullness, 0.5);
  }
  write(2);
  assertEquals(tables.fullness, 1);
});
