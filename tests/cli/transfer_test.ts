import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { formOf } from "../../src/cli/form.ts";
import { entryJson } from "../../src/cli/entry_text.ts";
import type { EntryReader } from "../../src/cli/transfer/entry.ts";
import { gunzipIfPacked } from "../../src/cli/transfer/gzip.ts";
import { ndjsonLine, readNdjson } from "../../src/cli/transfer/ndjson.ts";
import { rawBytes, readRaw } from "../../src/cli/transfer/raw.ts";
import { tuple } from "../../src/codec/tuple.ts";
import { Random } from "../../src/testing/random.ts";
import { test } from "../harness.ts";
import "../std/register_bun.ts";

const { readCsv } = await import("../../src/cli/transfer/csv.ts");

const seed = 11;
const bytes = { keys: formOf("bytes"), values: formOf("bytes") };
const text = { keys: formOf("utf8"), values: formOf("utf8") };
const encoder = new TextEncoder();

test("readNdjson and readRaw read what was written, however it is cut into chunks", async () => {
  const random = new Random(seed);
  const entries = Array.from({ length: 40 }, () => {
    const key = new Uint8Array(random.below(20));
    const value = new Uint8Array(random.below(200));
    random.fill(key);
    random.fill(value);
    return [key, value] as const;
  });
  const lines = entries.map((entry) => ndjsonLine(entry, bytes)).join("\n");
  const raw = Buffer.concat(entries.map(rawBytes));
  for (const size of [1, 2, 3, 7, 64, 1000, 100_000]) {
    const message = `seed ${seed}, chunks of ${size}`;
    const fromLines = await read(readNdjson, encoder.encode(lines), size);
    assertEquals(fromLines, entries, message);
    assertEquals(await read(readRaw, raw, size), entries, message);
  }
});

test("readNdjson names the line that is wrong, after the entries before it", async () => {
  const good = '{"key":"00","value":"01"}\n';
  const wrong = [
    ["{", "line 3: "],
    ['{"key":"00"}', "line 3: expected"],
    ['{"key":"00","value":"01","more":1}', "line 3: expected"],
    ['["key","value"]', "line 3: expected"],
    ["null", "line 3: expected"],
    ['"text"', "line 3: expected"],
    ['{"key":"0","value":"01"}', "line 3: Cannot read the key"],
    ['{"key":1,"value":"01"}', "line 3: Cannot read the key"],
    ['{"key":"00","value":"x1"}', "line 3: Cannot read the value"],
    ['{"key":"\xff"}', "line 3: it is not UTF-8"],
  ] as const;
  for (const [line, problem] of wrong) {
    const input = Buffer.from(`${good}\n${line}\n${good}`, "latin1");
    const seen: unknown[] = [];
    const error = await assertRejects(async () => {
      for await (const some of readNdjson(chunks(input, 9), bytes)) {
        for (const entry of some) seen.push(entry);
      }
    }, Error);
    assert(error.message.includes(problem), `${line}: ${error.message}`);
    assertEquals(seen.length, 1, line);
  }
});

test("readNdjson passes over a byte order mark, empty lines and any ends of lines", async () => {
  const input =
    '\ufeff{"key":"00","value":"01"}\r\n\r\n \n{"key":"02","value":""}';
  for (const size of [1, 5, 100]) {
    assertEquals(
      await read(readNdjson, encoder.encode(input), size),
      [[Uint8Array.of(0), Uint8Array.of(1)], [
        Uint8Array.of(2),
        new Uint8Array(),
      ]],
    );
  }
});

test("readNdjson reads a line without its parser exactly as the parser does", async () => {
  const random = new Random(seed);
  const plain = [
    "a",
    "größe",
    "你好",
    "\u{1f600}",
    "",
    " ",
    ":",
    "}",
    "{",
    ",",
    "\x7f",
  ];
  const special = ['\\"', "\\\\", "\\n", "\\u0041", '"', "\t", "\\", "\0"];
  const shapes = [
    (key: string, value: string) => `{"key":"${key}","value":"${value}"}`,
    (key: string, value: string) => `{"key": "${key}", "value": "${value}"}`,
    (key: string, value: string) => `{"key":"${key}","value":"${value}"}\r`,
    (key: string, value: string) => `{"value":"${value}","key":"${key}"}`,
    (key: string, value: string) => ` { "key" : "${key}","value":"${value}" } `,
    (key: string, value: string) => `{"key":"${key}","value":"${value}"},`,
    (key: string, value: string) => `{"key":"${key}","value":"${value}"`,
    (key: string, value: string) => `{"key":"${key}","value":${value}}`,
    (key: string, value: string) => `{"key":"${key}","key":"${value}"}`,
  ];
  let refused = 0;
  for (let round = 0; round < 3000; round++) {
    const word = () =>
      Array.from({ length: random.below(5) }, () => {
        const from = random.below(9) === 0 ? special : plain;
        return from[random.below(from.length)]!;
      }).join("");
    const line = shapes[random.below(shapes.length)]!(word(), word());
    const message = `seed ${seed}, round ${round}: ${line}`;
    let expected: unknown;
    try {
      const { key, value } = JSON.parse(line);
      if (typeof value === "string") expected = [[key, value]];
    } catch {
      // No JSON.
    }
    const reading = read(readNdjson, encoder.encode(line), 1000, text);
    if (expected === undefined) {
      refused++;
      await assertRejects(() => reading, Error, "line 1: ", message);
      continue;
    }
    const found = await reading;
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    assertEquals(
      found.map((entry) => entry.map((part) => decoder.decode(part))),
      expected,
      message,
    );
  }
  assert(refused > 300 && refused < 2700, `${refused}`);
});

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

