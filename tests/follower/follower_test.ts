import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { follow, json, type KvEngine, open } from "../../mod.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import { MANIFEST_NAME } from "../../src/format/file_names.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { localAdapters } from "../support/local_adapters.ts";
import { tempDir } from "../support/temp_dir.ts";
import { CutStorage } from "./cut_storage.ts";

/** Small enough for flushes and compactions all the time. */
const SMALL = {
  sync: false,
  memtableSize: 64 * 1024,
  memtableEntries: 40,
  compaction: { threshold: 2, levelSize: 64 * 1024, segmentSize: 64 * 1024 },
};

const NEVER = { refreshMs: 0 };

test("A follower sees what was committed before a refresh, and nothing of it earlier", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.put("a", "1");
  await using reader = await follow(storage, NEVER);
  assertEquals(reader.getSync("a"), "1");
  await db.batch().put("b", "2").del("a").commit();
  assertEquals([reader.getSync("a"), reader.getSync("b")], ["1", undefined]);
  await reader.refresh();
  assertEquals([reader.getSync("a"), reader.getSync("b")], [undefined, "2"]);
  assertEquals([...reader.scanSync()], [["b", "2"]]);
  assertEquals(reader.lastSequence, 3);
});

/** What a storage has, for another one to have it. */
async function replaceWith(target: MemoryStorage, other: MemoryStorage) {
  for (const name of await target.list()) target.remove(name);
  for (const name of await other.list()) {
    const from = other.open(name);
    const bytes = new Uint8Array(from.size);
    from.readAt(bytes, 0);
    const to = target.create(name);
    to.append(bytes);
    to.sync();
  }
}

test("A follower in whose place another store is, or an older state, says so instead of mixing the two", async () => {
  async function makeStore(storage: MemoryStorage, key: string) {
    await using db = await open(storage);
    await db.put("shared", key);
    await db.flush();
    await db.put(key, "1");
  }
  const [storage, other, backup] = Array.from(
    { length: 3 },
    () => new MemoryStorage(),
  );
  await makeStore(storage!, "first");
  await makeStore(other!, "second");
  {
    await using db = await open(storage!);
    await db.checkpoint(backup!);
    await db.put("later", "1");
    await db.flush();
  }
  for (const replacement of [backup!, other!]) {
    await using reader = await follow(storage!, NEVER);
    assertEquals(reader.getSync("first"), "1");
    await replaceWith(storage!, replacement);
    const error = await assertRejects(() => reader.refresh(), KvError);
    assertEquals(error.code, "KV_NOT_FOUND");
    assertThrows(() => reader.getSync("first"), KvError, "taken its place");
  }
  await using reader = await follow(storage!, NEVER);
  assertEquals(reader.getSync("shared"), "second");
});

test("A segment that is gone with its manifest is no damage: the follower says that it cannot keep up", async () => {
  const stores = await Promise.all(["a", "b"].map(async (key) => {
    const storage = new MemoryStorage();
    await using db = await open(storage);
    await db.put(key, "1");
    return storage;
  }));
  let looks = 0;
  // Whenever somebody looks, another manifest is there, and no segment of the last one.
  const storage = new Proxy(stores[0]!, {
    get(target, name) {
      if (name === "open") {
        return (file: string) =>
          file === MANIFEST_NAME
            ? stores[looks++ % 2]!.open(file)
            : target.open("999999.seg");
      }
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const error = await assertRejects(() => follow(storage, NEVER), KvError);
  assertEquals(error.code, "KV_IO");
  assertMatch(error.message, /faster than this can read; try again/);
});

test("A follower looks by itself every refreshMs", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, { refreshMs: 1 });
  await db.put("a", "1");
  while (reader.getSync("a") === undefined) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

test("A follower sees a range delete with the rest of its commit, in the log and in the manifest, and a scan that began before does not", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, SMALL);
  for (const key of "abcdef") await db.put(key, key);
  await db.flush();
  await using reader = await follow(storage, NEVER);
  const keys = () => [...reader.scanSync()].map(([key]) => key).join("");
  const before = reader.scanSync();
  await db.batch().delRange({ gte: "b", lt: "e" }).put("c", "new").commit();
  assertEquals(keys(), "abcdef");
  await reader.refresh();
  assertEquals(keys(), "acef");
  assertEquals(reader.getSync("b"), undefined);
  await db.flush();
  await reader.refresh();
  assertEquals(keys(), "acef");
  await db.delRange({ gt: "e" });
  await db.compact();
  await reader.refresh();
  assertEquals(keys(), "ace");
  assertEquals([...before].map(([key]) => key).join(""), "abcdef");
});

for (const kind of ["memory", "promises", ...localAdapters]) {
  const name = typeof kind === "string" ? kind : kind.name;
  test(`A follower on ${name} shows what the engine has, through flushes and compactions`, async () => {
    await using dir = tempDir();
    const inner = typeof kind === "string"
      ? new MemoryStorage()
      : kind.connect(dir.path);
    const storage = kind === "promises" ? new AsyncStorage(inner) : inner;
    const rounds = kind === "promises" ? 30 : 150;
    await using db = await open(storage, SMALL);
    await using reader = await follow(storage, NEVER);
    const model = new Map<string, string>();
    for (let round = 0; round < rounds; round++) {
      await write(db, model, round);
      await reader.refresh();
      const expected = [...model].sort(([a], [b]) => a < b ? -1 : 1);
      const found: [string, string][] = [];
      for await (const entry of reader.scan()) found.push(entry);
      assertEquals(found, expected, `round ${round}`);
      const key = String(round % 97);
      assertEquals(await reader.get(key), model.get(key));
    }
    const { flush, compaction } = db.stats();
    assertEquals(flush.count > 5 && compaction.count > 1, true);
  });
}

/** Some puts and deletes, as the rounds want them. */
async function write(
  db: KvEngine<string, string>,
  model: Map<string, string>,
  round: number,
): Promise<void> {
  const batch = db.batch();
  for (let i = 0; i < 10; i++) {
    const key = String((round * 31 + i * 17) % 97);
    if ((round + i) % 3 === 0) {
      model.delete(key);
      batch.del(key);
    } else {
      model.set(key, `${round} ${i}`);
      batch.put(key, `${round} ${i}`);
    }
  }
  await batch.commit();
}

test("A scan of a follower stays as it began, whatever is refreshed and removed meanwhile", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, SMALL);
  for (let i = 0; i < 100; i++) await db.put(String(i), "old");
  await using reader = await follow(storage, NEVER);
  const scan = reader.scanSync();
  assertEquals(scan.next().value, ["0", "old"]);
  for (let i = 0; i < 100; i++) await db.put(String(i), "new");
  await db.compact();
  await reader.refresh();
  assertEquals(reader.getSync("0"), "new");
  const rest = [...scan];
  assertEquals(rest.length, 99);
  assertEquals(rest.every(([, value]) => value === "old"), true);
});

