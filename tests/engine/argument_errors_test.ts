import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Codec,
  json,
  type KvBatch,
  type KvEngine,
  type KvReader,
  open,
  type Tuple,
  tuple,
  utf8,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";

type Reader = KvReader<string, string>;
type Engine = KvEngine<string, string>;

const invalid = "KV_INVALID_ARGUMENT";

/** What is no string, and what the message calls it. */
const noStrings: [unknown, string][] = [
  [undefined, "undefined"],
  [null, "null"],
  [5, "a number"],
  [{}, "an object"],
  [["a"], "an array"],
  [Symbol("a"), "a symbol"],
  [new Uint8Array(1), "Uint8Array"],
  ["a\ud800", "lone surrogate at index 1"],
];

const reads: [string, (db: Reader, key: string) => unknown][] = [
  ["get", (db, key) => db.get(key)],
  ["getSync", (db, key) => db.getSync(key)],
  ["has", (db, key) => db.has(key)],
  ["getMany", (db, key) => db.getMany(["a", key, "b"])],
];

const bounds = ["gt", "gte", "lt", "lte", "prefix"] as const;

const scans: [string, (db: Reader, options: object) => unknown][] = [
  ["scan", (db, options) => db.scan(options).next()],
  ["keys", (db, options) => db.keys(options).next()],
  ["scanSync", (db, options) => db.scanSync(options).next()],
];

test("Reads refuse keys that the codec cannot carry, and go on", async () => {
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  using snapshot = db.snapshot();
  for (const reader of [db, snapshot]) {
    for (const [key, name] of noStrings) {
      for (const [, read] of reads) {
        await assertKvError(() => read(reader, key as string), invalid, name);
      }
      for (const bound of key === undefined ? [] : bounds) {
        for (const [, scan] of scans) {
          const call = () => scan(reader, { [bound]: key });
          await assertKvError(call, invalid, name);
        }
      }
    }
    for (const keys of [undefined, null, "abc", new Set(["a"])]) {
      const call = () => reader.getMany(keys as unknown as string[]);
      await assertKvError(call, invalid, "keys must be an array");
    }
    assertEquals(reader.getSync("a"), "1");
  }
});

test("Writes refuse keys and values that the codec cannot carry, and leave no trace", async () => {
  await using db = await open(new MemoryStorage());
  const batch = db.batch().put("first", "1");
  for (const [bad, name] of noStrings) {
    const text = bad as string;
    await assertKvError(() => db.put(text, "v"), invalid, name);
    await assertKvError(() => db.put("k", text), invalid, name);
    await assertKvError(() => db.del(text), invalid, name);
    await assertKvError(() => batch.put(text, "v"), invalid, name);
    await assertKvError(() => batch.put("k", text), invalid, name);
    await assertKvError(() => batch.del(text), invalid, name);
  }
  assertEquals(db.stats().lastSequence, 0);
  assertEquals(batch.size, 1);
  await batch.put("second", "2").commit();
  assertEquals([...db.scanSync()], [["first", "1"], ["second", "2"]]);
});

test("A refusal says whether the key, the value or which bound was wrong, wherever it was given", async () => {
  await using db = await open(new MemoryStorage());
  const bad = 5 as unknown as string;
  const keyspace = db.keyspace("users");
  const made = db.keyspace("made");
  await made.put("a", "1");
  for (const writer of [db, keyspace, made, db.batch(), made.batch()]) {
    await assertKvError(() => writer.put(bad, "v"), invalid, "Invalid key: ");
    await assertKvError(() => writer.put("k", bad), invalid, "Invalid value: ");
    await assertKvError(() => writer.put(bad, bad), invalid, "Invalid key: ");
    await assertKvError(() => writer.del(bad), invalid, "Invalid key: ");
    const range = { gte: "a", lt: bad };
    const call = () => writer.delRange(range);
    await assertKvError(call, invalid, "Invalid lt: ");
  }
  using snapshot = db.snapshot();
  for (const reader of [db, keyspace, made, snapshot]) {
    for (const [, read] of reads) {
      await assertKvError(() => read(reader, bad), invalid, "Invalid key: ");
    }
    for (const bound of bounds) {
      const call = () => reader.scanSync({ [bound]: bad });
      await assertKvError(call, invalid, `Invalid ${bound}: `);
    }
  }
  for (const sorted of [false, true]) {
    const imports: [[string, string], string][] = [
      [[bad, "v"], "entry 1 (0 entries stored): Invalid key: "],
      [["k", bad], "entry 1 (0 entries stored): Invalid value: "],
    ];
    for (const [entry, part] of imports) {
      const call = () => db.importFrom([entry], { sorted });
      await assertKvError(call, invalid, part);
    }
  }
  const { cause } = await assertKvError(() => db.put("k", bad), invalid);
  assert(cause instanceof Error && cause.message.startsWith("Cannot encode"));
});