test("gunzipIfPacked unpacks what is packed, passes on the rest, and says what is wrong in plain words", async () => {
  async function through(input: Uint8Array, size: number): Promise<string> {
    const parts: Uint8Array[] = [];
    const unpacked = gunzipIfPacked(chunks(input, size), "in");
    for await (const chunk of unpacked) parts.push(chunk);
    return Buffer.concat(parts).toString();
  }
  const packed = gzipSync("some text");
  for (const size of [1, 2, 3, 100]) {
    assertEquals(await through(packed, size), "some text");
    for (const plain of ["", "a", "some text"]) {
      assertEquals(await through(encoder.encode(plain), size), plain);
    }
    const cut = packed.subarray(0, packed.length - 4);
    await assertRejects(() => through(cut, size), Error, "ends too early");
    const damaged = new Uint8Array(packed);
    damaged[packed.length - 6]! ^= 1;
    await assertRejects(() => through(damaged, size), Error, "is damaged");
  }
});

test("readRaw refuses what is cut off, too long or not what the store holds", async () => {
  const entry = rawBytes([Uint8Array.of(1), Uint8Array.of(2, 3)]);
  for (let length = 1; length < entry.length; length++) {
    const input = Buffer.concat([entry, entry.subarray(0, length)]);
    const error = await assertRejects(() => read(readRaw, input, 4), Error);
    assert(error.message.includes("byte 11"), error.message);
  }
  const bomb = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0);
  await assertRejects(() => read(readRaw, bomb, 8), Error, "cannot be");
  const notText = rawBytes([Uint8Array.of(0xff), Uint8Array.of()]);
  await assertRejects(
    () => read(readRaw, notText, 100, text),
    Error,
    "since the store has utf8",
  );
});

test("Forms read back what they show, and refuse what their codec cannot carry", () => {
  const parts = [
    null,
    Uint8Array.of(0, 255),
    "a\u2028b",
    -1.5,
    Infinity,
    -Infinity,
    2n ** 80n,
    -5n,
    true,
    ["nested", [1]],
  ];
  const examples = {
    utf8: encoder.encode('tab\t, quote ", größe, \u202e'),
    bytes: Uint8Array.of(0, 1, 255),
    json: encoder.encode(
      '{"__proto__":1,"n":12345678901234567890,"t":"\u0085"}',
    ),
    tuple: tuple.encode(parts),
  } as const;
  for (const [name, example] of Object.entries(examples)) {
    const form = formOf(name as keyof typeof examples);
    assert(!/[\p{C}\p{Zl}]/u.test(form.toLine(example)), name);
    if (name !== "json") {
      assertEquals(form.fromLine(form.toLine(example), "key"), example, name);
      const value = JSON.parse(form.toJson(example));
      assertEquals(form.fromJson(value, "key"), example, name);
      assertEquals(form.fromField(form.toField(example), "key"), example, name);
    }
    form.check(example, "key");
  }
  // Digits that a number of JavaScript cannot hold are shown as they are stored.
  assert(formOf("json").toJson(examples.json).includes("12345678901234567890"));
  for (const name of ["utf8", "json", "tuple"] as const) {
    let problem = "";
    try {
      formOf(name).check(Uint8Array.of(0xff), "key");
    } catch (error) {
      problem = String(error);
    }
    assert(problem.includes("Cannot write the key"), name);
  }
});

test("entryJson is an object that JSON.parse reads", () => {
  const line = entryJson(text, encoder.encode('a"b\n'), encoder.encode("\\"));
  assertEquals(JSON.parse(line), { key: 'a"b\n', value: "\\" });
});

async function read(
  reader: EntryReader,
  input: Uint8Array,
  size: number,
  forms = bytes,
): Promise<(readonly Uint8Array[])[]> {
  const entries = [];
  for await (const some of reader(chunks(input, size), forms)) {
    for (const [key, value] of some) {
      entries.push([new Uint8Array(key), new Uint8Array(value)]);
    }
  }
  return entries;
}

async function* chunks(
  input: Uint8Array,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < input.length; at += size) {
    yield await Promise.resolve(input.subarray(at, at + size));
  }
}
