// Merges of level 0 that stay there: what they spare, and that nobody reads anything else.
import { assert, assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { segmentsOf } from "../support/segment_names.ts";

const KEYS = 4000;

function keyOf(i: number): string {
  return `key ${String(i % KEYS).padStart(6, "0")}`;
}

/** A store whose level 1 is large against what is written to it later. */
async function openFilled(storage: Storage) {
  const db = await open(storage, { sync: false });
  const entries = Array.from(
    { length: KEYS },
    (_, i): [string, string] => [keyOf(i), "v".repeat(100)],
  );
  await db.importFrom(entries, { sorted: true });
  return db;
}

test("Sessions that write little leave level 1 as it is, and level 0 small", async () => {
  const storage = new MemoryStorage();
  await (await openFilled(storage)).close();
  const filled = segmentsOf({ fileNames: await storage.list() });
  assert(filled.length > 0);
  const model = new Map<string, string | undefined>();
  for (let session = 0; session < 40; session++) {
    const db = await open(storage, { sync: false });
    for (let i = 0; i < 5; i++) {
      const key = keyOf(session * 131 + i * 797);
      const value = i === 4 ? undefined : `of session ${session}`;
      if (value === undefined) await db.del(key);
      else await db.put(key, value);
      model.set(key, value);
    }
    await db.close();
  }
  const names = segmentsOf({ fileNames: await storage.list() });
  assertEquals(filled.filter((name) => !names.includes(name)), []);
  await using db = await open(storage, { readOnly: true });
  // A merge that a close comes upon is done by the next session.
  assert(db.stats().levels[0]!.segments < 8);
  for (const [key, value] of model) assertEquals(db.getSync(key), value, key);
  const deleted = [...model.values()].filter((value) => value === undefined);
  assertEquals(db.countSync(), KEYS - deleted.length);
});

test("What is flushed while level 0 is merged stays above what is merged", async () => {
  const storage = new FaultStorage();
  const db = await openFilled(storage);
  await db.put(keyOf(1), "old");
  await db.del(keyOf(2));
  await db.flush();
  await db.put(keyOf(2), "old");
  await db.del(keyOf(3));
  await db.flush();
  assertEquals(db.stats().levels[0]!.segments, 2);

  await db.batch().put(keyOf(1), "new").del(keyOf(2)).commit();
  const gate = Promise.withResolvers<void>();
  let isHeld = false;
  storage.onCall = ({ operation, file }) => {
    if (isHeld || operation !== "create" || !file.endsWith(".seg")) return;
    isHeld = true;
    return gate.promise;
  };
  // Its file has a number already.
  const flushing = db.flush();
  while (!isHeld) await nextTurn();
  for (let i = 0; i < 1100; i++) db.scanSync({ limit: 1 }).next();
  while (db.stats().levels[0]!.segments > 1) await nextTurn();
  assertEquals(db.stats().compaction.count, 1);
  gate.resolve();
  await flushing;

  const expected = ["new", undefined, undefined, "v".repeat(100)];
  const read = (of: typeof db) => of.getMany([1, 2, 3, 4].map((i) => keyOf(i)));
  assertEquals(db.stats().levels[0]!.segments, 2);
  assertEquals(await read(db), expected);
  await db.close();
  await using left = await open(storage);
  assertEquals(await read(left), expected);
  await left.compact();
  assertEquals(await read(left), expected);
});

test("A delete that is merged in level 0 still hides what an older segment there has", async () => {
  await using db = await openFilled(new MemoryStorage());
  const batch = db.batch().put("older", "1");
  for (let i = 0; i < 50; i++) batch.put(keyOf(i), "w".repeat(100));
  await batch.commit();
  await db.flush();
  await db.del("older");
  await db.flush();
  await db.put("newer", "1");
  await db.flush();
  await db.put("newest", "1");
  await db.flush();
  // The first is larger than the other three.
  while (db.stats().levels[0]!.segments > 2) await nextTurn();
  assertEquals(db.getSync("older"), undefined);
  assertEquals([...db.keysSync({ gte: "n" })], ["newer", "newest"]);
  await db.compact();
  assertEquals(db.getSync("older"), undefined);
});
