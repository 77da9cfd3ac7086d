import { assertEquals } from "@std/assert";
import { json, open, type Tuple, tuple } from "../../mod.ts";
import {
  NdjsonParseStream,
  NdjsonStringifyStream,
} from "../../src/streams/streams.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";

/** The bytes of a text, in chunks of a few bytes. */
function bytesOf(
  text: string,
  chunk = 7,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += chunk) {
        controller.enqueue(bytes.slice(at, at + chunk));
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

test("What JSON would not bring back fails the stream", async () => {
  for (const bad of [undefined, 1n, NaN, new Uint8Array(1), () => {}]) {
    for (const entry of [[bad, "v"], ["k", bad]] as const) {
      const bytes = ReadableStream.from([entry])
        .pipeThrough(new NdjsonStringifyStream());
      await assertKvError(
        () => Array.fromAsync(bytes),
        "KV_INVALID_ARGUMENT",
        "JSON",
      );
    }
  }
});
