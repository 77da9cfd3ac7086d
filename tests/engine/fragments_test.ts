// Small segments: what short sessions and flushes on demand leave comes together again.
import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";

const ENTRIES = 400;

/** As many as there may be of each size that differs from the next by a factor of four. */
const MOST_SEGMENTS = 20;

const KEYS: Record<string, (i: number) => string> = {
  ascending: (i) => String(i).padStart(6, "0"),
  descending: (i) => String(ENTRIES - i).padStart(6, "0"),
  scattered: (i) => String((i * 7919) % 100_003).padStart(6, "0"),
  "of several streams": (i) => `${i % 5}:${String(i).padStart(6, "0")}`,
};

function countSegments(db: KvEngine<string, string>): number {
  return db.stats().levels.reduce((sum, { segments }) => sum + segments, 0);
}

/** Waits until nothing has changed for a while; compactions go on by themselves. */
async function settle(db: KvEngine<string, string>): Promise<void> {
  for (let quiet = 0, last = ""; quiet < 50; quiet++) {
    const now = JSON.stringify(db.stats().compaction);
    if (now !== last) quiet = 0;
    last = now;
    await nextTurn();
  }
}

for (const [name, keyOf] of Object.entries(KEYS)) {
  test(`Flushes of single keys, ${name}, leave few segments, and each entry is rewritten a few times`, async () => {
    await using db = await open(new MemoryStorage());
    for (let i = 0; i < ENTRIES; i++) {
      await db.put(keyOf(i), "x".repeat(1000));
      await db.flush();
    }
    await settle(db);
    assert(countSegments(db) <= MOST_SEGMENTS, `${countSegments(db)}`);
    const { compaction, flush } = db.stats();
    assert(compaction.bytesWritten < 12 * flush.bytesWritten);
    await db.compact();
    assertEquals(countSegments(db), 1);
    assertEquals(db.countSync(), ENTRIES);
  });
}

test("A full compaction makes one segment of many that earlier versions have left", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, { compaction: { threshold: 64 } });
  for (let i = 0; i < 60; i++) {
    const entry: [string, string] = [KEYS["ascending"]!(i), "value"];
    await db.importFrom([entry], { sorted: true });
  }
  const before = countSegments(db);
  assertEquals(before, 60);
  await db.compact();
  assertEquals(countSegments(db), 1);
  assertEquals(db.countSync(), 60);
  const { compaction } = db.stats();
  await db.compact();
  assertEquals(db.stats().compaction, compaction, "nothing is left to do");
});
