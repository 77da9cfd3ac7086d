import { assert, assertEquals } from "@std/assert";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  readFrame,
  sealFrame,
} from "../../src/format/log_format.ts";
import { RANGE_DELETE } from "../../src/format/kind.ts";
import { MemTable } from "../../src/memtable/memtable.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { rangesOf } from "../tombstones/samples.ts";
import { TableModel, writeRandomly } from "./model.ts";
import { allRows, emptyTable, FIRST_SEQUENCE, header, put } from "./tables.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("A table that is loaded from the image of its log is the table that was written, however large the frames are", () => {
  for (const most of [40, 1_500]) checkLoaded(most);
});

/**
 * Writes frames of up to `most` records, some of them with several versions of a key, and loads
 * them.
 */
function checkLoaded(most: number): void {
  const random = seeded(1);
  const model = new TableModel();
  const written = emptyTable(1 << 20);
  while (written.records < 3_000) {
    const count = 1 + below(random, most);
    writeRandomly(model, written, { count, keys: 500, random });
    written.arena.takeUnwritten(written.lastSequence, 0);
  }
  const image = written.arena.bytes.slice(0, written.arena.size);
  const table = MemTable.fromImage(image, header);
  let at = LOG_HEADER_BYTES;
  while (at < image.length) {
    const frame = readFrame(image, at, header.salt);
    assert(frame !== undefined);
    assertEquals(table.loadFrame(at, frame), -1);
    at += FRAME_HEADER_BYTES + frame.length;
  }
  const rows = allRows(table.list().versions());
  assertEquals(rows, model.allVersions());
  assertEquals(table.lastSequence, written.lastSequence);
  assertEquals(table.keys, written.keys);
}

/**
 * A frame of the three records "a", "bb" and "ccc", with values of two bytes, sealed after
 * `change`.
 */
function loadCrafted(
  change: (records: Uint8Array) => void,
  rest: { count?: number; length?: number } = {},
): { problem: number; table: MemTable } {
  const written = emptyTable();
  for (const key of ["a", "bb", "ccc"]) put(written, bytes(key), bytes("vv"));
  const image = written.arena.bytes.slice(0, written.arena.size);
  change(image.subarray(FIRST_RECORD));
  const frame = {
    length: rest.length ?? image.length - FIRST_RECORD,
    count: rest.count ?? 3,
    firstSequence: FIRST_SEQUENCE,
    durableSequence: 0,
  };
  sealFrame(image, LOG_HEADER_BYTES, header.salt, frame);
  const read = readFrame(image, LOG_HEADER_BYTES, header.salt);
  assert(read !== undefined, "the frame itself is whole");
  const table = MemTable.fromImage(image, header);
  return { problem: table.loadFrame(LOG_HEADER_BYTES, read), table };
}

const FIRST_RECORD = LOG_HEADER_BYTES + FRAME_HEADER_BYTES;
const SECOND_RECORD = FIRST_RECORD + 11;
const THIRD_RECORD = SECOND_RECORD + 12;

test("A frame of whole records is loaded", () => {
  const { problem, table } = loadCrafted(() => {});
  assertEquals([problem, table.records, table.keys], [-1, 3, 3]);
});

test("A record of no known kind is named by its place", () => {
  for (const kind of [0, 4, 0x81, 255]) {
    const { problem } = loadCrafted((records) => {
      records[11] = kind;
    });
    assertEquals(problem, SECOND_RECORD);
  }
});

test("A delete that carries a value is named by its place", () => {
  const { problem } = loadCrafted((records) => {
    records[11] = 2;
  });
  assertEquals(problem, SECOND_RECORD);
});

test("A range delete is loaded unless it ends where it begins, or before", () => {
  const load = (end: string) =>
    loadCrafted((records) => {
      records[11] = RANGE_DELETE;
      records.set(bytes(end), 11 + 8 + 2);
    });
  for (const end of ["bb", "b\0", "aa"]) {
    assertEquals(load(end).problem, SECOND_RECORD, end);
  }
  const { problem, table } = load("bc");
  assertEquals([problem, table.records, table.keys], [-1, 3, 2]);
  assertEquals(rangesOf(table.ranges.tombstones), [
    ["bb", "bc", FIRST_SEQUENCE + 1],
  ]);
});

test("Lengths that reach past the frame are named by their record, however large they are", () => {
  for (const length of [3, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    const { problem } = loadCrafted((records) =>
      writeUint32(records, 23 + 4, length)
    );
    assertEquals(problem, THIRD_RECORD);
  }
  const { problem } = loadCrafted((records) => records.fill(0xff, 24, 27));
  assertEquals(problem, THIRD_RECORD);
});

test("A count of more or fewer records than there are is damage, and costs nothing", () => {
  const behindLast = THIRD_RECORD + 13;
  for (const count of [4, 1_000, 0xffff_ffff]) {
    const { problem } = loadCrafted(() => {}, { count });
    assertEquals(problem, behindLast);
  }
  assertEquals(loadCrafted(() => {}, { count: 2 }).problem, THIRD_RECORD);
  assertEquals(loadCrafted(() => {}, { count: 1 }).problem, SECOND_RECORD);
});

test("A frame that ends inside a record is damage", () => {
  const whole = 11 + 12 + 13;
  for (let length = 0; length < whole; length++) {
    const { problem } = loadCrafted(() => {}, { length });
    assert(problem >= FIRST_RECORD, `length ${length}`);
  }
});
