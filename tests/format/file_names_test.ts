import { assertEquals } from "@std/assert";
import {
  logName,
  parseFileName,
  segmentName,
} from "../../src/format/file_names.ts";
import { MAX_SEQUENCE } from "../../src/format/sequence.ts";
import { test } from "../harness.ts";

test("Logs and segments are named by their numbers, six digits at least", () => {
  assertEquals(logName(7), "000007.log");
  assertEquals(segmentName(8), "000008.seg");
  assertEquals(logName(999_999), "999999.log");
  assertEquals(logName(1_000_000), "1000000.log");
});

test("Every name says again what it was made from", () => {
  for (const number of [1, 7, 999_999, 1_000_000, 2 ** 32, MAX_SEQUENCE]) {
    assertEquals(parseFileName(logName(number)), { type: "log", number });
    assertEquals(parseFileName(segmentName(number)), {
      type: "segment",
      number,
    });
  }
  assertEquals(parseFileName("MANIFEST")?.type, "manifest");
  assertEquals(parseFileName("MANIFEST.tmp")?.type, "temporary");
  assertEquals(parseFileName("CHECKPOINT")?.type, "mark");
  assertEquals(parseFileName("REPAIR")?.type, "mark");
});

test("A name that the engine would not have given is none of its files", () => {
  const foreign = [
    "",
    "LOCK",
    "manifest",
    "MANIFEST.bak",
    "000000.log",
    "1.log",
    "00007.log",
    "0000007.log",
    "000007.log.tmp",
    "x000007.log",
    "000007.LOG",
    "000007.sst",
    "-00007.log",
    "+00007.log",
    " 000007.log",
    "000007.log\n",
    "00000٧.log",
    "0x0007.log",
    "1e0005.seg",
    "9007199254740991.seg",
    "9007199254740993.seg",
    "99999999999999999999.seg",
    "../000007.log",
    "a/000007.log",
    "000007.log\0",
  ];
  for (const name of foreign) {
    assertEquals(parseFileName(name), undefined, JSON.stringify(name));
  }
});
