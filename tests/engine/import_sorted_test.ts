import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Codec,
  follow,
  type KvEngine,
  KvImportError,
  type KvReader,
  open,
  type OpenOptions,
  verify,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";
import { expectLiveFilesOnly } from "./live_files.ts";

type Entry = [string, string];
type Engine = KvEngine<string, string>;

const sorted = { sorted: true };

/** Small segments, so that an import has several. */
const small: OpenOptions<string, string> = {
  memtableSize: 64 * 1024,
  blockSize: 1024,
  compaction: { segmentSize: 64 * 1024 },
};

const storages: [string, () => Storage][] = [
  ["memory", () => new MemoryStorage()],
  ["promises", () => new AsyncStorage(new MemoryStorage())],
];

function key(i: number): string {
  return `k${String(i).padStart(6, "0")}`;
}

function* entries(count: number, from = 0, by = 1): Generator<Entry> {
  for (let i = 0; i < count; i++) {
    yield [key(from + i * by), `value ${from + i * by}`];
  }
}

async function* endless(count: number): AsyncGenerator<Entry> {
  yield* entries(count);
  await new Promise(() => {});
}

async function expectEntries(
  db: Pick<Engine, "scan" | "get">,
  expected: Iterable<Entry>,
): Promise<void> {
  const all = [...expected];
  assertEquals(await Array.fromAsync(db.scan()), all);
  for (const [key, value] of all.filter((_, i) => i % 97 === 0)) {
    assertEquals(await db.get(key), value);
  }
}

