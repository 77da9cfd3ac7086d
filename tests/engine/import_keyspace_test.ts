import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  bytes,
  type KvEngine,
  KvImportError,
  type KvReader,
  open,
  type Tuple,
  tuple,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";

type Entry = [string, string];

const sorted = { sorted: true };

function entries(count: number): Entry[] {
  return Array.from(
    { length: count },
    (_, i) => [`k${String(i).padStart(4, "0")}`, `v${i}`],
  );
}

async function allOf<K, V>(reader: KvReader<K, V>): Promise<[K, V][]> {
  return await Array.fromAsync(reader.scan());
}

test("A keyspace takes imports, sorted and not, that nobody else sees", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage);
    const one = db.keyspace("one");
    const two = db.keyspace<Tuple, string>("two", { keys: tuple });
    await db.put("k0001", "outside");
    // The first write of a keyspace makes it.
    const done = await one.importFrom(entries(2000), sorted);
    assertEquals([done.entries, done.segments], [2000, 1]);
    assertEquals(done.bytes, entries(2000).flat().join("").length);
    const tuples = entries(1500).map(([key, v]): [Tuple, string] => [[key], v]);
    const batches = await two.importFrom(tuples);
    assertEquals([batches.entries, batches.segments], [1500, 0]);
    const plain = entries(1500).flat().join("").length;
    assert(batches.bytes > plain && batches.bytes < plain + 1500 * 4);
  }
  await using again = await open(storage);
  assertEquals(again.keyspaces(), ["one", "two"]);
  assertEquals(await allOf(again), [["k0001", "outside"]]);
  const one = again.keyspace("one");
  assertEquals(await allOf(one), entries(2000));
  assertEquals(await one.count(), 2000);
  const copy = new Map<string, string>();
  await one.exportTo(
    new WritableStream({ write: ([key, value]) => void copy.set(key, value) }),
  );
  assertEquals(copy.size, 2000);
  // What is there already is put over, within the keyspace.
  const over = await one.importFrom([["k0005", "new"]], sorted);
  assertEquals([over.segments, await one.get("k0005")], [0, "new"]);
  assertEquals((await again.verify()).problems, []);
});

test("Snapshots from before an import count and see nothing of it", async () => {
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  using before = db.snapshot();
  await db.importFrom(entries(3000), sorted);
  using after = db.snapshot();
  for (let round = 0; round < 2; round++) {
    assertEquals([await before.count(), before.countSync()], [1, 1]);
    assertEquals([await after.count(), await db.count()], [3001, 3001]);
    await db.compact();
  }
});

test("A keyspace that is dropped during an import ends it", async () => {
  await using db = await open(new MemoryStorage());
  const space = db.keyspace("one");
  await space.put("a", "1");
  async function* dropping(): AsyncGenerator<Entry> {
    yield* entries(1500);
    await db.dropKeyspace("one");
    yield* entries(2500).slice(1500);
  }
  for (const options of [{}, sorted]) {
    const error = await assertRejects(
      () => db.keyspace("one").importFrom(dropping(), options),
      KvImportError,
    );
    assertEquals(error.code, "KV_CLOSED");
    assertEquals(db.keyspaces(), []);
    await db.keyspace("one").put("b", "1");
  }
  const left: Entry[] = [["b", "1"]];
  assertEquals(await allOf(db.keyspace("one")), left);
});

test("Keys that are reserved for keyspaces are refused of an import as of a put, and fine without keyspaces", async () => {
  const key = Uint8Array.of(0xff, 1);
  await using db = await open(new MemoryStorage(), { keys: bytes });
  await db.importFrom([[key, "v"]], sorted);
  assertEquals(await db.get(key), "v");
  await db.del(key);
  await db.keyspace("one").put("a", "1");
  await assertKvError(
    () => db.importFrom([[key, "v"]], sorted),
    "KV_INVALID_ARGUMENT",
    "keyspace",
  );
});

test("After a crash a keyspace that an import has made is there with all of it or not at all", async () => {
  const storage = new FaultStorage({ seed: 1 });
  const db: KvEngine<string, string> = await open(storage);
  const from = storage.trace.length;
  await db.keyspace("one").importFrom(entries(50), sorted);
  await db.close();
  for (let at = from; at <= storage.trace.length; at++) {
    for (const survival of survivals) {
      await using left = await open(storage.crash({ at, survival }));
      const found = await allOf(left.keyspace("one"));
      assert(found.length === 0 || found.length === 50, `${at} ${survival}`);
      assertEquals(await allOf(left), []);
    }
  }
});