test("Writes refuse keys and values over the limits, which hold to the byte", async () => {
  const limits = { maxKeySize: 8, maxValueSize: 100 };
  await using db = await open(new MemoryStorage(), limits);
  const batch = db.batch();
  for (const writer of [db, batch]) {
    const call = () => writer.put("ä".repeat(4) + "a", "v");
    await assertKvError(call, invalid, "key takes 9 bytes", "maxKeySize", "8");
    await assertKvError(() => writer.del("123456789"), invalid, "maxKeySize");
    await assertKvError(
      () => writer.put("k", "x".repeat(101)),
      invalid,
      "value takes 101 bytes",
      "maxValueSize",
      "100",
    );
    await writer.put("ä".repeat(4), "x".repeat(100));
  }
  await batch.commit();
  assertEquals(await db.get("ä".repeat(4)), "x".repeat(100));
  assertEquals(await db.get("far longer than a key can be"), undefined);
  assertEquals(await db.has("x".repeat(70_000)), false);
});

test("The limits on keys and values that a store has at the most hold in every path", async () => {
  await using db = await open(new MemoryStorage(), {
    memtableSize: 64 * 1024,
    maxKeySize: 1024 * 1024,
  });
  // Longer than a whole MemTable.
  const key = "k".repeat(1024 * 1024);
  const value = "v".repeat(3 * 1024 * 1024);
  await db.put(key, value);
  await db.batch().put(`${key.slice(1)}x`, value).commit();
  await db.compact();
  assertEquals(await db.get(key), value);
  assertEquals(await db.get(`${key.slice(1)}x`), value);
  assertEquals([...db.scanSync({ prefix: "kk" })].length, 2);
  await assertKvError(() => db.put(`${key}k`, ""), invalid, "maxKeySize");
});

test("Who gives a value of another type is told of the codecs for it, and who names a codec to give it", async () => {
  await using db = await open(new MemoryStorage());
  const value = { name: "Alice" } as unknown as string;
  for (const writer of [db, db.keyspace("users"), db.batch()]) {
    const call = () => writer.put("a", value);
    await assertKvError(call, invalid, "an object", "values: json()");
  }
  const named = { keys: "utf8" as unknown as Codec<string> };
  const storage = new MemoryStorage();
  const expected = ["option keys", "got a string", "the codec itself"];
  await assertKvError(() => open(storage, named), invalid, ...expected);
  await assertKvError(() => db.keyspace("x", named), invalid, ...expected);
});

test("A codec whose encode is asynchronous is told what it has answered with", async () => {
  const encode = () => Promise.resolve(new Uint8Array(1));
  const values = { ...utf8, encode, encodeInto: undefined };
  const options = { values: values as unknown as Codec<string> };
  await using db = await open(new MemoryStorage(), options);
  await assertKvError(() => db.put("a", "1"), invalid, "an object (Promise)");
});

