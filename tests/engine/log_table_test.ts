import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  readLogImage,
  recordsOfLog,
} from "../../src/engine/state/log_table.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import {
  type LogHeader,
  MAX_LOG_BYTES,
  readLogHeader,
} from "../../src/format/log_format.ts";
import { test } from "../harness.ts";
import { craftLog } from "../wal/logs.ts";
import { commitsOf, logImage } from "./crafted_store.ts";

const name = "000003.log";
const log = { number: 3, first: 1, commits: commitsOf(1, 6) };
const { image, frames } = logImage(log);
const header = readLogHeader(image) as LogHeader;

test("The records of a log are listed if there are as many as expected, in whole frames", () => {
  const { offsets, firstSequence } = recordsOfLog(name, image, {
    header,
    count: 6,
    hasRanges: false,
  });
  assertEquals([offsets.length, firstSequence], [6, 1]);
  assertEquals([...offsets], frames.map(({ start }) => start + 32));
});

test("Behind the records of a log there may be a torn tail, or room for more", () => {
  const withRoom = new Uint8Array(image.length + 1000);
  withRoom.set(image);
  const lists = [
    { bytes: image.subarray(0, -1), count: 5 },
    { bytes: withRoom, count: 6 },
  ];
  for (const { bytes, count } of lists) {
    const how = { header, count, hasRanges: false };
    assertEquals(recordsOfLog(name, bytes, how).offsets.length, count);
  }
});

test("A log with fewer or more records than expected is damage to who flushes it", () => {
  const lists = [
    { bytes: image, count: 5 },
    { bytes: image, count: 7 },
    { bytes: image.subarray(0, -1), count: 6 },
  ];
  for (const { bytes, count } of lists) {
    const error = assertThrows(
      () => recordsOfLog(name, bytes, { header, count, hasRanges: false }),
      KvCorruptionError,
      `other than ${count} records`,
    );
    assertEquals(error.file, name);
  }
});

test("A whole frame of records that are none is damage, named by its place", () => {
  const records = new Uint8Array(8).fill(9);
  const crafted = craftLog([{ count: 1, durableSequence: 0, records }], header);
  const error = assertThrows(
    () =>
      recordsOfLog(name, crafted.image, { header, count: 1, hasRanges: false }),
    KvCorruptionError,
    "no valid record",
  );
  assertEquals(error.offset, crafted.frames[0]!.start + 32);
});

test("A log of absurd size is refused before memory is taken for it, and closed", async () => {
  let isClosed = false;
  const file = {
    size: MAX_LOG_BYTES + 1,
    readAt: () => {
      throw new Error("it was read");
    },
    close: () => {
      isClosed = true;
    },
  };
  await assertRejects(() => readLogImage(file, name), KvCorruptionError, name);
  assertEquals(isClosed, true);
});
