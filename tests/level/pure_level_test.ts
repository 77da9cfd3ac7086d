import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { bytes, KvError, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import "../std/register_bun.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { tempDir } from "../support/temp_dir.ts";

const { PureLevel } = await import("../../src/level/level.ts");

/** Storage that answers at once, and storage that does not. */
const places = [
  ["at once", () => new MemoryStorage()],
  ["with promises", () => new AsyncStorage(new MemoryStorage())],
] as const;

test("PureLevel and open read one another's stores", async () => {
  const storage = new MemoryStorage();
  const db = new PureLevel(storage);
  await db.put("größe", "1");
  await db.close();
  {
    await using plain = await open(storage, { keys: bytes, values: bytes });
    const key = new TextEncoder().encode("größe");
    assertEquals(await plain.get(key), Uint8Array.of(0x31));
    await plain.put(Uint8Array.of(0xff, 0), Uint8Array.of(0xfe));
  }
  await db.open();
  assertEquals(await db.keys<Uint8Array>({ keyEncoding: "view" }).all(), [
    new TextEncoder().encode("größe"),
    Uint8Array.of(0xff, 0),
  ]);
  // Bytes that are no text are shown as Level shows them.
  assertEquals(await db.get("größe"), "1");
  assertEquals(await db.keys().all(), ["größe", "\ufffd\0"]);
  await db.close();
});

test("PureLevel tells which features its storage has", async () => {
  await using dir = tempDir();
  const onFolder = new PureLevel(join(dir.path, "store"));
  assert(onFolder.supports.permanence && "getSync" in onFolder.supports);
  const inMemory = new PureLevel(new MemoryStorage());
  assertEquals(inMemory.supports.permanence, false);
  const later = new PureLevel(new AsyncStorage(new MemoryStorage()));
  const { getSync } = later.supports as unknown as { getSync: boolean };
  assertEquals([later.supports.permanence, getSync], [true, false]);
  await Promise.all([onFolder, inMemory, later].map((db) => db.close()));
});

test("PureLevel keeps what was written, its sublevels too, after reopening", async () => {
  await using dir = tempDir();
  const path = join(dir.path, "store");
  const options = { valueEncoding: "json" };
  const first = new PureLevel<string, unknown>(path, options);
  assertEquals(first.location, path);
  await first.sublevel<string, unknown>("a", options).put("k", { n: 1 });
  await first.batch().put("x", [1]).del("y").put("z", 0)
    .write();
  await first.close();
  const second = new PureLevel<string, unknown>(path, options);
  assertEquals(await second.iterator().all(), [
    ["!a!k", { n: 1 }],
    ["x", [1]],
    ["z", 0],
  ]);
  await second.close();
});

for (const [how, place] of places) {
  test(`Clear deletes a range of several batches and nothing else, on storage that answers ${how}`, async () => {
    const db = new PureLevel(place());
    const count = 3_500;
    const keys = Array.from({ length: count }, (_, i) => String(i).padStart(5));
    await db.batch(keys.map((key) => ({ type: "put", key, value: key })));
    await db.clear({ gt: keys[10]!, lt: keys[3_400]!, limit: 3_000 });
    assertEquals(await db.keys().all(), [
      ...keys.slice(0, 11),
      ...keys.slice(3_011),
    ]);
    await db.clear({ reverse: true, limit: 5 });
    assertEquals(await db.keys({ reverse: true, limit: 1 }).all(), [
      keys[count - 6]!,
    ]);
    await db.clear();
    assertEquals(await db.keys().all(), []);
    await db.close();
  });

  test(`Clear of a range is one write, and leaves what is outside, on storage that answers ${how}`, async () => {
    const db = new PureLevel(place());
    const keys = Array.from({ length: 3_500 }, (_, i) => String(i).padStart(5));
    await db.batch(keys.map((key) => ({ type: "put", key, value: key })));
    const { lastSequence } = db.engine.stats();
    const snapshot = db.snapshot();
    await db.clear({ gte: keys[1]!, lt: keys[3_400]!, reverse: true });
    await db.clear({ gt: keys[3_498]! });
    assertEquals(db.engine.stats().lastSequence, lastSequence + 2);
    const left = [keys[0]!, ...keys.slice(3_400, 3_499)];
    assertEquals(await db.keys().all(), left);
    await db.put("new", "");
    // What a snapshot shows is deleted, and nothing else.
    await db.clear({ snapshot });
    assertEquals(await db.keys().all(), ["new"]);
    await snapshot.close();
    await db.clear();
    assertEquals(await db.keys().all(), []);
    await db.close();
  });

  test(`Clear bounds its batches by the bytes of keys too, on storage that answers ${how}`, async () => {
    const db = new PureLevel(place(), { keyEncoding: "view" });
    const keys = Array.from(
      { length: 40 },
      (_, i) => new Uint8Array(60_000).fill(i),
    );
    await db.batch(
      keys.map((key) => ({ type: "put", key, value: "" } as never)),
    );
    const before = db.engine.stats().wal.commits;
    await db.clear({ limit: keys.length });
    assertEquals(await db.keys().all(), []);
    // Each of the first two has 18 keys, the first to pass 1 MiB.
    assertEquals(db.engine.stats().wal.commits, before + 3);
    await db.close();
  });

  test(`An iterator keeps its state over a seek, whatever is written, on storage that answers ${how}`, async () => {
    const db = new PureLevel(place());
    await db.open();
    await db.batch([
      { type: "put", key: "a", value: "1" },
      { type: "put", key: "c", value: "1" },
    ]);
    const iterator = db.iterator();
    assertEquals(await iterator.next(), ["a", "1"]);
    await db.batch([
      { type: "put", key: "a", value: "2" },
      { type: "put", key: "b", value: "2" },
      { type: "del", key: "c" },
    ]);
    await db.engine.flush();
    await db.engine.compact();
    iterator.seek("a");
    assertEquals(await iterator.all(), [["a", "1"], ["c", "1"]]);
    assertEquals(db.engine.stats().snapshots, 0);
    await db.close();
  });

  test(`An explicit snapshot serves all reads and encodings, on storage that answers ${how}`, async () => {
    const db = new PureLevel(place());
    await db.put("k", "old");
    const snapshot = db.snapshot();
    await db.put("k", "new");
    await db.put("l", "new");
    assertEquals(await db.get("k", { snapshot }), "old");
    assertEquals(
      await db.get<string, Buffer>("k", { snapshot, valueEncoding: "buffer" }),
      Buffer.from("old"),
    );
    assertEquals(await db.getMany(["k", "l"], { snapshot }), [
      "old",
      undefined,
    ]);
    assertEquals(await db.has("l", { snapshot }), false);
    assertEquals(await db.hasMany(["k", "l"], { snapshot }), [true, false]);
    assertEquals(await db.values({ snapshot }).all(), ["old"]);
    await db.clear({ snapshot });
    assertEquals(await db.keys().all(), ["l"]);
    await snapshot.close();
    assertEquals(db.engine.stats().snapshots, 0);
    await db.close();
  });
}

test("PureLevel refuses the snapshot of another database", async () => {
  const [a, b] = [new MemoryStorage(), new MemoryStorage()]
    .map((storage) => new PureLevel(storage)) as [
      InstanceType<typeof PureLevel>,
      InstanceType<typeof PureLevel>,
    ];
  await Promise.all([a.open(), b.open()]);
  const snapshot = a.snapshot();
  const error = await assertRejects(() => b.get("k", { snapshot }), KvError);
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
  await Promise.all([a.close(), b.close()]);
});

test("An iterator does not mind what becomes of the bytes of its bounds", async () => {
  const db = new PureLevel<Uint8Array, string>(new MemoryStorage(), {
    keyEncoding: "view",
  });
  await db.put(Uint8Array.of(1), "1");
  await db.put(Uint8Array.of(2), "2");
  const bound = Uint8Array.of(2);
  const iterator = db.values({ gte: bound });
  const sought = db.values();
  sought.seek(bound);
  bound[0] = 1;
  assertEquals(await iterator.all(), ["2"]);
  assertEquals(await sought.all(), ["2"]);
  await db.close();
});

test("Writes are synced unless they or the database say otherwise", async () => {
  const db = new PureLevel(new MemoryStorage());
  const syncs = () => db.engine.stats().wal.syncs;
  await db.open();
  const before = syncs();
  const unsynced = { sync: false } as object;
  await db.put("a", "1", unsynced);
  await db.del("a", unsynced);
  await db.batch([{ type: "put", key: "b", value: "1" }], unsynced);
  await db.batch().put("c", "1").write(unsynced);
  await db.clear(unsynced);
  assertEquals(syncs(), before);
  await db.put("a", "1");
  await db.del("a");
  await db.batch([{ type: "put", key: "b", value: "1" }]);
  await db.batch().put("c", "1").write();
  await db.clear();
  assertEquals(syncs(), before + 5);
  await db.close();
});

test("PureLevel says what hinders it from opening as databases of Level do", async () => {
  await using dir = tempDir();
  const path = join(dir.path, "store");
  const db = new PureLevel(path);
  await db.open();
  assertEquals(await causeOf(path, {}), "LEVEL_LOCKED");
  await db.put("k", "v");
  await db.close();
  assertEquals(
    await causeOf(path, { errorIfExists: true }),
    "KV_INVALID_ARGUMENT",
  );
  assertEquals(
    await causeOf(join(dir.path, "none"), { readOnly: true }),
    "KV_NOT_FOUND",
  );
  const reader = new PureLevel(path, { readOnly: true });
  assertEquals(await reader.get("k"), "v");
  const refused = await assertRejects(() => reader.put("k", "w"), KvError);
  assertEquals(refused.code, "KV_READ_ONLY");
  await reader.close();
});

test("PureLevel passes over options that it does not know, as databases of Level do, and refuses known ones that cannot be", async () => {
  // Of classic-level, and of nobody.
  const others = { writeBufferSize: 1, cacheSzie: 2, prefix: "x" };
  const db = new PureLevel(new MemoryStorage(), others as object);
  await db.open({ multithreading: true } as object);
  await db.put("k", "v");
  assertEquals(await db.get("k", { fillCache: false } as object), "v");
  await db.close();
  const wrong = [
    { cacheSize: -1 },
    { compression: true },
    { compaction: { levelSzie: 1 } },
  ];
  for (const options of wrong) {
    assertEquals(
      await causeOf(new MemoryStorage(), options),
      "KV_INVALID_ARGUMENT",
    );
  }
});

/** Why a database does not open. */
async function causeOf(
  path: string | MemoryStorage,
  options: object,
): Promise<unknown> {
  const db = new PureLevel(path, options);
  const error = await assertRejects(() => db.open(), Error) as Error;
  assertEquals((error as { code?: unknown }).code, "LEVEL_DATABASE_NOT_OPEN");
  return (error.cause as { code?: unknown }).code;
}

test("A signal ends an iterator that waits for storage", async () => {
  const db = new PureLevel(new AsyncStorage(new MemoryStorage()));
  await db.batch([{ type: "put", key: "a", value: "1" }]);
  const controller = new AbortController();
  const iterator = db.iterator({ signal: controller.signal });
  const all = iterator.all();
  controller.abort();
  const error = await assertRejects(() => all, Error) as Error;
  assertEquals(
    [error.name, (error as { code?: unknown }).code],
    ["AbortError", "LEVEL_ABORTED"],
  );
  await db.close();
});