test("close lets go of every file, also of those that a scan which was never ended holds", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, SMALL);
  for (let i = 0; i < 100; i++) await db.put(String(i), "old");
  await db.compact();
  const reader = await follow(storage, NEVER);
  reader.scanSync().next();
  for (let i = 0; i < 100; i++) await db.put(String(i), "new");
  await db.compact();
  await reader.refresh();
  const ours = storage.openFiles.length;
  await reader.close();
  const engineAlone = storage.openFiles;
  assertEquals(new Set(engineAlone).size, engineAlone.length);
  assertEquals(ours > engineAlone.length, true);
  assertEquals(
    engineAlone.filter((name) => !storage.fileNames.includes(name)),
    [],
  );
});

test("A follower sees a frame only once it is whole", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.batch().put("a", "1").put("b", "2").commit();
  const [log] = (await storage.list()).filter((name) => name.endsWith(".log"));
  const size = (await storage.open(log!)).size;
  for (let cut = 0; cut <= size; cut++) {
    const torn = new CutStorage(storage, log!, cut);
    await using reader = await follow(torn, NEVER);
    const seen = [...reader.scanSync()].length;
    assertEquals(seen, cut === size ? 2 : 0, `${cut} bytes`);
    torn.cut = size;
    await reader.refresh();
    assertEquals([...reader.scanSync()].length, 2, `after ${cut} bytes`);
  }
});

test("A follower that cannot follow refuses to read, and goes on when it can again", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.put("a", "1");
  const broken = new CutStorage(storage, MANIFEST_NAME, Infinity);
  await using reader = await follow(broken, NEVER);
  broken.cut = 30;
  await assertRejects(() => reader.refresh(), KvCorruptionError);
  assertThrows(() => reader.getSync("a"), KvCorruptionError);
  await assertRejects(() => reader.get("a"), KvCorruptionError);
  broken.cut = Infinity;
  await reader.refresh();
  assertEquals(reader.getSync("a"), "1");
});

test("A follower needs a store, the codecs of the store and options that are some", async () => {
  const storage = new MemoryStorage();
  await expectCode("KV_NOT_FOUND", () => follow(storage));
  await using db = await open(storage);
  await db.put("a", "1");
  await expectCode(
    "KV_INVALID_ARGUMENT",
    () => follow(storage, { values: json<string>() }),
  );
  for (const refreshMs of [-1, 1.5, NaN, "10" as never]) {
    await expectCode(
      "KV_INVALID_ARGUMENT",
      () => follow(storage, { refreshMs }),
    );
  }
  await expectCode(
    "KV_INVALID_ARGUMENT",
    () => follow(storage, { refresh: 1 } as never),
  );
});

test("A closed follower refuses every call, and closes once", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await db.put("a", "1");
  const reader = await follow(storage);
  const scan = reader.scanSync();
  await Promise.all([reader.close(), reader.close()]);
  for (
    const call of [
      () => reader.refresh(),
      () => reader.get("a"),
      () => Promise.resolve().then(() => reader.getSync("a")),
      () => Promise.resolve().then(() => scan.next()),
    ]
  ) await expectCode("KV_CLOSED", call);
});

test("Followers in workers see what this thread writes", async () => {
  await using dir = tempDir();
  await using db = await open(dir.path, SMALL);
  const script = new URL("./follower_agent.ts", import.meta.url);
  const workers = [1, 2].map(() =>
    new Worker(script, { workerData: dir.path })
  );
  try {
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const seen = Promise.all(workers.map((worker) => once(worker, "message")));
    for (let i = 0; i < 500; i++) await db.put(`key ${i}`, String(i));
    await db.put("last", "yes");
    assertEquals((await seen).map(([count]) => count), [501, 501]);
  } finally {
    for (const worker of workers) await worker.terminate();
  }
});

async function expectCode(
  code: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const error = await assertRejects(call, KvError);
  assertEquals(error.code, code, error.message);
}
