import { assert, assertEquals, assertThrows } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  LOG_HEADER_BYTES,
  sealFrame,
} from "../../src/format/log_format.ts";
import { MAX_SEQUENCE } from "../../src/format/sequence.ts";
import { LogReader, openLogImage } from "../../src/wal/log_reader.ts";
import { below, randomBytes, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { craftLog, header, type PlacedFrame } from "./logs.ts";

const NAME = "000007.log";

/** Six frames; the last synced write that one of them knows of is 103. */
const { image, frames } = sampleLog();

test("LogReader reads the frames of a whole log in order", () => {
  const reader = new LogReader(image, header);
  for (const frame of frames) {
    assertEquals(reader.next(), fieldsOf(frame));
    assertEquals(reader.offset, frame.end);
    assertEquals(reader.nextSequence, frame.firstSequence + frame.count);
    assertEquals(reader.durableSequence, frame.durableSequence);
  }
  assertEquals(reader.next(), undefined);
  assert(reader.isWhole);
  assertEquals(reader.promisedBehind(), 0);
});

test("A log without frames is whole", () => {
  const reader = new LogReader(image.slice(0, LOG_HEADER_BYTES), header);
  assertEquals(reader.next(), undefined);
  assert(reader.isWhole);
});

test("LogReader stops at a truncated tail, wherever it is cut", () => {
  for (let length = LOG_HEADER_BYTES; length < image.length; length++) {
    const cut = image.slice(0, length);
    const reader = new LogReader(cut, header);
    const whole = frames.filter(({ end }) => end <= length);
    assertEquals(readAll(reader), whole.map(fieldsOf));
    assertEquals(reader.offset, whole.at(-1)?.end ?? LOG_HEADER_BYTES);
    assertEquals(reader.isWhole, reader.offset === length);
    // What is cut off was not promised by anything that is left.
    assertEquals(reader.promisedBehind(), 0);
  }
});

test("LogReader stops before a frame with a flipped bit, and never reads another record", () => {
  for (let bit = 8 * LOG_HEADER_BYTES; bit < 8 * image.length; bit++) {
    const damaged = image.slice();
    damaged[bit >>> 3]! ^= 1 << (bit & 7);
    checkDamaged(damaged, (bit >>> 3) - LOG_HEADER_BYTES);
  }
});

test("LogReader stops before a frame with a byte of any other value", () => {
  const random = seeded(3);
  for (let at = LOG_HEADER_BYTES; at < image.length; at++) {
    for (let i = 0; i < 4; i++) {
      const damaged = image.slice();
      damaged[at] = (damaged[at]! + 1 + below(random, 255)) & 255;
      checkDamaged(damaged, at - LOG_HEADER_BYTES);
    }
  }
});

test("LogReader reads a prefix of the frames of a log whose pages were zeroed, swapped or written over", () => {
  const random = seeded(4);
  for (let i = 0; i < 3_000; i++) {
    const damaged = image.slice();
    const pages = damaged.length - LOG_HEADER_BYTES;
    const from = LOG_HEADER_BYTES + below(random, pages);
    const length = 1 + below(random, damaged.length - from);
    const kind = below(random, 3);
    if (kind === 0) damaged.fill(0, from, from + length);
    else if (kind === 1) damaged.set(randomBytes(random, length), from);
    else {
      const source = LOG_HEADER_BYTES + below(random, pages);
      damaged.copyWithin(from, source, source + length);
    }
    const firstChange = damaged.findIndex((byte, at) => byte !== image[at]);
    if (firstChange >= 0) checkDamaged(damaged, firstChange - LOG_HEADER_BYTES);
  }
});

test("LogReader passes by what a file system put behind the last frame", () => {
  const random = seeded(5);
  const stale = image.slice(frames[2]!.start, frames[4]!.end);
  const tails = [
    new Uint8Array(1),
    new Uint8Array(4096),
    new Uint8Array(4096).fill(0xff),
    randomBytes(random, 4096),
    stale,
    stale.subarray(5),
  ];
  for (const tail of tails) {
    const reader = new LogReader(Uint8Array.of(...image, ...tail), header);
    assertEquals(readAll(reader), frames.map(fieldsOf));
    assertEquals(reader.offset, image.length);
    assert(!reader.isWhole);
    // Older frames of the same log promise nothing that is not there.
    assert(reader.promisedBehind() < reader.nextSequence);
  }
});

test("LogReader does not go on over a gap in the sequence numbers", () => {
  const without = Uint8Array.of(
    ...image.subarray(0, frames[2]!.start),
    ...image.subarray(frames[2]!.end),
  );
  const reader = new LogReader(without, header);
  assertEquals(readAll(reader), frames.slice(0, 2).map(fieldsOf));
  assertEquals(reader.offset, frames[2]!.start);
  assertEquals(reader.promisedBehind(), 103);
});

test("promisedBehind tells damage to synced writes from a tail that was never synced", () => {
  frames.forEach((frame, broken) => {
    for (const at of [frame.start, frame.start + 20, frame.end - 1]) {
      const damaged = image.slice();
      damaged[at]! ^= 1;
      const reader = new LogReader(damaged, header);
      readAll(reader);
      const behind = frames.slice(broken + 1);
      const promised = Math.max(0, ...behind.map((f) => f.durableSequence));
      assertEquals(reader.promisedBehind(), promised, `frame ${broken}`);
      const lost = promised >= frame.firstSequence;
      assertEquals(lost, broken < 3, "writes up to 103 were synced");
    }
  });
});

test("promisedBehind finds a frame at any distance behind the damage", () => {
  const random = seeded(6);
  const last = image.subarray(frames[5]!.start);
  for (let gap = 0; gap < 100; gap++) {
    const damaged = Uint8Array.of(
      ...image.subarray(0, frames[1]!.end),
      ...randomBytes(random, gap),
      ...last,
    );
    const reader = new LogReader(damaged, header);
    assertEquals(readAll(reader).length, 2);
    assertEquals(reader.promisedBehind(), 103, `${gap} bytes`);
  }
});

test("A log that is made to keep the search busy counts as one that promised everything", () => {
  // Each header names all that follows as its records, and no checksum fits.
  const hostile = new Uint8Array(1 << 20);
  hostile.set(image.subarray(0, LOG_HEADER_BYTES));
  for (let at = 64; at + FRAME_HEADER_BYTES < hostile.length; at += 16) {
    hostile.set(
      image.subarray(frames[0]!.start + 12, frames[0]!.start + 16),
      at + 12,
    );
    writeUint32(hostile, at + 4, hostile.length - at - FRAME_HEADER_BYTES);
  }
  const reader = new LogReader(hostile, header);
  assertEquals(reader.next(), undefined);
  assertEquals(reader.promisedBehind(), MAX_SEQUENCE);
});

test("The search ends soon in a log of nothing but headers with no records", () => {
  const hostile = new Uint8Array(1 << 18);
  hostile.set(image.subarray(0, LOG_HEADER_BYTES));
  const magic = image.subarray(frames[0]!.start + 12, frames[0]!.start + 16);
  for (let at = 48; at + 4 < hostile.length; at += 4) hostile.set(magic, at);
  const reader = new LogReader(hostile, header);
  assertEquals(reader.next(), undefined);
  assert([0, MAX_SEQUENCE].includes(reader.promisedBehind()));
});

test("A header of this log opens it", () => {
  assertEquals(openLogImage(image, NAME, 7), header);
});

test("A header that is cut or damaged is told by undefined", () => {
  for (let length = 0; length < LOG_HEADER_BYTES; length++) {
    assertEquals(openLogImage(image.slice(0, length), NAME, 7), undefined);
  }
  const damaged = image.slice();
  damaged[20]! ^= 1;
  assertEquals(openLogImage(damaged, NAME, 7), undefined);
});

test("A log under the name of another is damage, and says which it was", () => {
  const error = assertThrows(
    () => openLogImage(image, "000008.log", 8),
    KvCorruptionError,
    "as number 7",
  );
  assertEquals([error.file, error.offset], ["000008.log", 16]);
});

test("A log of a newer format is refused as unsupported, not as damage", () => {
  const newer = image.slice();
  writeUint32(newer, 8, 3);
  writeUint32(newer, 36, crc32(newer.subarray(0, 36)));
  const error = assertThrows(() => openLogImage(newer, NAME, 7), KvError);
  assertEquals(error.code, "KV_UNSUPPORTED");
});

/**
 * Reads a log that was changed from `offset` behind its header on: only frames before that may
 * come, as they were.
 */
function checkDamaged(damaged: Uint8Array, offset: number): void {
  const reader = new LogReader(damaged, header);
  const read = readAll(reader);
  const end = LOG_HEADER_BYTES + offset;
  const before = frames.filter((frame) => frame.end <= end);
  assertEquals(read, before.map(fieldsOf), `changed at byte ${end}`);
  assert(!reader.isWhole);
  assert(reader.promisedBehind() <= 103);
}

function readAll(reader: LogReader): FrameHeader[] {
  const read: FrameHeader[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) {
    read.push(frame);
  }
  return read;
}

function fieldsOf(frame: PlacedFrame): FrameHeader {
  const { records, count, firstSequence, durableSequence } = frame;
  return { length: records.length, count, firstSequence, durableSequence };
}

function sampleLog() {
  const random = seeded(1);
  const durable = [99, 99, 101, 103, 103, 103];
  return craftLog(durable.map((durableSequence, i) => ({
    // 100, then 101 and 102, then 103, and so on.
    count: 1 + (i % 2),
    durableSequence: Math.min(durableSequence, 103),
    records: randomBytes(random, 5 + 9 * i),
  })));
}

test("A frame that lies inside the value of a record is no frame of the log", () => {
  const inner = new Uint8Array(FRAME_HEADER_BYTES + 4);
  const forged = {
    length: 4,
    count: 1,
    firstSequence: 500,
    durableSequence: 499,
  };
  // Whoever writes the value does not know the salt.
  sealFrame(inner, 0, header.salt ^ 1, forged);
  const { image, frames } = craftLog([
    { count: 1, durableSequence: 99, records: inner },
    { count: 1, durableSequence: 99, records: inner },
  ]);
  const torn = image.slice(0, frames[1]!.end - 1);
  const reader = new LogReader(torn, header);
  assertEquals(readAll(reader).length, 1);
  assertEquals(reader.promisedBehind(), 0);
});
