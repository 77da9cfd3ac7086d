import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { KvError } from "../../src/errors.ts";
import { EntryView } from "../../src/format/entry.ts";
import { SegmentWriter } from "../../src/segment/writer.ts";
import type { Awaitable, WritableFile } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import {
  build,
  bytes,
  del,
  fill,
  openBytes,
  OPTIONS,
  put,
  type Row,
} from "./support.ts";

/** A file that keeps a count and answers as it is told. */
class FakeFile implements WritableFile {
  size = 0;
  syncs = 0;
  readonly #answer: (call: "append" | "sync") => Awaitable<void>;

  constructor(answer: (call: "append" | "sync") => Awaitable<void> = () => {}) {
    this.#answer = answer;
  }

  append(content: Uint8Array): Awaitable<void> {
    this.size += content.length;
    return this.#answer("append");
  }

  sync(): Awaitable<void> {
    this.syncs++;
    return this.#answer("sync");
  }

  close(): void {}
}

function add(writer: SegmentWriter, row: Row): Awaitable<void> {
  return writer.add(fill(new EntryView(), row));
}

test("SegmentWriter refuses entries out of order, also across blocks", async () => {
  const orders: [Row, Row][] = [
    [put("b"), put("a")],
    [put("ab"), put("a")],
    [put("a"), put("a")],
    [put("a", "", 4), put("a", "", 4)],
    [put("a", "", 4), put("a", "", 5)],
    [del("a"), put("")],
    [put("b", new Uint8Array(1000)), put("a")],
    [put("\xff"), put("\xfe")],
  ];
  for (const [first, second] of orders) {
    const writer = new SegmentWriter(new FakeFile(), OPTIONS);
    await add(writer, first);
    const error = assertThrows(() => add(writer, second), KvError);
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
  }
});

test("SegmentWriter refuses a key longer than the format can name", () => {
  const writer = new SegmentWriter(new FakeFile(), OPTIONS);
  const error = assertThrows(
    () => add(writer, put(new Uint8Array(0x100_0000))),
    KvError,
  );
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
});

test("SegmentWriter refuses to finish without entries", async () => {
  const writer = new SegmentWriter(new FakeFile(), OPTIONS);
  const error = await assertRejects(() => writer.finish(), KvError);
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
});

test("A finished segment takes nothing more, and is synced when it is asked to be", async () => {
  const file = new FakeFile();
  const writer = new SegmentWriter(file, OPTIONS);
  await add(writer, put("a"));
  await writer.finish();
  assertEquals(file.syncs, 0);
  await writer.sync();
  assertEquals(file.syncs, 1);
  assertEquals(writer.sizeBytes, file.size);
  assertThrows(() => add(writer, put("b")), KvError);
  await assertRejects(() => writer.finish(), KvError);
});

test("SegmentWriter writes nothing more after a failed append", async () => {
  let fails = true;
  const file = new FakeFile(() => {
    if (fails) throw new Error("disk full");
  });
  const writer = new SegmentWriter(file, OPTIONS);
  await add(writer, put("a", new Uint8Array(1 << 20)));
  assertThrows(() => add(writer, put("b")), Error, "disk full");
  fails = false;
  const size = file.size;
  const error = assertThrows(() => add(writer, put("b")), KvError);
  assertEquals(error.code, "KV_POISONED");
  await assertRejects(() => writer.finish(), KvError);
  assertEquals(file.size, size);
});

test("SegmentWriter reports a failed sync and does not try again", async () => {
  const file = new FakeFile((call) => {
    if (call === "sync") throw new Error("gone");
  });
  const writer = new SegmentWriter(file, OPTIONS);
  await add(writer, put("a"));
  await writer.finish();
  assertThrows(() => writer.sync(), Error, "gone");
  const error = assertThrows(() => writer.sync(), KvError);
  assertEquals(error.code, "KV_POISONED");
  assertEquals(file.syncs, 1);
});

test("SegmentWriter refuses a call while an append is under way", async () => {
  const file = new FakeFile(() => Promise.resolve());
  const writer = new SegmentWriter(file, OPTIONS);
  await add(writer, put("a", new Uint8Array(1 << 20)));
  const pending = add(writer, put("b"));
  assert(pending instanceof Promise);
  assertThrows(() => add(writer, put("c")), KvError);
  await pending;
  await add(writer, put("c"));
  await writer.finish();
});

test("SegmentWriter tells its size closely before the segment is finished", async () => {
  const file = new FakeFile();
  const writer = new SegmentWriter(file, { ...OPTIONS, blockSize: 4096 });
  for (let i = 0; i < 20_000; i++) {
    await add(writer, put(String(i).padStart(9, "0"), "some value"));
  }
  const estimate = writer.sizeBytes;
  await writer.finish();
  assert(Math.abs(file.size - estimate) < 0.02 * file.size);
});

test("the properties of a segment say what it holds", async () => {
  const rows = [
    put("a", "12345", 7),
    del("a", 3),
    put("bb", "678", 0),
    del("cc", 9),
    put("cc", "", 8),
  ];
  const reader = await openBytes(await build(rows));
  assertEquals(reader.properties, {
    entries: 5,
    keys: 3,
    tombstones: 2,
    minSequence: 0,
    maxSequence: 9,
    keyBytes: 8,
    valueBytes: 8,
    blocks: 1,
    offsetBits: reader.properties.offsetBits,
    smallestKey: bytes("a"),
    largestKey: bytes("cc"),
  });
});
