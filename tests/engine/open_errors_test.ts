import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  bytes,
  json,
  KvCorruptionError,
  KvLockedError,
  open,
  type OpenOptions,
  tuple,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";

/** As callers without types may do. */
type Anything = OpenOptions<string, string>;

test("open refuses what is neither a path nor a storage", async () => {
  const incomplete = { location: "mine", lock: () => {}, list: () => [] };
  for (const location of [undefined, null, 5, {}, [], incomplete]) {
    await assertKvError(
      () => open(location as unknown as string),
      "KV_INVALID_ARGUMENT",
      "Cannot open",
      "a path, a file: URL or a storage",
    );
  }
  const places = ["", "a\0b", new URL("https://example.org/data")];
  for (const location of places) {
    await assertKvError(() => open(location), "KV_INVALID_ARGUMENT", "folder");
  }
});

test("open tells users of other stores how a store is named here", async () => {
  const invalid = "KV_INVALID_ARGUMENT";
  const places: [unknown, string][] = [
    [":memory:", "give a MemoryStorage"],
    ["https://example.org/data", "expected a path, or a file: URL"],
    ["redis://localhost", "expected a path, or a file: URL"],
    [MemoryStorage, "make one with new"],
  ];
  for (const [place, part] of places) {
    await assertKvError(() => open(place as string), invalid, part);
  }
  for (const [codec, name] of [[json(), "json()"], [tuple, "tuple"]] as const) {
    const part =
      `the options are a codec; give it as option keys or values: { values: ${name} }`;
    const options = codec as unknown as Anything;
    await assertKvError(
      () => open(new MemoryStorage(), options),
      invalid,
      "Cannot open memory",
      part,
    );
    await using db = await open(new MemoryStorage());
    await assertKvError(() => db.keyspace("users", options), invalid, part);
  }
  for (const values of [JSON, String, {}, null]) {
    const call = () => open(new MemoryStorage(), { values: values as never });
    await assertKvError(call, invalid, "option values", "utf8, bytes, tuple");
  }
});

test("open names the folder of another program, and asks for one of its own", async () => {
  await using dir = tempDir();
  const own = "of its own";
  const file = join(dir.path, "shop.db");
  writeFileSync(file, "SQLite format 3");
  await assertKvError(() => open(file), "KV_IO", file, own);
  const level = join(dir.path, "level");
  mkdirSync(level);
  writeFileSync(join(level, "000003.log"), "");
  const log = "000003.log is there";
  await assertKvError(() => open(level), "KV_CORRUPTION", log, own);
  const lock = join(level, "LOCK");
  rmSync(lock);
  writeFileSync(lock, "4711");
  await assertKvError(() => open(level), "KV_IO", lock, "not empty", own);
  assertEquals(readFileSync(lock, "utf8"), "4711");
});

test("open refuses options by name, and the storage stays free", async () => {
  const storage = new MemoryStorage();
  const refused: [unknown, ...string[]][] = [
    [null, "options", "null"],
    [{ memtablesize: 1 << 20 }, "memtablesize", "did you mean memtableSize?"],
    [{ memtableSize: 5 }, "memtableSize", "5", "65536"],
    [{ memtableSize: "1 MiB" }, "memtableSize", '"1 MiB"'],
    [{ sync: 1 }, "sync", "a boolean"],
    [{ compaction: 4 }, "compaction", "an object"],
    [
      { compaction: { treshold: 4 } },
      "unknown option compaction.treshold",
      "did you mean threshold?",
    ],
    [{ compaction: { threshold: 1.5 } }, "compaction.threshold", "1.5"],
    [{ compression: "gzip" }, "compression", '"gzip"', '"deflate"'],
    [{ cacheSize: -1 }, "cacheSize", "-1"],
    [{ blockSize: NaN }, "blockSize", "NaN"],
    [{ maxKeySize: Infinity }, "maxKeySize", "Infinity"],
    [{ signal: {} }, "signal", "an AbortSignal"],
    [{ keys: "utf8" }, "option keys", "codec"],
    [{ values: json }, "option values", "codec"],
    [{ values: { ...bytes, name: "" } }, "option values", "codec"],
    [{ keys: { ...bytes, name: "x".repeat(256) } }, "keys", "255 bytes"],
    [{ readOnly: true, createIfMissing: true }, "createIfMissing"],
    [{ readOnly: true, errorIfExists: true }, "errorIfExists"],
  ];
  for (const [options, ...parts] of refused) {
    const call = () => open(storage, options as Anything);
    await assertKvError(call, "KV_INVALID_ARGUMENT", ...parts);
  }
  await using db = await open(storage);
  await db.put("key", "value");
});

