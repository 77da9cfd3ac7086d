import { assert, assertEquals, assertRejects } from "@std/assert";
import { type EntriesSource, KvImportError, open } from "../../mod.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { countingCodec } from "../support/counting_codec.ts";

type Entry = [string, string];

function* entries(count: number): Generator<Entry> {
  for (let i = 0; i < count; i++) yield [`k${i}`, `v${i}`];
}

async function* later(count: number): AsyncGenerator<Entry> {
  yield* entries(count);
}

const sources: [string, (count: number) => EntriesSource<string, string>][] = [
  ["a generator", entries],
  ["an async generator", later],
  ["an array", (count) => [...entries(count)]],
  ["a map", (count) => new Map(entries(count))],
  ["a stream", (count) => ReadableStream.from(later(count))],
  ["an async iterable that answers at once", (count) => atOnce(entries(count))],
  [
    "an async iterable that answers with promises of another kind",
    (count) => otherPromises(entries(count)),
  ],
];

function atOnce(items: Iterator<Entry>): AsyncIterable<Entry> {
  return { [Symbol.asyncIterator]: () => items as unknown as Steps };
}

function otherPromises(items: Iterator<Entry>): AsyncIterable<Entry> {
  const next = () => ({
    then: (resolve: (step: IteratorResult<Entry>) => void) =>
      resolve(items.next()),
  });
  return { [Symbol.asyncIterator]: () => ({ next }) as unknown as Steps };
}

type Steps = AsyncIterator<Entry>;

for (const [name, make] of sources) {
  test(`importFrom puts all entries of ${name}`, async () => {
    for (const count of [0, 1, 999, 1000, 1001, 5000]) {
      await using db = await open(new MemoryStorage());
      const { entries: imported, bytes } = await db.importFrom(make(count));
      const expected = [...entries(count)];
      assertEquals(imported, count);
      assertEquals(bytes, expected.flat().join("").length);
      expected.sort(([a], [b]) => a < b ? -1 : 1);
      assertEquals(await Array.fromAsync(db.scan()), expected);
    }
  });
}

for (
  const [name, make] of [
    ["at once", () => new MemoryStorage()],
    ["later", () => new AsyncStorage(new MemoryStorage())],
  ] as const
) {
  for (const sorted of [false, true]) {
    test(`importFrom takes all of a scan whose storage answers ${name}, sorted: ${sorted}`, async () => {
      await using from = await open(make());
      await from.importFrom(entries(3000));
      await from.flush();
      await from.put("k1", "in memory");
      await using to = await open(new MemoryStorage());
      const source = from.scan();
      const result = await to.importFrom(source, { sorted });
      assertEquals([result.entries, result.segments > 0], [3000, sorted]);
      assertEquals(
        await Array.fromAsync(to.scan()),
        await Array.fromAsync(from.scan()),
      );
      assertEquals((await source.next()).done, true);
    });
  }
}

test("A scan whose store is closed ends the import that reads it", async () => {
  const from = await open(new MemoryStorage());
  await from.importFrom(entries(5000));
  await using to = await open(new MemoryStorage());
  const source = from.scan();
  await from.close();
  const error = await assertRejects(() => to.importFrom(source), KvImportError);
  assertEquals([error.code, error.entries], ["KV_CLOSED", 0]);
});

test("importFrom reads no more of its source than a batch before the store has taken the last", async () => {
  const storage = new MemoryStorage();
  await using db = await open(new AsyncStorage(storage));
  let given = 0;
  let most = 0;
  function* counted(): Generator<Entry> {
    for (const entry of entries(20_000)) {
      given++;
      most = Math.max(most, given - db.stats().lastSequence);
      yield entry;
    }
  }
  await db.importFrom(counted(), { batchSize: 100 });
  assertEquals(most, 100);
});

test("onProgress is told after each batch, and batches have the size that was asked for", async () => {
  await using db = await open(new MemoryStorage());
  const told: number[] = [];
  await db.importFrom(entries(25), {
    batchSize: 10,
    onProgress: (progress) => {
      told.push(progress.entries);
      assertEquals(db.stats().lastSequence, progress.entries);
    },
  });
  assertEquals(told, [10, 20, 25]);
});

test("What fails in the source ends the import, and the error says what the store has", async () => {
  const failure = new Error("the network is gone");
  await using db = await open(new MemoryStorage());
  function* failing(): Generator<Entry> {
    yield* entries(1234);
    throw failure;
  }
  const error = await assertKvError(
    () => db.importFrom(failing()),
    "KV_INTERRUPTED",
    "network",
    "1234",
  );
  assert(error instanceof KvImportError);
  assertEquals([error.entries, error.cause], [1234, failure]);
  assertEquals((await Array.fromAsync(db.keys())).length, 1234);
});

test("An entry that cannot be written ends the import behind those before it, and cancels the source", async () => {
  const bad: [unknown, string][] = [
    [["a".repeat(70_000), "v"], "maxKeySize"],
    [[7, "v"], "a number"],
    ["ab", "must yield [key, value]"],
    [["a"], "must yield [key, value], got an array of 1"],
    [undefined, "undefined"],
  ];
  for (const [entry, problem] of bad) {
    await using db = await open(new MemoryStorage());
    let isEnded = false;
    const source = function* (): Generator<Entry> {
      try {
        yield* entries(5);
        yield entry as Entry;
        yield* entries(5);
      } finally {
        isEnded = true;
      }
    };
    const error = await assertKvError(
      () => db.importFrom(source()),
      "KV_INVALID_ARGUMENT",
      problem,
    );
    assertEquals((error as KvImportError).entries, 5);
    assertEquals(isEnded, true);
    assertEquals((await Array.fromAsync(db.keys())).length, 5);
  }
});

