import { assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { SegmentReader } from "../../src/segment/reader.ts";
import { test } from "../harness.ts";

type Db = KvEngine<string, string>;

/** A store with segments in two levels, a MemTable and a range delete. */
async function filled(): Promise<Db> {
  const db = await open(new MemoryStorage(), {
    compaction: { threshold: 64, segmentSize: 16 * 1024 },
    blockSize: 1024,
  });
  for (let round = 0; round < 3; round++) {
    const batch = db.batch();
    for (let i = round; i < 1000; i += round + 1) {
      batch.put(`k${i}`, "v".repeat(40));
    }
    await batch.commit();
    if (round === 0) await db.compact();
    if (round === 1) await db.flush();
  }
  await db.delRange({ gte: "k300", lt: "k310" });
  return db;
}

/** How many cursors over segments `read` has made and not closed. */
async function leftOpen(read: () => unknown): Promise<[number, boolean]> {
  const { cursor: makeCursor } = SegmentReader.prototype;
  const opened = new Set<unknown>();
  let made = 0;
  SegmentReader.prototype.cursor = function (options) {
    const cursor = makeCursor.call(this, options);
    const close = cursor.close!.bind(cursor);
    made++;
    opened.add(cursor);
    cursor.close = () => {
      opened.delete(cursor);
      close();
    };
    return cursor;
  };
  try {
    await read();
    return [opened.size, made > 0];
  } finally {
    SegmentReader.prototype.cursor = makeCursor;
  }
}

const reads: Record<string, (db: Db) => unknown> = {
  "scanSync that is broken off": (db) => {
    for (const _ of db.scanSync({ gte: "k5" })) break;
  },
  "scanSync with a limit": (db) => [...db.scanSync({ limit: 3 })],
  "scanSync to its bound": (db) => [...db.scanSync({ gte: "k29", lt: "k31" })],
  "scanSync backwards": (db) => [...db.keysSync({ reverse: true, limit: 9 })],
  "scanSync through everything": (db) => [...db.valuesSync()],
  "scan that is broken off": async (db) => {
    for await (const _ of db.scan({ prefix: "k7" })) break;
  },
  "scan that is disposed of": async (db) => {
    await using scan = db.scan();
    await scan.next();
  },
  "scanSync of which only as many entries are taken as it may have": (db) =>
    db.keysSync({ gte: "k4", limit: 1 }).next(),
  "scan of which only as many entries are taken as it may have": (db) =>
    db.scan({ limit: 1 }).next(),
  "count that is given up": async (db) => {
    const enough = new AbortController();
    const count = db.count({ lt: "z", signal: enough.signal });
    enough.abort();
    await count.catch(() => {});
  },
  "stream that is cancelled": async (db) => {
    const reader = db.scan().stream().getReader();
    await reader.read();
    await reader.cancel();
  },
  "countSync of a range": (db) => db.countSync({ gte: "k29", lt: "k71" }),
  "count of a range": (db) => db.count({ gte: "k29", lt: "k71" }),
  "scan of a snapshot": (db) => {
    using snapshot = db.snapshot();
    for (const _ of snapshot.scanSync()) break;
  },
};

for (const [name, read] of Object.entries(reads)) {
  test(`A ${name} leaves no cursor open that would keep memory of the cache from others`, async () => {
    await using db = await filled();
    assertEquals(await leftOpen(() => read(db)), [0, true]);
  });
}
