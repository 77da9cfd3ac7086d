import { assert, assertEquals } from "@std/assert";
import { toText } from "@std/streams";
import { json, KvImportError, open, type Tuple, tuple } from "../../mod.ts";
import {
  NdjsonParseStream,
  NdjsonStringifyStream,
} from "../../src/streams/streams.ts";
import { formOf } from "../../src/cli/form.ts";
import { ndjsonLine, readNdjson } from "../../src/cli/transfer/ndjson.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";

/** The bytes of a text, in chunks of a few bytes. */
function bytesOf(
  text: string,
  chunk = 7,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return inChunks(new TextEncoder().encode(text), chunk);
}

function inChunks(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) {
        controller.enqueue(bytes.slice(at, at + size));
      }
      controller.close();
    },
  });
}

function parse(text: string): Promise<[unknown, unknown][]> {
  const entries = bytesOf(text)
    .pipeThrough(new NdjsonParseStream<unknown, unknown>());
  return Array.fromAsync(entries);
}

test("Lines of JSON become entries, wherever the chunks are cut", async () => {
  assertEquals(
    await parse(
      '{"key":"ä🦕","value":1}\n\n  \r\n{"value":{"a":[null]},"key":["b"]}',
    ),
    [["ä🦕", 1], [["b"], { a: [null] }]],
  );
  assertEquals(await parse(""), []);
});

test("A line that is no entry fails the stream with its number", async () => {
  const good = '{"key":"a","value":1}\n';
  for (
    const bad of [
      "{",
      "7",
      "null",
      "[1,2]",
      '{"key":"a"}',
      '{"key":"a","value":1,"more":2}',
    ]
  ) {
    await assertKvError(
      () => parse(`${good}\n${bad}\n${good}`),
      "KV_INVALID_ARGUMENT",
      "line 3",
    );
  }
});

test("Bytes that are not UTF-8 fail the stream with the number of their line, behind the entries before it", async () => {
  const good = '{"key":"ä","value":1}\n';
  const bytes = new TextEncoder();
  for (
    const bad of [[0xfc, 10], [0xe4, 0xbd, 10, 10], [0xff], [0xc3]]
  ) {
    const input = Uint8Array.of(
      ...bytes.encode(`${good}\n${good}`),
      ...bad,
      ...bytes.encode(good),
    );
    for (const size of [1, 7, 1000]) {
      const message = `${bad}, chunks of ${size}`;
      await using db = await open(new MemoryStorage(), {
        values: json<number>(),
      });
      const entries = inChunks(input, size)
        .pipeThrough(new NdjsonParseStream<string, number>());
      const error = await db.importFrom(entries).catch((error) => error);
      assert(error instanceof KvImportError, message);
      assertEquals(error.code, "KV_INVALID_ARGUMENT", message);
      assert(error.message.includes("line 4: it is not UTF-8"), error.message);
      assertEquals([error.entries, await db.count()], [2, 1], message);
    }
  }
});

test("All entries before a wrong line come before its error, however late they are taken", async () => {
  const line = '{"key":"a","value":1}\n';
  const input = new TextEncoder().encode(`${line.repeat(250)}{`);
  const reader = inChunks(input, input.length)
    .pipeThrough(new NdjsonParseStream()).getReader();
  for (let i = 0; i < 250; i++) {
    assertEquals((await reader.read()).done, false, `entry ${i}`);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await assertKvError(
    () => reader.read(),
    "KV_INVALID_ARGUMENT",
    "line 251",
  );
});

test("Who writes the lines learns that one is wrong, and that nobody reads them any more", async () => {
  const reasons: unknown[] = [];
  const endless = (text: string) =>
    new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(text)),
      cancel: (reason) => void reasons.push(reason),
    });
  const wrong = endless("x\n").pipeThrough(new NdjsonParseStream());
  const error = await Array.fromAsync(wrong).catch((error) => error);
  const left = endless('{"key":"a","value":1}\n')
    .pipeThrough(new NdjsonParseStream()).getReader();
  await left.read();
  await left.cancel("enough");
  while (reasons.length < 2) await new Promise((go) => setTimeout(go, 1));
  assertEquals(reasons, [error, "enough"]);
});

test("A byte order mark is passed over before the first line alone", async () => {
  const line = '{"key":"a","value":1}\n';
  assertEquals(await parse(`\ufeff${line}`), [["a", 1]]);
  await assertKvError(
    () => parse(`${line}\ufeff${line}`),
    "KV_INVALID_ARGUMENT",
    "line 2",
  );
});

