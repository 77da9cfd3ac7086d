// Which codecs a keyspace has that is asked for with several before it is there.
import { assert, assertEquals } from "@std/assert";
import { json, type KvReader, open, tuple } from "../../../mod.ts";
import { MemoryStorage } from "../../../src/storage/memory.ts";
import { test } from "../../harness.ts";
import { AsyncStorage } from "../../support/async_storage.ts";
import { assertKvError } from "../../support/kv_error.ts";

const invalid = "KV_INVALID_ARGUMENT";
const numbers = { values: json<number>() };

async function entriesOf<K, V>(reader: KvReader<K, V>): Promise<[K, V][]> {
  const entries: [K, V][] = [];
  for await (const entry of reader.scan()) entries.push(entry);
  return entries;
}

/** Entries between which something else is written. */
async function* textsAround(
  write: () => Promise<void>,
): AsyncGenerator<[string, string]> {
  yield ["1", "five"];
  await write();
  yield ["2", "six"];
}

test("What a keyspace that is not there was asked for with binds nobody: handles, reads, refused writes and batches that are not committed leave its codecs open", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, { maxKeySize: 10 });
  const early = db.keyspace("orders");
  assertEquals(await early.count(), 0);
  assertEquals([early.getSync("1"), early.hasSync("1")], [undefined, false]);
  await assertKvError(() => early.put("k".repeat(11), "v"), invalid, "11");
  await assertKvError(() => early.put(1 as unknown as string, "v"), invalid);
  const waiting = db.batch();
  waiting.in(early).put("1", "text");
  using snapshot = db.snapshot();
  assertEquals(snapshot.keyspace(early).countSync(), 0);

  const orders = db.keyspace("orders", numbers);
  const byDay = db.keyspace("orders", { keys: tuple });
  assertEquals([...byDay.scanSync({ prefix: ["2026"] })], []);
  assertEquals(db.keyspaces(), []);
  await orders.put("1", 5);
  assertEquals(await entriesOf(orders), [["1", 5]]);
  assertEquals(db.keyspaces(), ["orders"]);
});

test("The first write into a keyspace says which codecs it has, and handles with others neither read nor write it any more", async () => {
  for (const flushes of [false, true]) {
    const storage = new MemoryStorage();
    {
      await using db = await open(storage);
      const texts = db.keyspace("orders");
      const same = db.keyspace("orders");
      const orders = db.keyspace("orders", numbers);
      using before = db.snapshot();
      const seen = before.keyspace(orders);
      const batch = db.batch().put("plain", "1");
      batch.in(orders).put("1", 5);
      const own = orders.batch().put("1", 6);
      const scan = orders.scanSync();
      await texts.put("1", "five");
      if (flushes) await db.flush();

      const calls = [
        () => orders.get("1"),
        () => orders.getSync("1"),
        () => orders.getMany(["1"]),
        () => orders.has("1"),
        () => orders.scan(),
        () => orders.keysSync(),
        () => orders.count(),
        () => orders.approximateSize(),
        () => orders.exportTo(new WritableStream()),
        () => orders.snapshot(),
        () => orders.put("1", 5),
        () => orders.del("1"),
        () => orders.delRange({ gte: "0" }),
        () => orders.clear(),
        () => orders.batch(),
        () => orders.importFrom([["1", 5]]),
        () => orders.importFrom([["1", 5]], { sorted: true }),
        () => db.batch().in(orders),
        () => batch.commit(),
        () => own.put("2", 5),
        () => own.commit(),
        () => db.snapshot().keyspace(orders),
        () => before.keyspace(orders),
      ];
      for (const call of calls) {
        await assertKvError(call, invalid, "orders", "utf8", "json", "again");
      }
      await assertKvError(() => db.keyspace("orders", numbers), invalid);
      // What had begun before goes on to see what there was then: nothing.
      assertEquals([[...scan], seen.getSync("1")], [[], undefined]);
      assertEquals(same.getSync("1"), "five");
      assertEquals(await entriesOf(texts), [["1", "five"]]);
      assertEquals(db.getSync("plain"), undefined);
    }
    await using db = await open(storage);
    assertEquals(db.keyspaces(), ["orders"]);
    const texts = db.keyspace("orders");
    assertEquals(await entriesOf(texts), [["1", "five"]]);
    await assertKvError(() => db.keyspace("orders", numbers), invalid, "utf8");
  }
});

test("Of first writes at once that have different codecs the first one counts, on whatever storage", async () => {
  const inner = new MemoryStorage();
  for (const storage of [inner, new AsyncStorage(inner)]) {
    await using db = await open(storage);
    const texts = db.keyspace("orders");
    const orders = db.keyspace("orders", numbers);
    const [first, second, third] = await Promise.allSettled([
      orders.put("1", 5),
      texts.put("1", "five"),
      texts.importFrom([["2", "six"]], { sorted: true }),
    ]);
    assertEquals(first.status, "fulfilled");
    assertEquals([second.status, third.status], ["rejected", "rejected"]);
    assertEquals(await entriesOf(orders), [["1", 5]]);
    await db.dropKeyspace("orders");
  }
});

test("An import that is under way makes no keyspace that another write has made with other codecs", async () => {
  for (const sorted of [false, true]) {
    await using db = await open(new MemoryStorage());
    const texts = db.keyspace("orders");
    const orders = db.keyspace("orders", numbers);
    const source = textsAround(() => orders.put("9", 9));
    const importing = () => texts.importFrom(source, { sorted });
    await assertKvError(importing, invalid, "orders");
    assertEquals(await entriesOf(orders), [["9", 9]]);
  }
});

test("A batch that would make a keyspace with two codecs at once is refused as a whole", async () => {
  await using db = await open(new MemoryStorage());
  const texts = db.keyspace("orders");
  const orders = db.keyspace("orders", numbers);
  const batch = db.batch().put("plain", "1");
  batch.in(texts).put("1", "five");
  batch.in(orders).put("1", 5);
  await assertKvError(() => batch.commit(), invalid, "orders", "different");
  assertEquals([db.keyspaces(), db.countSync()], [[], 0]);
  await orders.put("1", 5);
  assertEquals(orders.getSync("1"), 5);
});

test("A keyspace that is made anew after a drop takes its codecs from its first write again, and handles from before stay closed", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage);
    const texts = db.keyspace("orders");
    const orders = db.keyspace("orders", numbers);
    await orders.put("1", 5);
    using full = db.snapshot();
    await db.dropKeyspace("orders");
    await assertKvError(() => texts.put("1", "five"), invalid, "again");
    await assertKvError(() => orders.put("1", 5), "KV_CLOSED");
    assertEquals(full.keyspace(orders).getSync("1"), 5);

    const late = db.keyspace("orders", numbers);
    const anew = db.keyspace("orders");
    await anew.put("1", "five");
    await assertKvError(() => late.getSync("1"), invalid);
    await assertKvError(() => texts.getSync("1"), invalid);
    assertEquals(full.keyspace(orders).getSync("1"), 5);
    assertEquals(full.keyspace(anew).getSync("1"), undefined);
    await db.compact();
    assertEquals(anew.getSync("1"), "five");
  }
  await using db = await open(storage);
  const texts = db.keyspace("orders");
  assertEquals(await entriesOf(texts), [["1", "five"]]);
  const { ok } = await db.verify();
  assert(ok);
});
