import { assert, assertEquals } from "@std/assert";
import { PUT } from "../../src/format/kind.ts";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  readFrame,
  readLogHeader,
} from "../../src/format/log_format.ts";
import { RECORD_HEADER_BYTES, recordLength } from "../../src/format/record.ts";
import { Arena } from "../../src/memtable/arena.ts";
import { below, randomBytes, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { FIRST_SEQUENCE, header } from "./tables.ts";

/** An arena with room for `capacity` bytes of frames. */
function emptyArena(capacity: number): Arena {
  return Arena.create(header, new Uint8Array(LOG_HEADER_BYTES + capacity));
}

test("What an arena hands out is, piece by piece, the image of its log", () => {
  const random = seeded(1);
  const arena = emptyArena(1 << 16);
  const log: number[] = [...arena.logHeader];
  let sequence = FIRST_SEQUENCE - 1;
  let durable = 0;
  let frames = 0;
  for (let i = 0; i < 500; i++) {
    addRecord(arena, randomBytes(random, below(random, 20)), below(random, 30));
    sequence++;
    if (below(random, 3) > 0) continue;
    log.push(...arena.takeUnwritten(sequence, durable));
    durable = sequence;
    frames++;
  }
  if (arena.hasUnwritten) {
    log.push(...arena.takeUnwritten(sequence, durable));
    frames++;
  }
  const image = Uint8Array.from(log);
  assertEquals(arena.bytes.subarray(0, arena.size), image);

  assertEquals(readLogHeader(image), header);
  let at = LOG_HEADER_BYTES;
  let next = FIRST_SEQUENCE;
  for (; at < image.length; frames--) {
    const frame = readFrame(image, at, header.salt);
    assert(frame !== undefined, `no valid frame at byte ${at}`);
    assertEquals(frame.firstSequence, next);
    next += frame.count;
    at += FRAME_HEADER_BYTES + frame.length;
  }
  assertEquals([at, next, frames], [image.length, sequence + 1, 0]);
});

test("Bytes that were handed out never change, so a write of them may take its time", () => {
  const arena = emptyArena(4096);
  addRecord(arena, Uint8Array.of(1, 2, 3), 4);
  const frame = arena.takeUnwritten(FIRST_SEQUENCE, 0);
  const before = frame.slice();
  for (let i = 1; i <= 20; i++) {
    addRecord(arena, Uint8Array.of(i), i);
    if (i % 3 === 0) arena.takeUnwritten(FIRST_SEQUENCE + i, FIRST_SEQUENCE);
  }
  assertEquals(frame, before);
});

test("An arena knows whether it has bytes that no log has", () => {
  const arena = emptyArena(4096);
  assert(!arena.hasUnwritten);
  addRecord(arena, Uint8Array.of(1), 0);
  assert(arena.hasUnwritten);
  arena.takeUnwritten(FIRST_SEQUENCE, 0);
  assert(!arena.hasUnwritten);
  addRecord(arena, Uint8Array.of(1), 0);
  assert(arena.hasUnwritten);
});

test("An arena takes exactly what it has room for, the header of a frame included", () => {
  for (const bytes of [0, 1, 100]) {
    const capacity = FRAME_HEADER_BYTES + recordLength(0, bytes);
    const arena = emptyArena(capacity);
    assertEquals(arena.room, bytes);
    addRecord(arena, new Uint8Array(0), bytes);
    assertEquals(arena.size, LOG_HEADER_BYTES + capacity);
    assert(arena.room < 0);
  }
});

test("Room shrinks by whole records, and by a frame header where a new frame begins", () => {
  const arena = emptyArena(1000);
  const { room } = arena;
  addRecord(arena, new Uint8Array(10), 20);
  assertEquals(arena.room, room - recordLength(10, 20));
  arena.takeUnwritten(FIRST_SEQUENCE, 0);
  const expected = room - recordLength(10, 20) - FRAME_HEADER_BYTES;
  assertEquals(arena.room, expected);
});

test("Finished records are taken over byte for byte, in one frame with their neighbours", () => {
  const one = emptyArena(4096);
  for (const length of [3, 4, 5]) addRecord(one, new Uint8Array(length), 1);
  const start = LOG_HEADER_BYTES + FRAME_HEADER_BYTES;
  const records = one.bytes.slice(start, one.size);

  const other = emptyArena(4096);
  assertEquals(other.appendRecords(records, 3), start);
  const last = FIRST_SEQUENCE + 2;
  assertEquals(other.takeUnwritten(last, 0), one.takeUnwritten(last, 0));
});

test("A log that was read back is an arena without anything left to write", () => {
  const arena = emptyArena(4096);
  addRecord(arena, Uint8Array.of(1), 5);
  arena.takeUnwritten(FIRST_SEQUENCE, 0);
  const image = arena.bytes.slice(0, arena.size);
  const back = Arena.fromImage(image, header);
  assertEquals(back.size, image.length);
  assertEquals(back.logHeader, arena.logHeader);
  assert(!back.hasUnwritten);
  assert(back.room < 0);
});

function addRecord(arena: Arena, key: Uint8Array, valueLength: number): void {
  const start = arena.recordStart + RECORD_HEADER_BYTES;
  arena.bytes.set(key, start);
  arena.bytes.fill(0xab, start + key.length, start + key.length + valueLength);
  arena.commitRecord(PUT, key.length, valueLength);
}
