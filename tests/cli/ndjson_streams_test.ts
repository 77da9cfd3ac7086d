import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { json, open, type Tuple, tuple } from "../../mod.ts";
import {
  NdjsonParseStream,
  NdjsonStringifyStream,
} from "../../src/streams/streams.ts";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

const options = { keys: tuple, values: json<unknown>() };

const entries: [Tuple, unknown][] = [
  [[null, "ä\u2028\n"], { a: [1, null] }],
  [[Uint8Array.of(0, 255)], "text"],
  [["t", -Infinity], 1.5],
  [["t", Infinity], null],
  [["t", 5n], []],
  [["t", [true, [7n]]], {}],
];

test("What dump writes is read by NdjsonParseStream, and what NdjsonStringifyStream writes by load", async () => {
  await using dir = tempDir();
  const [source, target] = [join(dir.path, "a"), join(dir.path, "b")];
  await using db = await open(source, options);
  await db.importFrom(entries);

  const dumped = join(dir.path, "dumped.ndjson");
  assertEquals((await kv(["dump", source, dumped])).code, 0);
  const file = Readable.toWeb(createReadStream(dumped)) as ReadableStream<
    Uint8Array<ArrayBuffer>
  >;
  assertEquals(
    await Array.fromAsync(file.pipeThrough(new NdjsonParseStream())),
    entries as unknown[],
  );

  const written = join(dir.path, "written.ndjson");
  const lines = db.scan().stream().pipeThrough(new NdjsonStringifyStream());
  writeFileSync(written, Buffer.from(await new Response(lines).arrayBuffer()));
  {
    await using _made = await open(target, options);
  }
  const loaded = await kv(["load", target, written]);
  assertEquals(loaded.code, 0, loaded.stderr);
  await using copy = await open(target, options);
  assertEquals(await Array.fromAsync(copy.scan()), entries);
});
