// What comes between the moments in which an import becomes durable and visible.
import { assert, assertEquals } from "@std/assert";
import { type KvEngine, type KvSnapshot, open } from "../../mod.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";

type Entry = [string, string];
type Engine = KvEngine<string, string>;

const options = {
  memtableSize: 64 * 1024,
  compaction: { segmentSize: 16 * 1024 },
};

function key(i: number): string {
  return `k${String(i).padStart(3, "0")}`;
}

function entries(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => [key(i), `value ${i}`]);
}

/**
 * Imports 100 entries and does something when the manifest that names them is put in place: nothing
 * else can come later.
 */
async function importWith(
  storage: FaultStorage,
  db: Engine,
  atInstall: () => void,
): Promise<void> {
  // So that the first segment that is opened is one of the import.
  await db.flush();
  const built = new Set<string>();
  let isDone = false;
  storage.onCall = ({ operation, file }) => {
    if (operation === "open" && file.endsWith(".seg")) built.add(file);
    if (operation !== "rename" || built.size === 0 || isDone) return;
    isDone = true;
    atInstall();
  };
  const { segments } = await db.importFrom(entries(100), { sorted: true });
  storage.onCall = undefined;
  assert(isDone);
  assertEquals(segments, 1);
}

async function allOf(reader: Pick<Engine, "scan">): Promise<Entry[]> {
  return await Array.fromAsync(reader.scan());
}

test("A snapshot that is taken while an import is installed does not see it, whatever is written", async () => {
  for (const writes of [0, 1]) {
    const storage = new FaultStorage({ seed: 1 });
    await using db = await open(storage, options);
    await db.put("a", "1");
    let snapshot: KvSnapshot<string, string> | undefined;
    await importWith(storage, db, () => {
      if (writes > 0) void db.put("b", "2");
      snapshot = db.snapshot();
    });
    using after = db.snapshot();
    const early: Entry[] = [["a", "1"], ["b", "2"]];
    early.length = 1 + writes;
    const all = [...early, ...entries(100)];
    assert(after.sequence > snapshot!.sequence);
    for (let round = 0; round < 3; round++) {
      assertEquals(await allOf(snapshot!), early);
      assertEquals(snapshot!.getSync(key(5)), undefined);
      assertEquals(await allOf(after), all);
      assertEquals(await allOf(db), all);
      // What is written and merged for a snapshot hides it from that, too.
      await db.put("z", "-");
      await db.del("z");
      await (round === 0 ? db.flush() : db.compact());
    }
    snapshot!.close();
    await db.compact();
    assertEquals(await allOf(db), all);
    assertEquals((await db.verify()).problems, []);
  }
});

test("Writes that come while an import is installed are newer, also once they are flushed and merged", async () => {
  for (const holdsSnapshot of [false, true]) {
    const storage = new FaultStorage({ seed: 1 });
    const db = await open(storage, options);
    const expected = new Map(entries(100));
    let snapshot: KvSnapshot<string, string> | undefined;
    await importWith(storage, db, () => {
      void db.put(key(5), "put");
      void db.del(key(6));
      void db.delRange({ gte: key(10), lt: key(20) });
      if (holdsSnapshot) snapshot = db.snapshot();
      void db.put(key(15), "put");
      // Full: it is flushed as soon as that may be.
      void db.put("z", "x".repeat(60_000));
      void db.put("z", "x".repeat(60_000));
    });
    expected.set(key(5), "put");
    expected.delete(key(6));
    for (let i = 10; i < 20; i++) expected.delete(key(i));
    expected.set(key(15), "put");
    expected.set("z", "x".repeat(60_000));
    const all = [...expected].sort(([a], [b]) => a < b ? -1 : 1);
    const expectAll = async (db: Engine) => {
      assertEquals(await allOf(db), all);
      assertEquals(await db.get(key(6)), undefined);
      assertEquals(await db.get(key(12)), undefined);
      if (snapshot === undefined) return;
      assertEquals(await allOf(snapshot), [[key(5), "put"]]);
    };
    await expectAll(db);
    await db.flush();
    await expectAll(db);
    await db.compact();
    await expectAll(db);
    assertEquals((await db.verify()).problems, []);
    snapshot?.close();
    snapshot = undefined;
    await db.compact();
    await expectAll(db);
    await db.close();
    await using again = await open(storage, options);
    await expectAll(again);
  }
});