test("Tuples and JSON name the part that they cannot carry", async () => {
  await using db = await open(new MemoryStorage(), {
    keys: tuple,
    values: json<unknown>(),
  });
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const keys: [unknown, string][] = [
    ["key", "an array"],
    [["a", undefined], "part 1"],
    [["a", [NaN]], "part 1.0"],
    [[{}], "part 0"],
  ];
  for (const [key, part] of keys) {
    await assertKvError(() => db.put(key as Tuple, 1), invalid, part);
    await assertKvError(() => db.get(key as Tuple), invalid, part);
    const scan = () => db.scan({ prefix: key as Tuple });
    await assertKvError(scan, invalid, part);
  }
  for (const value of [undefined, () => 1, NaN, 5n, { deep: 5n }, cyclic]) {
    await assertKvError(() => db.put(["key"], value), invalid, "JSON");
  }
  assertEquals(await db.get(["key"]), undefined);
});

test("Scans refuse options that they do not have or cannot use", async () => {
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  using snapshot = db.snapshot();
  const refused: [unknown, ...string[]][] = [
    [null, "options must be an object, got null"],
    ["a", 'options must be an object, got "a" (known: gt, gte'],
    [[], "an array"],
    [{ from: "a" }, "unknown option from", "gte"],
    [{ gt: "a", gte: "a" }, "gt or gte"],
    [{ lt: "a", lte: "a" }, "lt or lte"],
    [{ limit: -1 }, "limit must be a whole number of at least 0, got -1"],
    [{ limit: 0.5 }, "limit must be", "got 0.5"],
    [{ limit: "5" }, "limit must be", 'got "5"'],
    [{ limit: 5n }, "limit must be", "got 5n"],
    [{ limit: null }, "limit must be", "got null"],
    [{ limit: Symbol("5") }, "limit must be", "got a symbol"],
    [{ reverse: 1 }, "reverse must be a boolean, got 1"],
    [{ reverse: null }, "reverse must be a boolean, got null"],
    [{ signal: 5 }, "signal"],
    [{ signal: { aborted: true } }, "signal"],
  ];
  for (const reader of [db, snapshot]) {
    for (const [options, ...parts] of refused) {
      for (const [, scan] of scans) {
        const call = () => scan(reader, options as object);
        await assertKvError(call, invalid, "Cannot scan", ...parts);
      }
    }
    const { signal } = new AbortController();
    await assertKvError(
      () => reader.scanSync({ signal } as object),
      invalid,
      "unknown option signal",
    );
    assertEquals([...reader.scanSync({ gt: "b", lt: "a" })], []);
    assertEquals([...reader.scanSync({ limit: 0 })], []);
  }
});

test("Writes refuse options that they do not have or cannot use, and write nothing", async () => {
  await using db = await open(new MemoryStorage());
  const refused: [unknown, ...string[]][] = [
    [null, "options must be an object, got null"],
    [true, "options must be an object, got true (known: sync)"],
    [{ snyc: true }, "unknown option snyc (known: sync); did you mean sync?"],
    [{ sync: 1 }, "sync must be a boolean, got 1"],
    [{ sync: "false" }, 'sync must be a boolean, got "false"'],
    [{ sync: null }, "sync must be a boolean, got null"],
  ];
  for (const [options, ...parts] of refused) {
    const given = options as { sync?: boolean };
    const batch = db.batch().put("key", "value");
    const calls = [
      () => db.put("key", "value", given),
      () => db.del("key", given),
      () => batch.commit(given),
    ];
    for (const call of calls) {
      await assertKvError(call, invalid, "Cannot write", ...parts);
    }
  }
  for (const options of [null, 5, { sginal: 1 }, { signal: 5 }]) {
    const call = () => db.compact(options as object);
    await assertKvError(call, invalid, "Cannot compact");
  }
  assertEquals(db.stats().lastSequence, 0);
  await db.put("key", "value", {});
  assertEquals(await db.get("key"), "value");
});