test("open refuses other codecs than those of the store, and changes nothing", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, { keys: tuple, values: json() });
    await db.put(["key"], 1);
  }
  const before = storage.list().sort();
  const refused: [OpenOptions<unknown, unknown>, ...string[]][] = [
    [{}, "keys", "utf8", "open it with keys: tuple"],
    [{ keys: tuple as never }, "utf8", "open it with values: json()"],
    [{ keys: tuple as never, values: bytes as never }, "json", "bytes"],
  ];
  for (const [options, ...parts] of refused) {
    const call = () => open(storage, options);
    await assertKvError(call, "KV_INVALID_ARGUMENT", "memory", ...parts);
  }
  assertEquals(storage.list().sort(), before);
  await using db = await open(storage, { keys: tuple, values: json() });
  assertEquals(await db.get(["key"]), 1);
});

test("open without leave to make a store makes nothing", async () => {
  await using dir = tempDir();
  const missing = join(dir.path, "missing");
  for (const options of [{ createIfMissing: false }, { readOnly: true }]) {
    const call = () => open(missing, options);
    await assertKvError(call, "KV_NOT_FOUND", missing, "no store");
    assertEquals(existsSync(missing), false);
    await assertKvError(() => open(dir.path, options), "KV_NOT_FOUND");
  }
});

test("open names a place that is no folder", async () => {
  await using dir = tempDir();
  const file = join(dir.path, "file");
  writeFileSync(file, "text");
  await assertKvError(() => open(file), "KV_IO", "folder");
  await assertKvError(() => open(join(file, "below")), "KV_IO", file);
});

test("errorIfExists refuses a store that is there and makes one that is not", async () => {
  const storage = new MemoryStorage();
  const options = { errorIfExists: true };
  await (await open(storage, options)).close();
  await assertKvError(
    () => open(storage, options),
    "KV_INVALID_ARGUMENT",
    "memory",
    "errorIfExists",
  );
  await (await open(storage)).close();
});

test("A store is open once at a time, and free after close", async () => {
  await using dir = tempDir();
  const db = await open(dir.path);
  for (const readOnly of [false, true]) {
    const error = await assertKvError(
      () => open(dir.path, { readOnly }),
      "KV_LOCKED",
      dir.path,
      "in use",
      "close",
    );
    assert(error instanceof KvLockedError);
    assert(error.holder !== "");
  }
  await db.put("key", "value");
  await db.close();
  await using first = await open(dir.path, { readOnly: true });
  await using second = await open(dir.path, { readOnly: true });
  assertEquals(first.getSync("key"), second.getSync("key"));
  await assertKvError(() => open(dir.path), "KV_LOCKED", dir.path);
});

test("An aborted signal gives up opening with its reason and frees the storage", async () => {
  const storage = new MemoryStorage();
  const reason = new Error("Not any more");
  const signal = AbortSignal.abort(reason);
  const error = await assertRejects(() => open(storage, { signal }));
  assertEquals(error, reason);
  const controller = new AbortController();
  await using db = await open(storage, { signal: controller.signal });
  controller.abort(reason);
  await db.put("key", "value");
  assertEquals(await db.get("key"), "value");
});

test("open says which store is damaged, in which file and where", async () => {
  await using dir = tempDir();
  const path = join(dir.path, "store");
  await (await open(path)).close();
  writeFileSync(join(path, "MANIFEST"), new Uint8Array(100));
  const error = await assertRejects(() => open(path), KvCorruptionError);
  assertEquals([error.file, error.offset], ["MANIFEST", 0]);
  const start = `Cannot open ${path}: Damaged file MANIFEST at byte 0: `;
  assertEquals(error.message.slice(0, start.length), start);
});
