// What the contract in src/storage/storage.ts says, sentence by sentence, for
// any adapter.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type IoFailure, KvIoError, KvLockedError } from "../../src/errors.ts";
import type {
  Awaitable,
  ReadableFile,
  Storage,
  WritableFile,
} from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { testReading } from "./conformance_reading.ts";

/** A place that does not exist yet, as adapters see it. */
export interface Place extends AsyncDisposable {
  /** An adapter for this place, of its own where adapters share nothing but the place. */
  connect(): Storage;
}

/** Registers the tests of the contract for one adapter. */
export function testConformance(
  adapter: string,
  makePlace: () => Place,
): void {
  /** A test with the place locked for writing, as it is for an engine. */
  function locked(
    behaviour: string,
    fn: (storage: Storage, place: Place) => Promise<void>,
  ): void {
    test(`${adapter} ${behaviour}`, async () => {
      await using place = makePlace();
      const storage = place.connect();
      const lock = await storage.lock({ shared: false });
      await fn(storage, place);
      await lock.release();
    });
  }
  testLocks(adapter, makePlace);
  testNames(locked);
  testAppending(locked);
  testReading(locked);
}

/** Registers one test on a storage that is locked for writing. */
export type Locked = (
  behaviour: string,
  fn: (storage: Storage, place: Place) => Promise<void>,
) => void;

function testLocks(adapter: string, makePlace: () => Place): void {
  test(`${adapter} lists nothing where there is nothing`, async () => {
    await using place = makePlace();
    assertEquals(await place.connect().list(), []);
  });

  test(`${adapter} refuses an engine beside a writer`, async () => {
    await using place = makePlace();
    const lock = await place.connect().lock({ shared: false });
    for (let attempt = 0; attempt < 3; attempt++) {
      await refuses(place.connect(), { shared: false });
      await refuses(place.connect(), { shared: true });
    }
    await lock.release();
    await (await place.connect().lock({ shared: false })).release();
  });

  test(`${adapter} lets readers in together and keeps writers out meanwhile`, async () => {
    await using place = makePlace();
    await (await place.connect().lock({ shared: false })).release();
    const first = await place.connect().lock({ shared: true });
    const second = await place.connect().lock({ shared: true });
    await refuses(place.connect(), { shared: false });
    await first.release();
    await refuses(place.connect(), { shared: false });
    await second.release();
    await (await place.connect().lock({ shared: false })).release();
  });

  test(`${adapter} takes the second release of a lock for nothing`, async () => {
    await using place = makePlace();
    const first = await place.connect().lock({ shared: false });
    await first.release();
    const second = await place.connect().lock({ shared: false });
    await first.release();
    await refuses(place.connect(), { shared: false });
    await second.release();
  });

  test(`${adapter} says who holds the lock`, async () => {
    await using place = makePlace();
    const storage = place.connect();
    const lock = await storage.lock({ shared: false });
    const error = await refuses(place.connect(), { shared: false });
    assert(error.holder.length > 0);
    assert(error.message.includes(error.holder));
    assert(error.message.includes(storage.location));
    await lock.release();
  });
}

function testNames(locked: Locked): void {
  locked("lists the files but not those of the lock", async (storage) => {
    assertEquals(await storage.list(), []);
    await put(storage, "a", bytesOf(1));
    await put(storage, "b", bytesOf(2));
    assertEquals((await storage.list()).sort(), ["a", "b"]);
  });

  locked("creates only what does not exist", async (storage) => {
    await put(storage, "a", bytesOf(1, 2, 3));
    await fails(() => storage.create("a"), "create", "a", "exists");
    assertEquals(await contentOf(storage, "a"), bytesOf(1, 2, 3));
  });

  locked("tells a missing file from other failures", async (storage) => {
    await fails(() => storage.open("a"), "open", "a", "missing");
    await fails(() => storage.remove("a"), "remove", "a", "missing");
    await fails(() => storage.rename("a", "b"), "rename", "a", "missing");
  });

  locked("renames onto a new name", async (storage) => {
    await put(storage, "a", bytesOf(1));
    await storage.rename("a", "b");
    assertEquals(await storage.list(), ["b"]);
    assertEquals(await contentOf(storage, "b"), bytesOf(1));
  });

  locked("renames onto a file and keeps its readers", async (storage) => {
    await put(storage, "old", bytesOf(1, 1));
    await put(storage, "new", bytesOf(2, 2, 2));
    const reader = await storage.open("old");
    await storage.rename("new", "old");
    await storage.syncDirectory();
    assertEquals(await storage.list(), ["old"]);
    assertEquals(await contentOf(storage, "old"), bytesOf(2, 2, 2));
    assertEquals(await readAll(reader), bytesOf(1, 1));
    await reader.close();
  });

  locked("goes on appending to a file that was renamed", async (storage) => {
    const writer = await storage.create("a");
    await writer.append(bytesOf(1));
    await storage.rename("a", "b");
    await writer.append(bytesOf(2));
    await writer.close();
    assertEquals(await contentOf(storage, "b"), bytesOf(1, 2));
  });

  locked("keeps a removed file for its readers", async (storage) => {
    await put(storage, "a", bytesOf(1, 2));
    const reader = await storage.open("a");
    await storage.remove("a");
    await storage.syncDirectory();
    assertEquals(await storage.list(), []);
    await put(storage, "a", bytesOf(3));
    assertEquals(await readAll(reader), bytesOf(1, 2));
    assertEquals(await contentOf(storage, "a"), bytesOf(3));
    await reader.close();
  });

  locked("keeps the files for the next engine", async (storage, place) => {
    await put(storage, "a", bytesOf(1, 2, 3));
    assertEquals(await contentOf(place.connect(), "a"), bytesOf(1, 2, 3));
  });
}