for (const [name, make] of storages) {
  test(`Sorted entries become segments, and are there after a reopen (${name})`, async () => {
    const storage = make();
    {
      await using db = await open(storage, small);
      const result = await db.importFrom(entries(5000), sorted);
      assertEquals(result.entries, 5000);
      assert(result.segments > 1, `${result.segments} segments`);
      await expectEntries(db, entries(5000));
      assertEquals(db.stats().wal.bytesWritten, 0);
    }
    await expectLiveFilesOnly(storage);
    await using again = await open(storage, { ...small, readOnly: true });
    await expectEntries(again, entries(5000));
  });

  test(`Imports between one another's keys and among puts and deletes merge with them (${name})`, async () => {
    await using db = await open(make(), small);
    const expected = new Map<string, string>();
    // Neighbouring ranges, then one that lies across them.
    for (const from of [2000, 0, 1000]) {
      const result = await db.importFrom(entries(500, from), sorted);
      assert(result.segments > 0);
      for (const [key, value] of entries(500, from)) expected.set(key, value);
    }
    const across = await db.importFrom(entries(100, 250, 7), sorted);
    assertEquals(across.segments, 0);
    for (const [key, value] of entries(100, 250, 7)) expected.set(key, value);
    for (let i = 0; i < 2500; i += 11) {
      await db.put(key(i), "put", { sync: false });
      expected.set(key(i), "put");
      await db.del(key(i + 1), { sync: false });
      expected.delete(key(i + 1));
    }
    await db.delRange({ gte: key(1100), lt: key(1200) });
    for (let i = 1100; i < 1200; i++) expected.delete(key(i));
    const inOrder = () =>
      [...expected].sort(([a], [b]) => a < b ? -1 : 1) as Entry[];
    await expectEntries(db, inOrder());
    await db.compact();
    await expectEntries(db, inOrder());
    assertEquals((await db.verify()).problems, []);
  });

  test(`Nothing of an import is visible before all is (${name})`, async () => {
    const storage = make();
    await using db = await open(storage, small);
    await using follower = await follow(storage, { refreshMs: 0 });
    async function* watched(): AsyncGenerator<Entry> {
      for (const entry of entries(3000)) {
        if (entry[0].endsWith("500")) {
          assertEquals(await Array.fromAsync(db.keys({ limit: 1 })), []);
          assertEquals(await db.get(key(0)), undefined);
          await follower.refresh();
          assertEquals(await follower.get(key(0)), undefined);
        }
        yield entry;
      }
    }
    await db.importFrom(watched(), sorted);
    await expectEntries(db, entries(3000));
    await follower.refresh();
    await expectEntries(follower, entries(3000));
  });

  test(`Snapshots and scans from before an import do not see it, those from after it do (${name})`, async () => {
    await using db = await open(make(), small);
    await db.put("a", "1");
    using before = db.snapshot();
    const scan = db.scan();
    await db.put("z", "1");
    using held = db.snapshot();
    let during: ReturnType<Engine["snapshot"]> | undefined;
    async function* source(): AsyncGenerator<Entry> {
      yield* entries(1000);
      during = db.snapshot();
      yield* entries(1000, 1000);
    }
    await db.importFrom(source(), sorted);
    using after = db.snapshot();
    await db.put(key(3), "later");
    async function expectAll() {
      await expectEntries(before, [["a", "1"]]);
      const early: Entry[] = [["a", "1"], ["z", "1"]];
      await expectEntries(held, early);
      await expectEntries(during!, early);
      const all: Entry[] = [["a", "1"], ...entries(2000), ["z", "1"]];
      await expectEntries(after, all);
      all[4] = [key(3), "later"];
      await expectEntries(db, all);
      for (const snapshot of [before, held, during!]) {
        assertEquals(await snapshot.get(key(0)), undefined);
      }
    }
    await expectAll();
    await db.flush();
    await expectAll();
    await db.compact();
    await expectAll();
    assertEquals(await Array.fromAsync(scan), [["a", "1"]]);
    during!.close();
  });

  test(`An estimate of a snapshot leaves out an import that came later (${name})`, async () => {
    await using db = await open(make(), small);
    await db.importFrom(entries(500), sorted);
    using before = db.snapshot();
    await db.importFrom(entries(2_000, 1_000), sorted);
    using after = db.snapshot();
    const entriesOf = async (reader: KvReader<string, string>) =>
      (await reader.approximateSize()).entries;
    // One more: the record that was written again to tell the import from what came before it.
    assertEquals(await entriesOf(before), 501);
    assertEquals(await entriesOf(after), 2_501);
    assertEquals(await entriesOf(db), 2_501);
    const range = { gte: key(1_001), lt: key(3_000) };
    assertEquals(await before.approximateSize(range), { bytes: 0, entries: 0 });
  });

  test(`An import that is followed by nothing is hidden from snapshots all the same (${name})`, async () => {
    await using db = await open(make(), small);
    for (let i = 0; i < 3; i++) {
      using empty = db.snapshot();
      const known = await Array.fromAsync(db.scan());
      await db.importFrom(entries(10, i * 10), sorted);
      await expectEntries(empty, known as Entry[]);
      using full = db.snapshot();
      assert(full.sequence > empty.sequence);
      await expectEntries(full, entries(10 + i * 10));
      await db.compact();
      await expectEntries(empty, known as Entry[]);
      await expectEntries(full, entries(10 + i * 10));
    }
    assertEquals((await db.verify()).problems, []);
  });

  test(`Writes into the range that come during an import are not lost (${name})`, async () => {
    await using db = await open(make(), small);
    async function* source(): AsyncGenerator<Entry> {
      yield* entries(500);
      await db.put("k000250+", "between");
      await db.put(key(7), "early");
      yield* entries(500, 500);
    }
    const { segments } = await db.importFrom(source(), sorted);
    assertEquals(segments, 0);
    const all = [...entries(1000)];
    all.splice(251, 0, ["k000250+", "between"]);
    await expectEntries(db, all);
  });

  test(`A trace of what was deleted keeps an import from going below it (${name})`, async () => {
    await using db = await open(make(), small);
    await db.put(key(5), "old");
    await db.flush();
    using snapshot = db.snapshot();
    await db.del(key(5));
    await db.flush();
    const { segments } = await db.importFrom(entries(10), sorted);
    assertEquals(segments, 0);
    await expectEntries(db, entries(10));
    assertEquals(await Array.fromAsync(snapshot.scan()), [[key(5), "old"]]);
    await db.compact();
    await expectEntries(db, entries(10));
  });

  test(`An import goes over range deletes that are older (${name})`, async () => {
    await using db = await open(make(), small);
    await db.clear();
    await db.importFrom(entries(100), sorted);
    await expectEntries(db, entries(100));
    await db.clear();
    await expectEntries(db, []);
    await db.compact();
    await db.importFrom(entries(100, 50), sorted);
    await db.delRange({ gte: key(60), lt: key(140) });
    const left = [...entries(10, 50), ...entries(10, 140)];
    await expectEntries(db, left);
    await db.compact();
    await expectEntries(db, left);
  });
}

test("Keys are held to their order from one segment to the next, wherever that ends", async () => {
  const value = "v".repeat(1000);
  await using db = await open(new MemoryStorage(), small);
  // Segments end after 64 or 65 entries; the memory of the first serves again for the third.
  for (const at of [1, 62, 63, 64, 65, 66, 67, 127, 128, 129, 130, 131, 195]) {
    const before = Array.from(entries(at), ([key]): Entry => [key, value]);
    for (const wrong of [at - 1, at - 2, 0]) {
      if (wrong < 0) continue;
      await assertKvError(
        () => db.importFrom([...before, [key(wrong), "again"]], sorted),
        "KV_INVALID_ARGUMENT",
        wrong === at - 1
          ? `the key "${key(wrong)}" occurs twice`
          : `the key "${key(wrong)}" comes after "${key(at - 1)}"`,
      );
    }
  }
  assertEquals(await Array.fromAsync(db.keys()), []);
});

