import { assert, assertEquals } from "@std/assert";
import {
  bytes,
  follow,
  type KvEngine,
  type KvReader,
  open,
  type RangeOptions,
} from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { smallStore } from "../support/small_store.ts";

type Db = KvEngine<string, string>;

function key(i: number): string {
  return `key:${String(i).padStart(6, "0")}`;
}

async function listed(db: KvReader<string, string>, range: object) {
  const keys: string[] = [];
  for await (const key of db.keys(range)) keys.push(key);
  return keys;
}

function anyRange(random: () => number): RangeOptions<string> {
  const any = () => key(below(random, 4_000)).slice(0, 4 + below(random, 7));
  const kind = below(random, 4);
  if (kind === 0) return { prefix: any() };
  if (kind === 1) return { gte: any(), lt: any() };
  if (kind === 2) return { gt: any(), lte: any() };
  return {};
}

test("A count is the number of keys that a scan of the same range shows, whatever is in memory and in segments", async () => {
  const random = seeded(7);
  for (
    const storage of [
      new MemoryStorage(),
      new AsyncStorage(new MemoryStorage()),
    ]
  ) {
    await using db = await open(storage, smallStore);
    for (let round = 0; round < 6; round++) {
      using before = db.snapshot();
      const held = await listed(before, {});
      for (let i = 0; i < 400; i++) {
        const name = key(below(random, 4_000));
        if (random() < 0.7) void db.put(name, "v".repeat(below(random, 100)));
        else void db.del(name);
      }
      if (round === 2) await db.compact();
      else if (round % 2 === 1) await db.flush();
      for (let i = 0; i < 20; i++) {
        const range = anyRange(random);
        const expected = (await listed(db, range)).length;
        assertEquals(await db.count(range), expected, JSON.stringify(range));
        if (!storage.synchronous) continue;
        assertEquals(db.countSync(range), expected);
        assertEquals([...db.keysSync(range)].length, expected);
      }
      assertEquals(await before.count(), held.length);
    }
  }
});

test("A count is as of the call, and counts what nobody could decode", async () => {
  const storage = new MemoryStorage();
  {
    await using db = await open(storage, { keys: bytes, values: bytes });
    for (const byte of [1, 2, 0xfe, 0xff]) {
      await db.put(Uint8Array.of(byte), Uint8Array.of(0xff));
    }
    const counting = db.count();
    await db.put(Uint8Array.of(9), Uint8Array.of());
    assertEquals(await counting, 4);
    assertEquals(await db.count({ gte: Uint8Array.of(0xfe) }), 2);
  }
});

test("A follower counts and estimates what it sees", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage);
  await using reader = await follow(storage, { refreshMs: 0 });
  await db.batch().put("a:1", "1").put("a:2", "2").put("b", "3").commit();
  assertEquals(reader.countSync(), 0);
  await reader.refresh();
  assertEquals(await reader.count({ prefix: "a:" }), 2);
  assertEquals([...reader.keysSync({ prefix: "a:" })], ["a:1", "a:2"]);
  assertEquals((await reader.approximateSize()).entries, 3);
});

test("A long count lets others have their turn, and ends when it is aborted or the store is closed", async () => {
  // All of it in memory: segments might be counted without being read.
  await using db = await open(new MemoryStorage(), {
    sync: false,
    memtableSize: 64 * 1024 * 1024,
  });
  await fill(db, 200_000);
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  assertEquals(await db.count(), 200_000);
  clearInterval(timer);
  assert(turns > 0);

  const giveUp = new AbortController();
  setTimeout(() => giveUp.abort(new Error("enough")), 0);
  const counting = db.count({ signal: giveUp.signal });
  assertEquals(await counting.catch((error) => error.message), "enough");
  const late = db.count({ signal: giveUp.signal });
  assertEquals(await late.catch((error) => error.message), "enough");

  const cut = db.count();
  const closing = db.close();
  await assertKvError(() => cut, "KV_CLOSED");
  await closing;
});

test("Ranges that are none are refused by name", async () => {
  await using db = await open(new MemoryStorage());
  const invalid = "KV_INVALID_ARGUMENT";
  for (
    const call of [
      (range: object) => db.count(range),
      (range: object) => db.countSync(range),
      (range: object) => db.approximateSize(range),
    ]
  ) {
    await assertKvError(() => call({ gt: "a", gte: "a" }), invalid, "gt");
    await assertKvError(() => call({ limit: 1 }), invalid, "limit");
    await assertKvError(() => call({ prefix: 5 }), invalid, "a number");
  }
  await assertKvError(
    () => db.count({ signal: 1 as never }),
    invalid,
    "signal",
  );
  await using slow = await open(new AsyncStorage(new MemoryStorage()));
  await assertKvError(
    () => slow.countSync(),
    "KV_UNSUPPORTED",
  );
  await assertKvError(
    () => slow.keysSync(),
    "KV_UNSUPPORTED",
  );
});