function testAppending(locked: Locked): void {
  locked("counts the bytes appended", async (storage) => {
    const writer = await storage.create("a");
    assertEquals(writer.size, 0);
    await writer.append(bytesOf());
    assertEquals(writer.size, 0);
    await writer.append(bytesOf(1, 2));
    assertEquals(writer.size, 2);
    await writer.append(new Uint8Array(70_000));
    assertEquals(writer.size, 70_002);
    await writer.close();
    assertEquals((await contentOf(storage, "a")).length, 70_002);
  });

  locked("appends a part of a buffer", async (storage) => {
    const buffer = bytesOf(9, 1, 2, 3, 9);
    await put(storage, "a", buffer.subarray(1, 4));
    assertEquals(await contentOf(storage, "a"), bytesOf(1, 2, 3));
  });

  locked("owns the bytes once append has answered", async (storage) => {
    const writer = await storage.create("a");
    const bytes = bytesOf(1, 2, 3);
    await writer.append(bytes);
    bytes.fill(9);
    await writer.append(bytes);
    await writer.close();
    assertEquals(await contentOf(storage, "a"), bytesOf(1, 2, 3, 9, 9, 9));
  });

  locked("keeps files that are written by turns apart", async (storage) => {
    const writers = [await storage.create("a"), await storage.create("b")];
    for (let round = 0; round < 100; round++) {
      await Promise.all(
        writers.map((writer, index) => writer.append(bytesOf(index, round))),
      );
    }
    for (const writer of writers) await writer.close();
    for (const [index, name] of ["a", "b"].entries()) {
      const content = await contentOf(storage, name);
      assertEquals(content.length, 200);
      for (let round = 0; round < 100; round++) {
        assertEquals(content[2 * round], index);
        assertEquals(content[2 * round + 1], round);
      }
    }
  });

  locked(
    "has appends take the place of room, if it makes any",
    async (storage) => {
      const writer = await storage.create("a");
      await writer.append(bytesOf(1, 2));
      if (writer.reserve === undefined) return await writer.close();
      await writer.reserve(4);
      assertEquals(writer.size, 2);
      assertEquals(await contentOf(storage, "a"), bytesOf(1, 2, 0, 0, 0, 0));
      const reader = await storage.open("a");
      await writer.append(bytesOf(3, 4, 5));
      // Less than there is already changes nothing.
      await writer.reserve(1);
      await writer.sync();
      assertEquals(writer.size, 5);
      assertEquals(await readAll(reader), bytesOf(1, 2, 3, 4, 5, 0));
      await reader.close();
      await writer.append(bytesOf(6, 7));
      await writer.reserve(1);
      await writer.close();
      assertEquals(
        await contentOf(storage, "a"),
        bytesOf(1, 2, 3, 4, 5, 6, 7, 0),
      );
    },
  );

  locked("syncs an empty file, a small and a large one", async (storage) => {
    const writer = await storage.create("a");
    await writer.sync();
    for (let round = 0; round < 10; round++) {
      await writer.append(bytesOf(round));
      await writer.sync();
    }
    await writer.append(new Uint8Array(3 << 20));
    await writer.sync();
    await writer.append(bytesOf(1));
    await writer.sync();
    await writer.close();
    await storage.syncDirectory();
    assertEquals((await contentOf(storage, "a")).length, (3 << 20) + 11);
  });

  locked("closes a file under a sync without harm", async (storage) => {
    const writer = await storage.create("a");
    await writer.append(new Uint8Array(3 << 20));
    const synced = writer.sync();
    const closed = writer.close();
    await Promise.all([synced, closed]);
    assertEquals((await contentOf(storage, "a")).length, 3 << 20);
  });

  locked("refuses to write to a closed file", async (storage) => {
    const writer = await storage.create("a");
    await writer.append(bytesOf(1));
    await writer.close();
    await writer.close();
    // Another file may have got the descriptor by now.
    const other = await storage.create("b");
    await fails(() => writer.append(bytesOf(2)), "append", "a", "other");
    await fails(() => writer.sync(), "sync", "a", "other");
    await other.close();
    assertEquals(await contentOf(storage, "a"), bytesOf(1));
    assertEquals(await contentOf(storage, "b"), bytesOf());
  });
}

/** Asserts that the lock is refused. */
async function refuses(
  storage: Storage,
  options: { shared: boolean },
): Promise<KvLockedError> {
  return await assertRejects(
    async () => await storage.lock(options),
    KvLockedError,
  );
}

/** Asserts that a call fails, as the contract has it. */
export async function fails(
  call: () => Awaitable<unknown>,
  operation: string,
  file: string,
  failure: IoFailure,
): Promise<KvIoError> {
  const error = await assertRejects(async () => await call(), KvIoError);
  assertEquals(
    [error.code, error.operation, error.file, error.failure],
    ["KV_IO", operation, file, failure],
  );
  return error;
}

/** Creates a file with this content. */
export async function put(
  storage: Storage,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const writer: WritableFile = await storage.create(name);
  await writer.append(content);
  await writer.close();
}

/** The whole content of a file. */
export async function contentOf(
  storage: Storage,
  name: string,
): Promise<Uint8Array> {
  const reader = await storage.open(name);
  const content = await readAll(reader);
  await reader.close();
  return content;
}

/** All that an open file holds. */
export async function readAll(reader: ReadableFile): Promise<Uint8Array> {
  const content = new Uint8Array(reader.size);
  await reader.readAt(content, 0);
  return content;
}

/** Bytes with these values. */
export function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}