test("An abort ends an import that waits for its source, cancels that, and keeps what came before", async () => {
  await using db = await open(new MemoryStorage());
  const abort = new AbortController();
  const reason = new Error("enough");
  let cancelledWith: unknown;
  const source = new ReadableStream<Entry>({
    start(controller) {
      for (const entry of entries(7)) controller.enqueue(entry);
    },
    cancel(reason) {
      cancelledWith = reason;
    },
  });
  const importing = db.importFrom(source, { signal: abort.signal });
  setTimeout(() => abort.abort(reason), 5);
  const error = await assertRejects(() => importing, KvImportError);
  assertEquals([error.code, error.entries], ["KV_INTERRUPTED", 7]);
  assertEquals([error.cause, cancelledWith], [reason, reason]);
  assertEquals((await Array.fromAsync(db.keys())).length, 7);

  const { signal } = abort;
  const refused = await assertRejects(() =>
    db.importFrom(entries(9), { signal })
  );
  assertEquals(refused, reason);
  assertEquals((await Array.fromAsync(db.keys())).length, 7);
});

test("A progress callback that throws ends the import", async () => {
  await using db = await open(new MemoryStorage());
  const failure = new Error("no more");
  const importing = db.importFrom(entries(5000), {
    onProgress: ({ entries }) => {
      if (entries === 2000) throw failure;
    },
  });
  const error = await assertRejects(() => importing, KvImportError);
  assertEquals([error.entries, error.cause], [2000, failure]);
});

test("An import into a store that is closed meanwhile says what the store has", async () => {
  for (const sync of [true, false]) {
    const storage = new MemoryStorage();
    const db = await open(storage);
    const source = async function* (): AsyncGenerator<Entry> {
      yield* entries(1500);
      await db.close();
      yield* entries(1500);
    };
    const error = await assertRejects(
      () => db.importFrom(source(), { sync }),
      KvImportError,
    );
    assertEquals([error.code, error.entries], ["KV_CLOSED", 1000]);
    await using again = await open(storage);
    assertEquals((await Array.fromAsync(again.keys())).length, 1000);
  }
});

test("A pipe from one store into another holds no more than a batch and what a stream reads ahead", async () => {
  const count = 20_000;
  const counting = countingCodec();
  await using from = await open(new MemoryStorage(), { values: counting });
  await using to = await open(new AsyncStorage(new MemoryStorage()));
  await from.importFrom(entries(count));
  let most = 0;
  const onProgress = () => {
    most = Math.max(most, counting.decoded - to.stats().lastSequence);
  };
  const done = await to.importFrom(from.scan().stream(), { onProgress });
  assertEquals([done.entries, counting.decoded], [count, count]);
  assert(most < 2000, `${most} entries on the way`);
  most = counting.decoded = 0;
  let taken = 0;
  const target = new WritableStream<Entry>({
    async write() {
      if (++taken % 100 === 0) await new Promise((done) => setTimeout(done, 0));
      most = Math.max(most, counting.decoded - taken);
    },
  });
  await from.exportTo(target);
  assertEquals([taken, counting.decoded], [count, count]);
  assert(most <= 2, `${most} entries on the way`);
});

test("What a failed import says to be durable is there after a crash, whichever sync has failed", async () => {
  for (let nth = 1; nth <= 6; nth++) {
    const storage = new FaultStorage({ seed: nth });
    const db = await open(storage);
    storage.inject({ kind: "fail", operation: "sync", from: nth });
    const big = "x".repeat(200_000);
    const source = Array.from({ length: 300 }, (_, i): Entry => [`k${i}`, big]);
    const error = await db.importFrom(source).then(
      () => undefined,
      (error) => error as KvImportError,
    );
    await db.close().catch(() => {});
    const promised = error === undefined ? 300 : error.entries;
    const left = storage.crash({
      at: storage.trace.length,
      survival: "synced",
    });
    await using again = await open(left);
    const count = (await Array.fromAsync(again.keys())).length;
    assert(count >= promised, `${count} of ${promised} are left`);
  }
});

test("A store takes no import while it is closed or read-only, and refuses what is no source", async () => {
  const storage = new MemoryStorage();
  const db = await open(storage);
  for (const source of [undefined, null, 5, "ab", {}, () => {}]) {
    await assertKvError(
      () => db.importFrom(source as unknown as Entry[]),
      "KV_INVALID_ARGUMENT",
      "source",
    );
  }
  for (const options of [{ batchSize: 0 }, { batchSize: 1.5 }, { bach: 1 }]) {
    await assertKvError(
      () => db.importFrom([], options as object),
      "KV_INVALID_ARGUMENT",
      Object.keys(options)[0]!,
    );
  }
  const locked = ReadableStream.from(later(1));
  locked.getReader();
  await assertKvError(
    () => db.importFrom(locked),
    "KV_INVALID_ARGUMENT",
    "locked by another reader",
  );
  await db.close();
  await assertKvError(() => db.importFrom([]), "KV_CLOSED");
  await using reading = await open(storage, { readOnly: true });
  await assertKvError(() => reading.importFrom([]), "KV_READ_ONLY");
});
