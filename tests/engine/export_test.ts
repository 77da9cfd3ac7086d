import { assert, assertEquals, assertRejects } from "@std/assert";
import { follow, type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";

type Entry = [string, string];

async function openFilled(count: number): Promise<KvEngine<string, string>> {
  const db = await open(new AsyncStorage(new MemoryStorage()));
  for (let i = 0; i < count; i++) {
    void db.put(`k${String(i).padStart(5, "0")}`, "value", { sync: false });
  }
  await db.sync();
  return db;
}

/** A stream that keeps what it gets. */
class Collector extends WritableStream<Entry> {
  readonly entries: Entry[];
  readonly ends: unknown[];

  constructor() {
    const entries: Entry[] = [];
    const ends: unknown[] = [];
    super({
      write: (entry) => void entries.push(entry),
      close: () => void ends.push("closed"),
      abort: (reason) => void ends.push(reason),
    });
    this.entries = entries;
    this.ends = ends;
  }
}

test("exportTo writes a range to a stream and closes it", async () => {
  await using db = await openFilled(2500);
  const all = new Collector();
  const told: number[] = [];
  const done = await db.exportTo(all, {
    onProgress: ({ entries }) => told.push(entries),
  });
  assertEquals(done, { entries: 2500, bytes: 2500 * 11 });
  assertEquals(all.entries, await Array.fromAsync(db.scan()));
  assertEquals(all.ends, ["closed"]);
  assertEquals(told, [1000, 2000, 2500]);

  const some = new Collector();
  await db.exportTo(some, { gte: "k00010", reverse: true, limit: 2 });
  assertEquals(some.entries.map(([key]) => key), ["k02499", "k02498"]);
});

test("Snapshots and followers export too", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.put("a", "1");
  using snapshot = db.snapshot();
  await db.put("b", "2");
  await using follower = await follow(storage);
  for (const [reader, count] of [[snapshot, 1], [follower, 2]] as const) {
    const target = new Collector();
    assertEquals((await reader.exportTo(target)).entries, count);
    assertEquals(target.entries.length, count);
  }
});

test("exportTo reads no further than its target takes", async () => {
  await using db = await openFilled(500);
  let taken = 0;
  let mostAhead = 0;
  let scanned = 0;
  const reader = db.scan();
  const counted = new TransformStream<Entry, Entry>({
    transform(entry, controller) {
      scanned++;
      mostAhead = Math.max(mostAhead, scanned - taken);
      controller.enqueue(entry);
    },
  });
  const slow = new WritableStream<Entry>({
    async write() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      taken++;
    },
  });
  const piped = counted.readable.pipeTo(slow);
  await db.exportTo(counted.writable);
  await piped;
  await reader.return();
  assertEquals(taken, 500);
  assert(mostAhead <= 4, `${mostAhead} entries ahead`);
});

test("A target that fails ends the export with its error", async () => {
  await using db = await openFilled(50);
  const failure = new Error("disk full");
  let count = 0;
  const failing = new WritableStream<Entry>({
    write() {
      if (++count === 10) throw failure;
    },
  });
  assertEquals(await assertRejects(() => db.exportTo(failing)), failure);
  assertEquals(count, 10);
  const atClose = new WritableStream<Entry>({
    close: () => Promise.reject(failure),
  });
  assertEquals(await assertRejects(() => db.exportTo(atClose)), failure);
});

test("An abort ends an export whose target takes nothing, and aborts the target", async () => {
  await using db = await openFilled(50);
  const abort = new AbortController();
  const reason = new Error("enough");
  const ends: unknown[] = [];
  let release = () => {};
  const stuck = new WritableStream<Entry>({
    write: () => new Promise<void>((resolve) => release = resolve),
    abort: (reason) => void ends.push(reason),
  });
  setTimeout(() => abort.abort(reason), 5);
  const error = await assertRejects(() =>
    db.exportTo(stuck, { signal: abort.signal })
  );
  assertEquals(error, reason);
  release();
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(ends, [reason]);
});

test("exportTo refuses what is no target and options that it does not have", async () => {
  await using db = await openFilled(1);
  const locked = new Collector();
  locked.getWriter();
  const bad: [unknown, object, string][] = [
    [undefined, {}, "must be a WritableStream"],
    [[], {}, "must be a WritableStream"],
    [locked, {}, "locked by another writer"],
    [new Collector(), { from: "a" }, "from"],
    [new Collector(), { onProgress: 1 }, "onProgress"],
    [new Collector(), { gt: "a", gte: "a" }, "gt or gte"],
  ];
  for (const [target, options, problem] of bad) {
    await assertKvError(
      () => db.exportTo(target as WritableStream<Entry>, options),
      "KV_INVALID_ARGUMENT",
      problem,
    );
  }
});
