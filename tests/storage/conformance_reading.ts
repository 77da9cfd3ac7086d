import { assert, assertEquals } from "@std/assert";
import { isPending } from "../../src/storage/awaitable.ts";
import {
  bytesOf,
  contentOf,
  fails,
  type Locked,
  put,
  readAll,
} from "./conformance.ts";

/** Sizes around those at which an adapter may cut its files or its calls. */
const edges = [1, 2, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 4097]
  .concat([65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000]);

/** The part of the contract that is about reading. */
export function testReading(locked: Locked): void {
  locked("reads back files of every size", async (storage) => {
    for (const size of edges) {
      const content = pattern(0, size);
      await put(storage, `${size}`, content);
      assertEquals(await contentOf(storage, `${size}`), content);
    }
  });

  locked("reads back what was appended in pieces", async (storage) => {
    const writer = await storage.create("a");
    for (const size of edges) {
      await writer.append(pattern(writer.size, size));
    }
    const { size } = writer;
    await writer.close();
    assertEquals(await contentOf(storage, "a"), pattern(0, size));
  });

  locked("reads at any position", async (storage) => {
    const size = 200_000;
    await put(storage, "a", pattern(0, size));
    const reader = await storage.open("a");
    assertEquals(reader.size, size);
    for (const position of [0, ...edges].filter((edge) => edge < size)) {
      for (const length of [0, ...edges]) {
        if (position + length > size) continue;
        const target = new Uint8Array(length);
        await reader.readAt(target, position);
        assertEquals(target, pattern(position, length));
      }
    }
    await reader.close();
  });

  locked("fills the target and nothing around it", async (storage) => {
    await put(storage, "a", bytesOf(1, 2, 3, 4));
    const reader = await storage.open("a");
    const buffer = new Uint8Array(6).fill(9);
    await reader.readAt(buffer.subarray(2, 4), 1);
    assertEquals(buffer, bytesOf(9, 9, 2, 3, 9, 9));
    await reader.close();
  });

  locked("refuses to read outside the file", async (storage) => {
    await put(storage, "a", bytesOf(1, 2, 3, 4));
    const reader = await storage.open("a");
    const outside = [[0, 5], [1, 4], [4, 1], [5, 0], [-1, 1], [-4, 4]]
      .concat([[2 ** 32, 1], [2 ** 53, 1], [NaN, 1], [Infinity, 0]]);
    for (const [position, length] of outside) {
      const target = new Uint8Array(length!);
      await fails(
        () => reader.readAt(target, position!),
        "readAt",
        "a",
        "other",
      );
    }
    await reader.readAt(new Uint8Array(0), 4);
    assertEquals(await readAll(reader), bytesOf(1, 2, 3, 4));
    await reader.close();
  });

  locked("opens a file at its size while it is written", async (storage) => {
    const writer = await storage.create("a");
    await writer.append(bytesOf(1, 2));
    const early = await storage.open("a");
    await writer.append(bytesOf(3));
    const late = await storage.open("a");
    await writer.close();
    assertEquals([early.size, late.size], [2, 3]);
    assertEquals(await readAll(early), bytesOf(1, 2));
    assertEquals(await readAll(late), bytesOf(1, 2, 3));
    await fails(
      () => early.readAt(new Uint8Array(3), 0),
      "readAt",
      "a",
      "other",
    );
    await early.close();
    await late.close();
  });

  locked("answers any number of reads at once", async (storage) => {
    await put(storage, "a", pattern(0, 100_000));
    const readers = [await storage.open("a"), await storage.open("a")];
    const targets = Array.from({ length: 200 }, () => new Uint8Array(501));
    await Promise.all(
      targets.map((target, index) =>
        readers[index % 2]!.readAt(target, index * 497)
      ),
    );
    for (const [index, target] of targets.entries()) {
      assertEquals(target, pattern(index * 497, 501));
    }
    for (const reader of readers) await reader.close();
  });

  locked("refuses to read a closed file", async (storage) => {
    await put(storage, "a", bytesOf(1));
    await put(storage, "b", bytesOf(2));
    const reader = await storage.open("a");
    await reader.close();
    await reader.close();
    // It may have got the descriptor that was closed.
    const other = await storage.open("b");
    const target = new Uint8Array(1);
    await fails(() => reader.readAt(target, 0), "readAt", "a", "other");
    assertEquals(target, bytesOf(0));
    await other.close();
  });

  locked("reads with a value or a promise, as it has said", async (storage) => {
    await put(storage, "a", bytesOf(1));
    const listed = storage.list();
    const opened = storage.open("a");
    const reader = await opened;
    const read = reader.readAt(new Uint8Array(1), 0);
    const closed = reader.close();
    for (const answer of [listed, opened, read, closed]) {
      if (storage.synchronous) assert(!isPending<unknown>(answer));
      await answer;
    }
  });
}

/** Bytes that differ with their position, also between neighbouring blocks. */
function pattern(position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const at = position + index;
    bytes[index] = at ^ (at >>> 8) * 31 ^ (at >>> 16) * 17;
  }
  return bytes;
}
