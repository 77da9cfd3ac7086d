import { assert, assertEquals } from "@std/assert";
import { BlockCache } from "../../src/segment/block_cache.ts";
import type { ReadableFile } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { collectGarbage } from "../support/garbage.ts";
import { build, BytesFile, EVERYTHING, openBytes, put } from "./support.ts";

/** Reads of this many bytes and more are windows that a cursor reads ahead. */
const WINDOW_BYTES = 32 * 1024;

/** A file that remembers the buffers of windows. */
class WindowFile extends BytesFile implements ReadableFile {
  readonly windows: WeakRef<ArrayBufferLike>[] = [];

  override readAt(target: Uint8Array, position: number): void {
    super.readAt(target, position);
    if (target.length < WINDOW_BYTES) return;
    this.windows.push(new WeakRef(target.buffer));
  }
}

/** A segment of 2 MB. */
function content(): Promise<Uint8Array> {
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => put(String(i).padStart(8, "0"), new Uint8Array(100)),
  );
  return build(rows, { blockSize: 4096 });
}

test("At the end of a segment a cursor has given back all that it read ahead", async () => {
  const file = new WindowFile(await content());
  const reader = await openBytes(file, new BlockCache(1 << 20));
  const cursor = reader.cursor({ maxSequence: EVERYTHING, fillCache: false });
  for (let round = 0; round < 2; round++) {
    let count = 0;
    for (let has = cursor.seekToFirst(); has; has = cursor.next()) count++;
    assertEquals([count, cursor.next()], [20_000, false]);
  }
  assert(file.windows.length > 8);
  const held = file.windows
    .reduce((sum, window) => sum + (window.deref()?.byteLength ?? 0), 0);
  assertEquals(held, 0);
});

test("An open segment holds on to nothing that a cursor read ahead and left", async () => {
  const bytes = await content();
  const segments = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const file = new WindowFile(bytes);
      return { file, reader: await openBytes(file, new BlockCache(1 << 20)) };
    }),
  );
  for (const { reader } of segments) {
    const cursor = reader.cursor({ maxSequence: EVERYTHING });
    cursor.seekToFirst();
    for (let i = 0; i < 5000; i++) cursor.next();
  }
  await collectGarbage();
  const held = segments.filter(({ file }) =>
    file.windows.some((window) => (window.deref()?.byteLength ?? 0) > 0)
  );
  // What is left on the stack may look like a reference.
  assert(held.length <= 2, `${held.length} segments hold a window`);
  for (const { reader } of segments) await reader.close();
});