test("A name of a keyspace that is no string, and a function in the place of the codec that it makes, are called what they are", async () => {
  await using db = await open(new MemoryStorage());
  const name = 5 as unknown as string;
  const calls = [() => db.keyspace(name), () => db.dropKeyspace(name)];
  for (const call of calls) {
    const parts = ["Cannot name a keyspace", "must be a string, got 5"];
    const { message } = await assertKvError(call, invalid, ...parts);
    assert(!message.includes("codec"), message);
  }
  const options = { values: json as unknown as ReturnType<typeof json> };
  const others = [
    () => open(new MemoryStorage(), options),
    () => db.keyspace("users", options),
  ];
  for (const call of others) {
    await assertKvError(call, invalid, "option values", "call json()");
  }
});

test("Operations that are handed to batch are refused, not dropped, with what to do instead", async () => {
  await using db = await open(new MemoryStorage());
  const operations = [{ type: "put", key: "a", value: "1" }];
  for (const each of [db, db.keyspace("users")]) {
    const batch = each.batch as (operations: unknown) => unknown;
    const call = () => batch.call(each, operations);
    await assertKvError(call, invalid, "no operations", "commit");
    await each.batch().put("a", "1").commit();
    assertEquals(await each.get("a"), "1");
  }
});

test("A batch is committed once; one that was refused can be committed again", async () => {
  await using db = await open(new MemoryStorage());
  const batch = db.batch().put("a", "1").del("b");
  const refused = () => batch.commit({ sync: 1 } as unknown as object);
  await assertKvError(refused, invalid, "sync must be a boolean, got 1");
  await batch.commit();
  const uses: ((batch: KvBatch<string, string>) => unknown)[] = [
    (batch) => batch.put("a", "2"),
    (batch) => batch.del("a"),
    (batch) => batch.commit(),
  ];
  for (const use of uses) {
    await assertKvError(() => use(batch), "KV_CLOSED", "batch", "committed");
  }
  assertEquals(batch.size, 2);
  assertEquals([...db.scanSync()], [["a", "1"]]);
  await db.batch().commit();
});

test("What needs answers at once is refused on storage that gives none", async () => {
  await using db = await open(new AsyncStorage(new MemoryStorage()));
  await db.put("a", "1");
  using snapshot = db.snapshot();
  for (const reader of [db, snapshot]) {
    const calls = [() => reader.getSync("a"), () => reader.scanSync()];
    for (const call of calls) {
      await assertKvError(call, "KV_UNSUPPORTED", "promises", "get and scan");
    }
    assertEquals(await reader.get("a"), "1");
  }
});

test("A store that was opened with readOnly refuses writes and answers reads", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage);
    await db.put("a", "1");
  }
  await using db = await open(storage, { readOnly: true });
  const writes: ((db: Engine) => unknown)[] = [
    (db) => db.put("a", "2"),
    (db) => db.del("a"),
    (db) => db.batch(),
    (db) => db.flush(),
    (db) => db.compact(),
    (db) => db.sync(),
  ];
  for (const write of writes) {
    await assertKvError(() => write(db), "KV_READ_ONLY", "readOnly");
  }
  using snapshot = db.snapshot();
  assertEquals([...snapshot.scanSync()], [["a", "1"]]);
  assertEquals(await db.get("a"), "1");
});

test("An aborted signal ends scan, flush and compaction with its reason, and the store goes on", async () => {
  await using db = await open(new MemoryStorage());
  for (let i = 0; i < 100; i++) await db.put(`key ${i}`, "value");
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("Enough");
  const found: string[] = [];
  const error = await assertRejects(async () => {
    for await (const key of db.keys({ signal })) {
      found.push(key);
      if (found.length === 10) controller.abort(reason);
    }
  });
  assertEquals(error, reason);
  assertEquals(found.length, 10);
  assertEquals(await assertRejects(() => db.compact({ signal })), reason);
  assertEquals(await assertRejects(() => db.flush({ signal })), reason);
  const later = new AbortController();
  const flushing = db.flush({ signal: later.signal });
  later.abort(reason);
  assertEquals(await assertRejects(() => flushing), reason);
  await db.flush();
  assertEquals(await assertRejects(() => db.scan({ signal }).next()), reason);
  await db.compact();
  assert((await db.get("key 99")) === "value");
});
