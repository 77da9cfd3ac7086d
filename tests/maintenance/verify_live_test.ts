import { assert, assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";
import { WatchedStorage } from "../support/watched_storage.ts";
import { sampleStore, SMALL } from "./damaged_store.ts";

const kinds: [string, () => Storage][] = [
  ["storage that answers at once", () => new MemoryStorage()],
  [
    "storage that answers later",
    () => new AsyncStorage(new MemoryStorage(), nextTurn),
  ],
];

for (const [name, make] of kinds) {
  test(`An open store is in order whenever it is asked, while it is written to, flushed and compacted (${name})`, async () => {
    const storage = new WatchedStorage(make());
    const db = await open(storage, SMALL);
    let isDone = false;
    const writing = (async () => {
      for (let i = 0; !isDone; i++) {
        const key = `key${(i * 7919) % 3000}`;
        await db.put(key, `value ${i}`.repeat(4), { sync: i % 50 === 0 });
        if (i % 40 === 0) await db.del(`key${i % 1000}`);
      }
    })();
    let entries = 0;
    for (let round = 0; round < 25; round++) {
      const others = round % 5 === 2 ? [db.compact()] : [];
      const report = await db.verify();
      await Promise.all(others);
      assertEquals(report.problems, []);
      assert(report.ok);
      entries = report.entries;
    }
    isDone = true;
    await writing;
    const { flush, compaction } = db.stats();
    assert(flush.count > 0 && compaction.count > 0 && entries > 0);
    await db.close();
    assertEquals([storage.openFiles, storage.violations], [[], []]);
  });
}

test("Verify goes through the segments of the moment of the call, however they are replaced meanwhile", async () => {
  const storage = new WatchedStorage(new MemoryStorage());
  await using db = await open(storage, SMALL);
  for (let i = 0; i < 500; i++) await db.put(`key${i}`, "flushed");
  await db.flush();
  for (let i = 0; i < 300; i++) await db.put(`key${i}`, "in the log");
  let compacting: Promise<void> | undefined;
  const { ok, problems, entries } = await db.verify({
    onProgress: ({ file }) => {
      // Of a log that is in a segment already, nothing is left to be checked.
      if (file.endsWith(".seg")) compacting ??= db.compact();
    },
  });
  assertEquals([ok, problems, entries], [true, [], 800]);
  await compacting;
});

test("A store that was opened to be read is verified with its logs", async () => {
  const { storage } = await sampleStore();
  await using db = await open(storage, { readOnly: true });
  const { ok, entries, files } = await db.verify();
  assertEquals([ok, entries, files], [true, 73, 4]);
});

test("Damage on disk is found under an open store that has all in its cache", async () => {
  await using dir = tempDir();
  await using db = await open(dir.path, { ...SMALL, sync: false });
  for (let i = 0; i < 500; i++) await db.put(`key${i}`, `value ${i}`);
  await db.flush();
  assertEquals([...db.scanSync()].length, 500);
  const { readdirSync, readFileSync, writeFileSync } = await import("node:fs");
  const name = readdirSync(dir.path).find((each) => each.endsWith(".seg"))!;
  const bytes = readFileSync(`${dir.path}/${name}`);
  bytes[300]! ^= 1;
  writeFileSync(`${dir.path}/${name}`, bytes);
  const { ok, problems } = await db.verify();
  assertEquals([ok, problems.map(({ code, file }) => [code, file])], [
    false,
    [["segment-block", name]],
  ]);
});

test("Closing ends a verification that is under way", async () => {
  const db = await open(new MemoryStorage(), SMALL);
  for (let i = 0; i < 500; i++) await db.put(`key${i}`, `value ${i}`);
  await db.flush();
  let closing: Promise<void> | undefined;
  const verifying = db.verify({
    onProgress: () => {
      closing ??= db.close();
    },
  });
  await assertKvError(() => verifying, "KV_CLOSED");
  await closing;
  await assertKvError(() => db.verify(), "KV_CLOSED");
});

test("Verify of an engine refuses options that are none", async () => {
  await using db = await open(new MemoryStorage());
  const bad = [
    [{ into: "x" }, "into"],
    [{ onProgress: 1 }, "onProgress"],
    [{ signal: 1 }, "signal"],
  ] as const;
  for (const [options, word] of bad) {
    await assertKvError(
      () => db.verify(options as never),
      "KV_INVALID_ARGUMENT",
      word,
    );
  }
});