test("Keys that do not ascend are refused, and nothing of the import is left", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, small);
    await db.put("z", "1");
    const bad: [Entry[], string][] = [
      [[["b", "1"], ["a", "1"]], 'the key "a" comes after "b"'],
      [[["a", "1"], ["a", "2"]], 'the key "a" occurs twice'],
      [[...entries(5000), ["a", "1"]], 'the key "a" comes after'],
    ];
    for (const [source, problem] of bad) {
      const error = await assertKvError(
        () => db.importFrom(source, sorted),
        "KV_INVALID_ARGUMENT",
        problem,
        `entry ${source.length}`,
      );
      assertEquals((error as KvImportError).entries, 0);
      assertEquals(await Array.fromAsync(db.keys()), ["z"]);
    }
  }
  await expectLiveFilesOnly(storage);
});

test("Large imports into a folder are written by the worker", async () => {
  await using dir = tempDir();
  const count = 100_000;
  const value = (i: number) => `${i}:`.padEnd(100, "v");
  const source = function* (): Generator<Entry> {
    for (let i = 0; i < count; i++) yield [key(i), value(i)];
  };
  {
    await using db = await open(dir.path, {
      compaction: { segmentSize: 2 << 20 },
    });
    const importing = db.importFrom(source(), sorted);
    // Meanwhile the store works.
    await db.put("a", "1");
    assertEquals(await db.get("a"), "1");
    const { segments } = await importing;
    assert(segments > 4, `${segments} segments`);
    assertEquals(await db.get(key(count - 1)), value(count - 1));
  }
  assertEquals((await verify(dir.path)).problems, []);
  await using again = await open(dir.path, { readOnly: true });
  let found = 0;
  for (const [name, text] of again.scanSync({ gt: "a" })) {
    if (name !== key(found) || text !== value(found)) {
      throw new Error(`${name} has ${text} in the place of ${key(found)}`);
    }
    found++;
  }
  assertEquals(found, count);
});

test("A sorted import of nothing does nothing", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage);
    const result = await db.importFrom([], sorted);
    assertEquals(result, { entries: 0, bytes: 0, segments: 0 });
  }
  await expectLiveFilesOnly(storage);
});

test("Keys are ordered by their bytes, and long ones and large values fit", async () => {
  await using db = await open(new MemoryStorage(), { maxKeySize: 1 << 20 });
  const source: Entry[] = [
    ["", "empty"],
    ["a".repeat(1 << 20), "v".repeat(3 << 20)],
    ["b", ""],
    ["\uffff", "1"],
    ["\u{10000}", "2"],
  ];
  using _snapshot = db.snapshot();
  assertEquals((await db.importFrom(source, sorted)).segments, 1);
  await expectEntries(db, source);
});

test("A source that throws, an abort and a bad entry end a sorted import with nothing of it left", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, small);
    const failure = new Error("the network is gone");
    let abort = new AbortController();
    const ends: [() => AsyncGenerator<Entry>, string, unknown][] = [
      [
        async function* () {
          yield* entries(3000);
          await Promise.reject(failure);
        },
        "KV_INTERRUPTED",
        failure,
      ],
      [
        async function* () {
          yield* entries(3000);
          setTimeout(() => abort.abort(failure), 1);
          await new Promise(() => {});
        },
        "KV_INTERRUPTED",
        failure,
      ],
      [
        async function* () {
          yield* entries(3000);
          yield ["a".repeat(100_000), "1"];
        },
        "KV_INVALID_ARGUMENT",
        undefined,
      ],
    ];
    for (const [source, code, cause] of ends) {
      abort = new AbortController();
      const { signal } = abort;
      const error = await assertRejects(
        () => db.importFrom(source(), { ...sorted, signal }),
        KvImportError,
      );
      assertEquals([error.code, error.entries], [code, 0]);
      if (cause !== undefined) assertEquals(error.cause, cause);
    }
    assertEquals(await Array.fromAsync(db.keys()), []);
    const { signal } = new AbortController();
    await db.importFrom(entries(10), { ...sorted, signal });
  }
  await expectLiveFilesOnly(storage);
});

