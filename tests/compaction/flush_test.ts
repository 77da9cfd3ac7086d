import { assert, assertEquals } from "@std/assert";
import {
  type FlushSource,
  writeRecords,
  writeVersions,
} from "../../src/compaction/flush.ts";
import type { JobContext, RecordsJob } from "../../src/compaction/job.ts";
import { segmentName } from "../../src/format/file_names.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import type { MemTable } from "../../src/memtable/memtable.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { bytes, randomFrom } from "../segment/support.ts";
import { test } from "../harness.ts";
import { del, emptyTable, put } from "../memtable/tables.ts";

const KEYS = 300;

/** Puts, deletes and overwrites of few keys. */
function randomTable(seed: number): MemTable {
  const random = randomFrom(seed);
  const table = emptyTable();
  for (let i = 0; i < 500; i++) {
    const key = bytes(`key ${random(KEYS)}`);
    if (random(4) === 0) del(table, key);
    else put(table, key, new Uint8Array(random(80)).fill(i));
  }
  return table;
}

function jobOf(table: MemTable, levels: RecordsJob["levels"]): RecordsJob {
  return {
    snapshots: [],
    levels,
    rangeTombstones: [],
    ceiling: table.lastSequence,
    blockSize: 512,
    compression: "none",
    keepsDeletes: false,
  };
}

function contextOf(storage: MemoryStorage, pauses = { count: 0 }): JobContext {
  return {
    storage,
    pace: {
      isDue: () => true,
      pause: () => {
        pauses.count++;
        return Promise.resolve();
      },
    },
    takeFileNumber: () => 7,
    randomUint32: () => 42,
  };
}

function fileIn(storage: MemoryStorage): Uint8Array {
  const file = storage.open(segmentName(7));
  const content = new Uint8Array(file.size);
  file.readAt(content, 0);
  return content;
}

/** A segment that may have all keys between two. */
function between(smallest: string, largest: string): SegmentInfo {
  return {
    number: 1,
    sizeBytes: 1000,
    entries: 10,
    tombstones: 0,
    olderVersions: 0,
    maxSequence: 0,
    ceiling: 0,
    salt: 1,
    smallestKey: bytes(smallest),
    largestKey: bytes(largest),
  };
}

test("A flush in blocks writes byte for byte what the plain way writes, and gives way as often", async () => {
  const below = [[], [between("key 1", "key 2")]];
  for (let seed = 0; seed < 30; seed++) {
    const table = randomTable(seed);
    const job = jobOf(table, seed % 2 === 0 ? below : []);
    const [fast, plain] = [new MemoryStorage(), new MemoryStorage()];
    const pauses = { count: 0 };
    const info = await writeRecords(table.list(), job, contextOf(fast, pauses));
    const versions = table.list().versions();
    assertEquals(info, await writeVersions(versions, job, contextOf(plain)));
    assertEquals(fileIn(fast), fileIn(plain));
    assertEquals(info!.tombstones > 0, seed % 2 === 0);
    assert(pauses.count > 10);
  }
});

test("Where snapshots or range deletes cut through the history a flush looks at every version", async () => {
  const table = randomTable(1);
  const jobs = [
    { snapshots: [table.firstSequence + 100] },
    {
      rangeTombstones: [{
        start: bytes("key 1"),
        end: bytes("key 2"),
        sequences: [table.firstSequence + 100],
      }],
    },
  ];
  for (const cut of jobs) {
    const job = { ...jobOf(table, []), ...cut };
    const plain: FlushSource = {
      versions: () => table.list().versions(),
      newest: () => {
        throw new Error("the history is of importance");
      },
    };
    const info = await writeRecords(plain, job, contextOf(new MemoryStorage()));
    assert(info!.entries > 0);
  }
});

test("Deletes that nobody needs leave no segment", async () => {
  const table = emptyTable();
  put(table, bytes("a"), bytes("1"));
  del(table, bytes("a"));
  del(table, bytes("b"));
  const storage = new MemoryStorage();
  const job = jobOf(table, [[between("c", "d")]]);
  const info = await writeRecords(table.list(), job, contextOf(storage));
  assertEquals([info, storage.list()], [undefined, []]);
});

test("All deletes are kept where an older table is not in a level yet, with snapshots and range deletes too", async () => {
  const table = emptyTable();
  del(table, bytes("a"));
  del(table, bytes("b"));
  const ways = [
    {},
    { snapshots: [table.firstSequence] },
    {
      rangeTombstones: [{
        start: bytes("x"),
        end: bytes("y"),
        sequences: [table.firstSequence],
      }],
    },
  ];
  for (const way of ways) {
    const job = { ...jobOf(table, []), ...way, keepsDeletes: true };
    const context = contextOf(new MemoryStorage());
    const info = await writeRecords(table.list(), job, context);
    assertEquals(info?.tombstones, 2);
  }
});

test("A flush tells that it is written before it is synced", async () => {
  const table = randomTable(1);
  const events: string[] = [];
  await writeRecords(table.list(), jobOf(table, []), {
    ...contextOf(new MemoryStorage()),
    onWritten: () => events.push("written"),
  });
  assertEquals(events, ["written"]);
});
