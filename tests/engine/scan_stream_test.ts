import { assert, assertEquals, assertRejects } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { countingCodec } from "../support/counting_codec.ts";

const COUNT = 3000;
const storages: [string, () => Storage][] = [
  ["memory", () => new MemoryStorage()],
  ["promises", () => new AsyncStorage(new MemoryStorage())],
];

function key(i: number): string {
  return `k${String(i).padStart(6, "0")}`;
}

async function openFilled(storage: Storage): Promise<KvEngine<string, string>> {
  const db = await open(storage);
  const batch = db.batch();
  for (let i = 0; i < COUNT; i++) batch.put(key(i), `v${i}`);
  await batch.commit();
  await db.flush();
  return db;
}

/** Whether a segment that `scan` may read is replaced and, if `scan` has let go of it, removed. */
async function hasOldSegments(
  db: KvEngine<string, string>,
  storage: Storage,
): Promise<boolean> {
  const before = (await storage.list()).filter((name) => name.endsWith(".seg"));
  await db.put(key(0), "new");
  await db.compact();
  await new Promise((resolve) => setTimeout(resolve, 5));
  const after = await storage.list();
  return before.some((name) => after.includes(name));
}

for (const [name, make] of storages) {
  test(`A scan is a stream with all of its entries (${name})`, async () => {
    await using db = await openFilled(make());
    const entries = await Array.fromAsync(db.scan().stream());
    assertEquals(entries.length, COUNT);
    assertEquals(entries[0], [key(0), "v0"]);
    assertEquals(entries.at(-1), [key(COUNT - 1), `v${COUNT - 1}`]);
    const keys = db.keys({ reverse: true, limit: 2 }).stream();
    assertEquals(await Array.fromAsync(keys), [key(COUNT - 1), key(COUNT - 2)]);
    assertEquals(await Array.fromAsync(db.scan({ gt: "z" }).stream()), []);
  });

  test(`ReadableStream.from takes a scan, and ends it when it is cancelled (${name})`, async () => {
    const storage = make();
    await using db = await openFilled(storage);
    const keys = ReadableStream.from(db.keys({ limit: 3 }));
    assertEquals(await Array.fromAsync(keys), [key(0), key(1), key(2)]);
    const reader = ReadableStream.from(db.scan()).getReader();
    assertEquals((await reader.read()).value, [key(0), "v0"]);
    await reader.cancel();
    assertEquals(await hasOldSegments(db, storage), false);
  });

  test(`A stream that is cancelled lets go of what its scan holds, and not before (${name})`, async () => {
    const storage = make();
    await using db = await openFilled(storage);
    const reader = db.scan().stream().getReader();
    assertEquals((await reader.read()).value, [key(0), "v0"]);
    assertEquals(await hasOldSegments(db, storage), true);
    const scan = db.scan();
    assertEquals((await scan.next()).value, [key(0), "new"]);
    await scan.stream().cancel();
    assertEquals((await scan.next()).done, true);
    await reader.cancel();
    assertEquals(await hasOldSegments(db, storage), false);
  });

  test(`An abort ends a stream with its reason at once, unread entries or not (${name})`, async () => {
    const storage = make();
    await using db = await openFilled(storage);
    for (const via of ["scan", "stream"]) {
      const abort = new AbortController();
      const { signal } = abort;
      const stream = via === "scan"
        ? db.scan({ signal }).stream()
        : db.scan().stream({ signal });
      const reader = stream.getReader();
      await reader.read();
      const reason = new Error("enough");
      abort.abort(reason);
      const error = await assertRejects(async () => {
        while (!(await reader.read()).done);
      });
      assertEquals(error, reason);
      const aborted = via === "scan"
        ? () => db.scan({ signal }).stream().getReader().read()
        : () => db.scan().stream({ signal }).getReader().read();
      assertEquals(await assertRejects(aborted), reason);
    }
    assertEquals(await hasOldSegments(db, storage), false);
  });
}

for (const [name, make] of storages) {
  test(`A stream fills its queue when all that was in it has been read, and then as a whole (${name})`, async () => {
    const counting = countingCodec();
    await using db = await open(make(), { values: counting });
    const batch = db.batch();
    const count = 150;
    for (let i = 0; i < count; i++) batch.put(key(i), "x".repeat(1000));
    await batch.commit();
    await db.flush();
    const reader = db.scan().stream().getReader();
    let fillings = 0;
    for (let read = 0; read < count; read++) {
      const before = counting.decoded;
      await reader.read();
      await untilSteady(() => counting.decoded);
      if (counting.decoded === before) continue;
      fillings++;
      const left = before - read - 1;
      assert(left <= 0, `${left} entries were still in the queue`);
    }
    assertEquals([counting.decoded, (await reader.read()).done], [count, true]);
    assert(fillings < 5, `filled ${fillings} times`);
  });
}

/** Waits until a figure has stayed the same for some turns of the event loop. */
async function untilSteady(figure: () => number): Promise<void> {
  let last = NaN;
  for (let turns = 0; turns < 3; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (figure() !== last) turns = 0;
    last = figure();
  }
}

test("A stream reads ahead by bytes, not by entries", async () => {
  const big = "x".repeat(100_000);
  const counting = countingCodec();
  await using watched = await open(new MemoryStorage(), { values: counting });
  for (let i = 0; i < 20; i++) await watched.put(key(i), big);
  const reader = watched.scan().stream().getReader();
  for (let read = 1; read <= 20; read++) {
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 0));
    assert(
      counting.decoded <= read + 1,
      `${counting.decoded} decoded, ${read} read`,
    );
  }
});

test("A stream of a closed store fails", async () => {
  const db = await openFilled(new MemoryStorage());
  const reader = db.scan().stream().getReader();
  await reader.read();
  await db.close();
  await assertKvError(async () => {
    while (!(await reader.read()).done);
  }, "KV_CLOSED");
});

test("stream refuses options that it does not have", async () => {
  await using db = await open(new MemoryStorage());
  await assertKvError(
    () => db.scan().stream({ highWaterMark: 1 } as object),
    "KV_INVALID_ARGUMENT",
    "highWaterMark",
  );
  await assertKvError(
    () => db.scan().stream({ signal: 1 as unknown as AbortSignal }),
    "KV_INVALID_ARGUMENT",
    "signal",
  );
});