test("After a crash an import is there as a whole or not at all, and writes around it as they were acknowledged", async () => {
  const storage = new FaultStorage({ seed: 3 });
  const db = await open(storage, options);
  const from = storage.trace.length;
  let acknowledgedAt = Infinity;
  let importedAt = Infinity;
  await db.put("a", "1");
  await importWith(storage, db, () => {
    db.snapshot();
    void db.put(key(5), "put").then(() => {
      acknowledgedAt = storage.trace.length;
    });
  });
  importedAt = storage.trace.length;
  await db.close();
  const whole = entries(100);
  whole[5] = [key(5), "put"];
  for (let at = from; at <= storage.trace.length; at++) {
    for (const survival of survivals) {
      await using left = await open(storage.crash({ at, survival }), options);
      const found = (await allOf(left)).filter(([key]) => key !== "a");
      const put = found.find(([, value]) => value === "put");
      const imported = found.filter(([, value]) => value !== "put");
      const place = `after call ${at}, ${survival}`;
      assert(imported.length === 0 || imported.length >= 99, place);
      assert(at < acknowledgedAt || put !== undefined, place);
      assert(at < importedAt || found.length === 100, place);
      if (imported.length > 0 && put) assertEquals(found, whole, place);
      // What comes next is not hidden by numbers that were lost.
      await left.put(key(7), "again");
      using snapshot = left.snapshot();
      assertEquals(
        (await allOf(snapshot)).some(([, v]) => v === "again"),
        true,
      );
      assertEquals(await allOf(snapshot), await allOf(left), place);
    }
  }
});

test("An import goes to the level that has room for it, and above what its range overlaps", async () => {
  await using db = await open(new FaultStorage({ seed: 1 }), {
    ...options,
    compaction: { segmentSize: 16 * 1024, levelSize: 64 * 1024, levelRatio: 4 },
  });
  const filler = "x".repeat(500);
  const range = (first: number, count: number): Entry[] =>
    Array.from({ length: count }, (_, i) => [key(first + i), filler]);
  const counts = () => db.stats().levels.map(({ segments }) => segments);
  await db.importFrom(range(0, 20), { sorted: true });
  assertEquals(counts().findIndex((count) => count > 0), 1);
  await db.importFrom(range(100, 400), { sorted: true });
  assertEquals(counts().findLastIndex((count) => count > 0), 2);
  // Between the first and the last key of a segment of level 1, whose keys it does not share.
  await db.put("a", "1");
  await db.put("z", "1");
  await db.compact();
  await db.importFrom([["b", "1"], ["c", "1"]], { sorted: true });
  assertEquals(await db.get("b"), "1");
  assertEquals((await db.verify()).problems, []);
});

test("Writes into the range that come after the flush and before the installation keep the import from going below them", async () => {
  for (const kind of ["put", "range delete"]) {
    const storage = new FaultStorage({ seed: 1 });
    await using db = await open(storage, options);
    await db.flush();
    let isWritten = false;
    storage.onCall = ({ operation, file }) => {
      if (operation !== "open" || !file.endsWith(".seg") || isWritten) return;
      isWritten = true;
      if (kind === "put") void db.put(key(5), "put");
      else void db.clear();
    };
    const { segments } = await db.importFrom(entries(100), { sorted: true });
    storage.onCall = undefined;
    assertEquals([isWritten, segments], [true, 0]);
    assertEquals(await allOf(db), entries(100));
  }
});

test("A compaction that is due at once waits until the number that hides an import is in segments", async () => {
  await using db = await open(new FaultStorage({ seed: 1 }), {
    ...options,
    compaction: { ...options.compaction, threshold: 2 },
  });
  await db.put("a", "1");
  await db.put("z", "1");
  await db.flush();
  using snapshot = db.snapshot();
  // Between the two: only level 0 can take it, and has enough then.
  const { segments } = await db.importFrom(entries(100), { sorted: true });
  assertEquals(segments, 1);
  while (db.stats().levels[0]!.segments > 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assertEquals(db.stats().compaction.count, 1);
  const early: Entry[] = [["a", "1"], ["z", "1"]];
  assertEquals(await allOf(snapshot), early);
  assertEquals(await allOf(db), [early[0]!, ...entries(100), early[1]!]);
  assertEquals((await db.verify()).problems, []);
});
