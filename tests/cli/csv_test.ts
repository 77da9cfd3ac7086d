import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { test } from "../harness.ts";
import "../std/register_bun.ts";
import { bytes, chunks, read, text } from "./in_chunks.ts";

const { readCsv } = await import("../../src/cli/transfer/csv.ts");

const encoder = new TextEncoder();

test("readCsv gives the rows before a wrong one, and names the line that the wrong one begins on", async () => {
  const wrong = [
    ["b", 5, "found 1"],
    ["b,2,3", 5, "found 3"],
    ['"b,2\nc,3', 5, "never closed"],
    ['b"c,2', 5, "Quote"],
    ["zz,02", 5, "Cannot read the key"],
  ] as const;
  for (const [row, line, problem] of wrong) {
    for (const size of [1, 7, 1000]) {
      const input = `key,value\n00,"01"\n\n02,03\n${row}\n04,05\n`;
      const seen: unknown[] = [];
      const error = await assertRejects(async () => {
        const source = chunks(encoder.encode(input), size);
        for await (const some of readCsv(source, bytes)) {
          for (const entry of some) seen.push(entry);
        }
      }, Error);
      const { message } = error;
      assert(message.includes(`line ${line}: `), `${row}: ${message}`);
      assert(message.includes(problem), `${row}: ${message}`);
      assertEquals(seen.length, 2, row);
    }
  }
  for (const input of ["", "k,v\n1,2\n", "key\n", "key,value,more\n"]) {
    const source = chunks(encoder.encode(input), 9);
    await assertRejects(
      async () => {
        for await (const some of readCsv(source, bytes)) [...some];
      },
      Error,
      "first line",
    );
  }
});

test("readCsv gives the rows before bytes that are not UTF-8, and names the line that they are on", async () => {
  const before = "k\xc3\xa4,1\r\n";
  const wrong = [
    ["\xfc,1\r\n\xf6,2", 5],
    ["a,\xe4\xbd\r\nb,2", 5],
    ['a,"1\r\n\xfc"\r\n', 6],
    ['"a"\xfc,1\r\n', 5],
    ['a,"\xfc', 5],
    ["a,\xc3", 5],
  ] as const;
  for (const mark of ["", "\xef\xbb\xbf"]) {
    for (const [rows, line] of wrong) {
      for (const ends of ["\r\n", "\n", "\r"]) {
        const input = `${mark}key,value\r\n${before}\r\n${before}${rows}`
          .replaceAll("\r\n", ends);
        for (const size of [1, 2, 3, 7, 1000]) {
          const seen: unknown[] = [];
          const source = chunks(Buffer.from(input, "latin1"), size);
          const error = await assertRejects(async () => {
            for await (const some of readCsv(source, text)) {
              for (const entry of some) seen.push(entry);
            }
          }, Error);
          const what = JSON.stringify([input, size]);
          const message = `Cannot load line ${line}: it is not UTF-8`;
          assertEquals(error.message, message, what);
          assertEquals(seen.length, 2, what);
        }
      }
    }
  }
  const header = chunks(Buffer.from("schl\xfcssel,value\n", "latin1"), 99);
  await assertRejects(
    async () => {
      for await (const some of readCsv(header, text)) [...some];
    },
    Error,
    "line 1: it is not UTF-8",
  );
});

test("readCsv names a malformed row, not bytes that are not UTF-8 behind it", async () => {
  const input = Buffer.from('key,value\na"b,1\n\xfc,2\n', "latin1");
  await assertRejects(
    async () => {
      for await (const some of readCsv(chunks(input, 99), text)) [...some];
    },
    Error,
    "line 2: Invalid Opening Quote",
  );
});

test("readCsv reads UTF-16 that begins with its mark", async () => {
  const input = Buffer.from("\ufeffkey,value\nä,1\n", "utf16le");
  for (const size of [1, 3, 100]) {
    const found = await read(readCsv, input, size, text);
    assertEquals(found.map(([key]) => new TextDecoder().decode(key)), ["ä"]);
  }
});

test("readCsv takes the columns in either order, quoted fields, and any ends of lines", async () => {
  const input = '\ufeffvalue,"key"\r\n"a ""b""\nc",k1\r\n\r\n,k2';
  for (const size of [1, 2, 5, 100]) {
    const found = await read(readCsv, encoder.encode(input), size, text);
    assertEquals(
      found.map((entry) => entry.map((part) => new TextDecoder().decode(part))),
      [["k1", 'a "b"\nc'], ["k2", ""]],
      `chunks of ${size}`,
    );
  }
});
