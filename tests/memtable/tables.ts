import { hashSpan } from "../../src/bytes/hash.ts";
import type { Cursor, EntrySource } from "../../src/format/cursor.ts";
import { EntryView } from "../../src/format/entry.ts";
import { DELETE, type EntryKind, PUT } from "../../src/format/kind.ts";
import { RECORD_HEADER_BYTES } from "../../src/format/record.ts";
import { MemTable } from "../../src/memtable/memtable.ts";
import { newTableMemory } from "../../src/memtable/table_memory.ts";

export const FIRST_SEQUENCE = 1_000;
export const header = { salt: 99, number: 7, firstSequence: FIRST_SEQUENCE };

/** An empty table with an arena of `capacity` bytes. */
export function emptyTable(capacity = 1 << 20): MemTable {
  return MemTable.create(header, newTableMemory(capacity));
}

/** Adds a put as the engine does: the bytes first, where they stay. */
export function put(table: MemTable, key: Uint8Array, value: Uint8Array): void {
  add(table, PUT, key, value);
}

/** Adds a delete. */
export function del(table: MemTable, key: Uint8Array): void {
  add(table, DELETE, key, new Uint8Array(0));
}

function add(
  table: MemTable,
  kind: EntryKind,
  key: Uint8Array,
  value: Uint8Array,
): void {
  const { arena } = table;
  const start = arena.recordStart + RECORD_HEADER_BYTES;
  arena.bytes.set(key, start);
  arena.bytes.set(value, start + key.length);
  table.commitRecord(kind, key.length, value.length);
}

/**
 * What a table says of `key` as of `sequence`: the value, `null` for a delete, `undefined` if the
 * table does not know.
 */
export function find(
  table: MemTable,
  key: Uint8Array,
  sequence: number = Infinity,
): Uint8Array | null | undefined {
  const view = new EntryView();
  // Not at the start of its buffer, as in a lookup.
  const buffer = new Uint8Array(key.length + 3).fill(0xee);
  buffer.set(key, 3);
  const hash = hashSpan(key, 0, key.length);
  if (!table.find(buffer, 3, key.length, hash, sequence, view)) {
    return undefined;
  }
  return view.kind === DELETE ? null : valueOf(view);
}

export function keyOf({ keyBuffer, keyOffset, keyLength }: EntryView) {
  return keyBuffer.slice(keyOffset, keyOffset + keyLength);
}

export function valueOf({ valueBuffer, valueOffset, valueLength }: EntryView) {
  return valueBuffer.slice(valueOffset, valueOffset + valueLength);
}

/**
 * One entry in a form that is easy to compare: key, sequence number, value or `null` for a delete.
 */
export type Row = readonly [
  key: string,
  sequence: number,
  value: string | null,
];

export function rowOf(view: EntryView): Row {
  return [
    hex(keyOf(view)),
    view.sequence,
    view.kind === DELETE ? null : hex(valueOf(view)),
  ];
}

/** Lower-case hexadecimal: sorts as the bytes do. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

/** All rows of a source. */
export function allRows(source: EntrySource): Row[] {
  const rows: Row[] = [];
  for (let has = source.seekToFirst(); has; has = source.next()) {
    rows.push(rowOf(source.entry));
  }
  return rows;
}

/** All entries from the position of a synchronous cursor on. */
export function rowsFrom(
  cursor: Cursor,
  has: unknown,
  step: "next" | "prev",
): Row[] {
  const rows: Row[] = [];
  for (let more = has; more === true; more = cursor[step]()) {
    rows.push(rowOf(cursor.entry));
  }
  return rows;
}
