import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { formOf } from "../../src/cli/form.ts";
import { entryJson } from "../../src/cli/entry_text.ts";
import { gunzipIfPacked } from "../../src/cli/transfer/gzip.ts";
import { ndjsonLine, readNdjson } from "../../src/cli/transfer/ndjson.ts";
import { rawBytes, readRaw } from "../../src/cli/transfer/raw.ts";
import { tuple } from "../../src/codec/tuple.ts";
import { Random } from "../../src/testing/random.ts";
import { test } from "../harness.ts";
import { bytes, chunks, read, text } from "./in_chunks.ts";

const seed = 11;
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
  await assertRejects(() => read(readRaw, bomb, 8), Error, "out of range");
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
