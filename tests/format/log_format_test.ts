import { assert, assertEquals } from "@std/assert";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32, writeUint64 } from "../../src/bytes/fixed.ts";
import {
  FRAME_HEADER_BYTES,
  type FrameHeader,
  LOG_HEADER_BYTES,
  readFrame,
  readLogHeader,
  sealFrame,
  writeLogHeader,
} from "../../src/format/log_format.ts";
import { MAX_SEQUENCE } from "../../src/format/sequence.ts";
import { test } from "../harness.ts";

const header = { salt: 0xfedc_ba98, number: 7, firstSequence: 1_000 };

test("A log header comes back", () => {
  assertEquals(readLogHeader(logHeader()), header);
  const largest = {
    salt: 0xffff_ffff,
    number: MAX_SEQUENCE,
    firstSequence: MAX_SEQUENCE,
  };
  assertEquals(readLogHeader(logHeader(largest)), largest);
});

test("A log header with any bit flipped, or cut anywhere, is none", () => {
  const bytes = logHeader();
  for (let bit = 0; bit < 8 * LOG_HEADER_BYTES; bit++) {
    const flipped = bytes.slice();
    flipped[bit >>> 3]! ^= 1 << (bit & 7);
    assertEquals(readLogHeader(flipped), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < LOG_HEADER_BYTES; length++) {
    assertEquals(readLogHeader(bytes.subarray(0, length)), undefined);
  }
});

test("A whole log header of another version tells its version", () => {
  for (const unknownVersion of [0, 3, 0xffff_ffff]) {
    const bytes = logHeader();
    writeUint32(bytes, 8, unknownVersion);
    assertEquals(readLogHeader(resealHeader(bytes)), { unknownVersion });
  }
});

test("A log header with numbers that no engine writes is none, whatever its checksum", () => {
  for (const offset of [16, 24]) {
    const bytes = logHeader();
    bytes.fill(0xff, offset, offset + 8);
    assertEquals(readLogHeader(resealHeader(bytes)), undefined);
  }
});

test("The log of a store that has used up its sequence numbers has a header all the same", () => {
  const usedUp = { ...header, firstSequence: MAX_SEQUENCE + 1 };
  assertEquals(readLogHeader(logHeader(usedUp)), usedUp);
});

const frame: FrameHeader = {
  length: 5,
  count: 2,
  firstSequence: 1_000,
  durableSequence: 998,
};

test("A frame comes back from anywhere in a log", () => {
  for (const start of [0, 1, 40]) {
    const bytes = sealed(frame, start);
    assertEquals(readFrame(bytes, start, header.salt), frame);
  }
});

test("A frame with any bit flipped, or cut anywhere, is none", () => {
  const bytes = sealed(frame);
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const flipped = bytes.slice();
    flipped[bit >>> 3]! ^= 1 << (bit & 7);
    assertEquals(readFrame(flipped, 0, header.salt), undefined, `bit ${bit}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.subarray(0, length);
    assertEquals(readFrame(cut, 0, header.salt), undefined);
  }
});

test("A frame of another log does not pass", () => {
  const bytes = sealed(frame);
  for (let bit = 0; bit < 32; bit++) {
    const salt = (header.salt ^ (1 << bit)) >>> 0;
    assertEquals(readFrame(bytes, 0, salt), undefined);
  }
});

test("Bytes behind a frame are not looked at", () => {
  const bytes = Uint8Array.of(...sealed(frame), 1, 2, 3);
  assertEquals(readFrame(bytes, 0, header.salt), frame);
});

test("Fields at their bounds pass, fields past them do not, whatever the checksum", () => {
  const good: Partial<FrameHeader>[] = [
    { durableSequence: 0 },
    { durableSequence: 999 },
    { count: 1, firstSequence: MAX_SEQUENCE },
    { count: 0xffff_ffff },
    { count: 11, firstSequence: MAX_SEQUENCE - 10 },
  ];
  for (const rest of good) {
    const crafted = { ...frame, ...rest };
    assertEquals(readFrame(sealed(crafted), 0, header.salt), crafted);
  }
  const bad: Partial<FrameHeader>[] = [
    { count: 0 },
    { durableSequence: 1_000 },
    { durableSequence: MAX_SEQUENCE },
    { count: 2, firstSequence: MAX_SEQUENCE },
    { count: 0xffff_ffff, firstSequence: MAX_SEQUENCE - 10 },
    { count: 1, firstSequence: MAX_SEQUENCE + 1 },
    { firstSequence: 0, durableSequence: 0 },
  ];
  for (const rest of bad) {
    const bytes = sealed({ ...frame, ...rest });
    assertEquals(readFrame(bytes, 0, header.salt), undefined);
  }
});

test("Sequence numbers past 2^53 are refused, whatever the checksum", () => {
  for (const offset of [16, 24]) {
    for (const at of [6, 7]) {
      const bytes = sealed(frame);
      bytes[offset + at] = 0xff;
      assertEquals(
        readFrame(resealFrame(bytes), 0, header.salt),
        undefined,
      );
    }
  }
});

test("A length that reaches past the end is refused before anything is read by it", () => {
  for (const length of [6, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    const bytes = sealed(frame);
    writeUint32(bytes, 4, length);
    assertEquals(readFrame(bytes, 0, header.salt), undefined);
  }
});

test("A frame that says it is shorter than it was sealed does not pass", () => {
  for (let length = 0; length < frame.length; length++) {
    const bytes = sealed(frame);
    writeUint32(bytes, 4, length);
    assertEquals(readFrame(bytes, 0, header.salt), undefined);
  }
});

test("Nothing but zeros, or nothing but ones, is neither header nor frame", () => {
  for (const fill of [0, 0xff]) {
    const bytes = new Uint8Array(4096).fill(fill);
    assertEquals(readLogHeader(bytes), undefined);
    for (const salt of [0, 0xffff_ffff]) {
      assertEquals(readFrame(bytes, 0, salt), undefined);
    }
  }
  assert(readFrame(new Uint8Array(0), 0, 0) === undefined);
});

function logHeader(fields = header): Uint8Array {
  const bytes = new Uint8Array(LOG_HEADER_BYTES);
  writeLogHeader(bytes, fields);
  return bytes;
}

function resealHeader(bytes: Uint8Array): Uint8Array {
  writeUint32(bytes, 36, crc32(bytes.subarray(0, 36)));
  return bytes;
}

function sealed(fields: FrameHeader, start = 0): Uint8Array {
  const bytes = new Uint8Array(start + FRAME_HEADER_BYTES + frame.length);
  bytes.fill(7);
  sealFrame(bytes, start, header.salt, fields);
  return bytes;
}

function resealFrame(bytes: Uint8Array): Uint8Array {
  writeUint32(bytes, 0, crc32(bytes.subarray(4), header.salt));
  return bytes;
}

test("Integers of a frame are little-endian, at the places that the diagram says", () => {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + frame.length).fill(7);
  writeUint32(bytes, 4, 5);
  writeUint32(bytes, 8, 2);
  bytes.set(new TextEncoder().encode("FRAM"), 12);
  writeUint64(bytes, 16, 1_000);
  writeUint64(bytes, 24, 998);
  assertEquals(resealFrame(bytes), sealed(frame));
});