async function fill(db: Db, records: number): Promise<void> {
  for (let start = 0; start < records; start += 1_000) {
    const batch = db.batch();
    for (let i = start; i < Math.min(records, start + 1_000); i++) {
      batch.put(key(i), "v".repeat(90));
    }
    await batch.commit();
  }
}

test("An estimate is within a block a segment of the truth, and reads no block", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, { ...smallStore, cacheSize: 0 });
  const records = 20_000;
  await fill(db, records);
  await db.compact();
  const { levels } = db.stats();
  const total = levels.reduce((sum, { bytes }) => sum + bytes, 0);
  assert(levels.reduce((sum, { segments }) => sum + segments, 0) > 10);
  const whole = await db.approximateSize();
  assertEquals(whole.entries, records);
  assert(Math.abs(whole.bytes - total) <= levels.length * 64);

  const random = seeded(3);
  const entriesPerBlock = 6;
  for (let i = 0; i < 100; i++) {
    const [low, high] = [below(random, records), below(random, records)]
      .sort((a, b) => a - b) as [number, number];
    const range = { gte: key(low), lt: key(high) };
    const { bytes, entries } = await db.approximateSize(range);
    const truth = high - low;
    const most = 2 * entriesPerBlock;
    assert(Math.abs(entries - truth) <= most, `${entries} for ${truth}`);
    assert(Math.abs(bytes - total * truth / records) <= 4 * 512);
  }
  const none = [{ gte: "z" }, { lt: "a" }, { gte: key(9), lt: key(9) }];
  for (const range of none) {
    assertEquals(await db.approximateSize(range), { bytes: 0, entries: 0 });
  }
  const from = storage.trace.length;
  await db.approximateSize({ gte: key(1), lt: key(records - 1) });
  const reads = storage.trace.slice(from).map(({ operation }) => operation);
  const segments = levels.reduce((sum, { segments }) => sum + segments, 0);
  assertEquals(reads, Array(segments).fill("readAt"));
});

test("An estimate sees what is in memory: exactly where it is little, by a sample where it is much", async () => {
  await using db = await open(new MemoryStorage(), { sync: false });
  await fill(db, 30_000);
  await db.del(key(0));
  for (const [low, high] of [[0, 100], [5_000, 5_001], [0, 30_000]] as const) {
    const range = { gte: key(low), lt: key(high) };
    const { bytes, entries } = await db.approximateSize(range);
    const truth = high - low - (low === 0 ? 1 : 0);
    const slack = high - low > 256 ? truth / 100 : 0;
    assert(Math.abs(entries - truth) <= slack, `${entries} for ${truth}`);
    const recordBytes = 8 + 10 + 90;
    assert(Math.abs(bytes - truth * recordBytes) <= 30 + slack * recordBytes);
  }
});

test("Where nothing is written over segments, they are counted without being read", async () => {
  const storage = new FaultStorage();
  await using db = await open(storage, { ...smallStore, cacheSize: 0 });
  const records = 20_000;
  await fill(db, records);
  await db.compact();
  const reads = async (work: () => Promise<unknown>) => {
    const from = storage.trace.length;
    await work();
    return storage.trace.slice(from)
      .filter(({ operation }) => operation === "readAt").length;
  };
  const all = await reads(async () => assertEquals(await db.count(), records));
  assertEquals(all, 0);
  const range = { gt: key(7), lte: key(19_000) };
  const some = await reads(async () =>
    assertEquals(await db.count(range), 18_993)
  );
  const scanned = await reads(() => listed(db, range));
  assert(some < scanned / 4, `${some} of ${scanned}`);

  using before = db.snapshot();
  await db.put(key(500), "again");
  await db.del(key(9_000));
  await db.put("key:0005005", "new");
  await db.delRange({ gte: key(15_000), lt: key(15_010) });
  for (const flushes of [false, true]) {
    if (flushes) await db.flush();
    assertEquals(await db.count(), records + 1 - 1 - 10);
    assertEquals(db.countSync({ lt: key(9_001) }), 9_001);
    assertEquals(await before.count(), records);
    assertEquals(before.countSync(range), 18_993);
  }
});