test("Entries go from one store to another as lines of JSON", async () => {
  const options = { keys: tuple, values: json<unknown>() };
  await using db = await open(new MemoryStorage(), options);
  await using copy = await open(new MemoryStorage(), options);
  for (let i = 0; i < 3000; i++) {
    await db.put(["post", i, `ü${i}\n`], { i, text: "\u2028\"'" }, {
      sync: false,
    });
  }
  const bytes = db.scan().stream().pipeThrough(new NdjsonStringifyStream());
  let chunks = 0;
  const counted = bytes.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        chunks++;
        controller.enqueue(chunk);
      },
    }),
  );
  const entries = counted.pipeThrough(new NdjsonParseStream<Tuple, unknown>());
  assertEquals((await copy.importFrom(entries)).entries, 3000);
  assertEquals(
    await Array.fromAsync(copy.scan()),
    await Array.fromAsync(db.scan()),
  );
  assertEquals(chunks < 10, true, `${chunks} chunks`);
});

/** All types of parts, and what is at their edges. */
const tuples: Tuple[] = [
  [],
  [null, true, false],
  ["t", Infinity],
  ["t", -Infinity],
  ["t", null],
  ["t", 1.5],
  ["t", 5],
  ["t", 5n],
  ["t", -(2n ** 2040n) + 1n],
  ["t", new Uint8Array()],
  ["t", Uint8Array.of(0, 1, 255)],
  ["t", [["\u2028ä", 7n], [], [Uint8Array.of(9), -Infinity]]],
];

test("Tuples of every type of part come back as they were", async () => {
  const options = { keys: tuple };
  await using db = await open(new MemoryStorage(), options);
  await using copy = await open(new MemoryStorage(), options);
  for (const [i, key] of tuples.entries()) await db.put(key, String(i));
  const bytes = db.scan().stream().pipeThrough(new NdjsonStringifyStream());
  await copy.importFrom(bytes.pipeThrough(new NdjsonParseStream<Tuple>()));
  assertEquals(await copy.count(), tuples.length);
  for (const [i, key] of tuples.entries()) {
    assertEquals(copy.getSync(key), String(i), `tuple ${i}`);
  }
});

test("Tuples are written as the command line writes and reads them", async () => {
  const forms = { keys: formOf("tuple"), values: formOf("json") };
  const value = { text: "ä\u2028", list: [null, 1, true] };
  const encoded = json<unknown>().encode(value);
  const dumped = tuples.map((key) =>
    ndjsonLine([tuple.encode(key), encoded], forms)
  ).join("");
  const expected = tuples.map((key): [unknown, unknown] => [key, value]);
  assertEquals(await parse(dumped), expected);

  const written = ReadableStream.from(expected)
    .pipeThrough(new NdjsonStringifyStream());
  const loaded: unknown[] = [];
  for await (const some of readNdjson(written, forms)) {
    for (const [key, value] of some) {
      loaded.push([
        tuple.decode(key, 0, key.length),
        json<unknown>().decode(value, 0, value.length),
      ]);
    }
  }
  assertEquals(loaded, expected);
});

test("A tuple that is none fails the stream with the number of its line", async () => {
  for (const part of ['{"a":1}', '{"bigint":"x"}', '{"bytes":"0"}', "{}"]) {
    await assertKvError(
      () => parse(`{"key":"a","value":1}\n{"key":["t",${part}],"value":1}`),
      "KV_INVALID_ARGUMENT",
      "line 2: a part is an object",
    );
  }
});

test("What JSON would not bring back fails the stream and names the entry", async () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const never = [undefined, NaN, new Date(0), new Map(), () => {}, cycle];
  const inValues = [1n, Infinity, new Uint8Array(1), new KvHolder()];
  const inTuples = [[NaN], [undefined], [{}], [new Date(0)], Array(1)];
  const deep = [{ a: [1n] }, { toJSON: () => 1 }, [undefined], Array(1)];
  for (const bad of [...never, ...inValues, ...inTuples]) {
    await assertRefused([bad, "v"], "entry 2 as JSON: its key");
  }
  for (const bad of [...never, ...inValues, ...deep, [Infinity]]) {
    await assertRefused(["k", bad], 'entry 2 (key "k") as JSON: its value');
  }
  await assertRefused(["k", { a: { b: [0, 1n] } }], "a.b.1 is a bigint");
});

class KvHolder {
  readonly field = 1;
}

/** Holds that an entry behind a good one is refused. */
async function assertRefused(
  bad: readonly [unknown, unknown],
  message: string,
): Promise<void> {
  const bytes = ReadableStream.from([["good", 1] as const, bad])
    .pipeThrough(new NdjsonStringifyStream());
  await assertKvError(
    () => Array.fromAsync(bytes),
    "KV_INVALID_ARGUMENT",
    message,
  );
}

test("Properties that are undefined are left out, and objects of any realm are written", async () => {
  const bare = Object.assign(Object.create(null), { a: 1, b: undefined });
  const bytes = ReadableStream.from([["k", bare] as const, [7, null] as const])
    .pipeThrough(new NdjsonStringifyStream());
  assertEquals(
    await toText(bytes),
    '{"key":"k","value":{"a":1}}\n{"key":7,"value":null}\n',
  );
});