test("close ends a sorted import, also one whose source waits", async () => {
  for (const count of [0, 3000]) {
    const storage = new MemoryStorage();
    const db = await open(storage, small);
    const importing = assertRejects(
      () => db.importFrom(endless(count), sorted),
      KvImportError,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    await db.close();
    assertEquals((await importing).code, "KV_CLOSED");
    await expectLiveFilesOnly(storage);
  }
});

test("close at any moment of a sorted import leaves all of it or nothing, and no file open", async () => {
  const storageCalls = await callsOfImport(Infinity);
  assert(storageCalls > 10);
  for (let at = 1; at <= storageCalls; at++) await callsOfImport(at);
});

/**
 * Imports with a snapshot held, and closes the store at the given call of the storage. Answers with
 * the number of calls.
 */
async function callsOfImport(closeAt: number): Promise<number> {
  const storage = new FaultStorage({ seed: 1, synchronous: false });
  const db = await open(storage, small);
  await db.put("a", "1");
  db.snapshot();
  let calls = 0;
  let closing: Promise<void> | undefined;
  storage.onCall = () => {
    if (++calls === closeAt) closing = db.close();
  };
  const imported = await db.importFrom(entries(1000), sorted).then(
    ({ segments }) => segments > 0,
    (error) => {
      assertEquals((error as KvImportError).code, "KV_CLOSED");
      return false;
    },
  );
  const done = calls;
  await (closing ?? db.close());
  storage.onCall = undefined;
  assertEquals(storage.openFiles, [], `closed at call ${closeAt}`);
  await expectLiveFilesOnly(storage);
  await using again = await open(storage, small);
  const count = (await Array.fromAsync(again.keys({ gt: "b" }))).length;
  assert(count === 1000 || count === 0 && !imported, `${closeAt}: ${count}`);
  return done;
}

test("A disk that fills up ends a sorted import, and the store goes on", async () => {
  const storage = new FaultStorage({ seed: 1 });
  await using db = await open(storage, small);
  await db.put("z", "1");
  storage.capacity = storage.bytesUsed + 50_000;
  const error = await assertRejects(
    () => db.importFrom(entries(5000), sorted),
    KvImportError,
  );
  assertEquals([error.code, error.entries], ["KV_IO", 0]);
  await db.put("y", "1");
  storage.capacity = Infinity;
  await db.importFrom(entries(5000), sorted);
  await expectEntries(db, [...entries(5000), ["y", "1"], ["z", "1"]]);
});

test("A checkpoint during an import has all of it or nothing", async () => {
  await using db = await open(new MemoryStorage(), small);
  const early = new MemoryStorage();
  const late = new MemoryStorage();
  async function* source(): AsyncGenerator<Entry> {
    yield* entries(2000);
    await db.checkpoint(early);
    yield* entries(2000, 2000);
  }
  const importing = db.importFrom(source(), sorted);
  await importing;
  await db.checkpoint(late);
  for (const [storage, count] of [[early, 0], [late, 4000]] as const) {
    assertEquals((await verify(storage)).problems, []);
    await using copy = await open(storage);
    await expectEntries(copy, entries(count));
  }
});

test("Imports beside one another, with flushes, compactions and snapshots, lose nothing", async () => {
  await using db = await open(new AsyncStorage(new MemoryStorage()), {
    ...small,
    compaction: { segmentSize: 64 * 1024, threshold: 2 },
  });
  const importing = [0, 1, 2, 3].map((i) =>
    db.importFrom(entries(1500, i * 1500), sorted)
  );
  const writing = (async () => {
    for (let i = 0; i < 3000; i++) {
      using snapshot = db.snapshot();
      await db.put(`p${key(i)}`, "put", { sync: false });
      if (i % 500 === 0) {
        assertEquals(await snapshot.get(`p${key(i)}`), undefined);
        await db.flush();
      }
    }
  })();
  await Promise.all([...importing, writing]);
  const puts = Array.from({ length: 3000 }, (_, i): Entry => [
    `p${key(i)}`,
    "put",
  ]);
  await expectEntries(db, [...entries(6000), ...puts]);
  await db.compact();
  await expectEntries(db, [...entries(6000), ...puts]);
  assertEquals((await db.verify()).problems, []);
});

test("A sorted import has a codec of the user's write into shared memory, and whatever it writes is there", async () => {
  const seen = new Set<string>();
  const hex: Codec<string> = {
    name: "hex",
    encode: (value) => Uint8Array.from(value, (digit) => parseInt(digit, 16)),
    decode: (source, start, end) =>
      Array.from(source.slice(start, end), (digit) => digit.toString(16))
        .join(""),
    encodeInto(value, target, offset) {
      seen.add(target.buffer.constructor.name);
      if (value.length > target.length - offset) return -1;
      target.set(hex.encode(value), offset);
      return value.length;
    },
  };
  await using db = await open(new MemoryStorage(), { keys: hex, values: hex });
  const source: Entry[] = [["0a", "1"], ["0b", "ff"]];
  assertEquals((await db.importFrom(source, sorted)).segments, 1);
  assertEquals([...seen], ["SharedArrayBuffer"]);
  assertEquals([...db.scanSync()], source);
});
