import { assert, assertEquals, assertRejects } from "@std/assert";
import { open } from "../../mod.ts";
import { defer } from "../../src/engine/runtime/deferred.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import { logName } from "../../src/format/file_names.ts";
import { FRAME_HEADER_BYTES } from "../../src/format/log_format.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import {
  commitsOf,
  entriesIn,
  entriesOf,
  logImage,
  manifestOf,
  storageOf,
} from "./crafted_store.ts";
import { craftLog } from "../wal/logs.ts";

/** A small MemTable: these tests open stores by the hundred. */
const small = { memtableSize: 64 * 1024 };

// Rule 1: live are the logs that the manifest names, and those newer than all of them.

test("Logs that the manifest names, and newer ones, are replayed in order", async () => {
  const storage = storageOf(manifestOf({ logs: [3, 5] }), [
    { number: 3, first: 1, commits: commitsOf(1, 4) },
    { number: 5, first: 5, commits: commitsOf(5, 6) },
    { number: 8, first: 7, commits: commitsOf(7, 9) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 9));
});

test("Writes of a key in several commits and logs come in their order", async () => {
  const storage = storageOf(manifestOf({ logs: [3] }), [
    {
      number: 3,
      first: 1,
      commits: [{ durable: 0, writes: [["a", "1"], ["b", "1"], ["a", null]] }],
    },
    {
      number: 4,
      first: 4,
      commits: [
        { durable: 3, writes: [["b", null], ["c", ""]] },
        { durable: 3, writes: [["a", "4"], ["", "empty key"]] },
      ],
    },
  ]);
  const expected = { "": "empty key", a: "4", c: "" };
  assertEquals(await entriesAfterOpen(storage), expected);
});

test("Logs that segments have taken the place of are not replayed, and go", async () => {
  const manifest = manifestOf({ flushedSequence: 4, oldestLog: 5, logs: [5] });
  const storage = storageOf(manifest, [
    { number: 3, first: 1, commits: commitsOf(1, 4) },
    { number: 5, first: 5, commits: commitsOf(5, 6) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(5, 6));
  assert(!storage.fileNames.includes(logName(3)));
});

test("A log that held nothing, as a kill behind a flush leaves it, goes at once", async () => {
  const storage = storageOf(manifestOf({ logs: [3, 4] }), [
    { number: 3, first: 1, commits: commitsOf(1, 4) },
    { number: 4, first: 5, commits: [] },
    { number: 5, first: 5, commits: [] },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 4));
  assert(!storage.fileNames.includes(logName(4)));
  assert(!storage.fileNames.includes(logName(5)));
});

test("A log between named ones, which an earlier recovery has passed over, stays passed over", async () => {
  const storage = storageOf(manifestOf({ logs: [3, 9] }), [
    { number: 3, first: 1, commits: commitsOf(1, 4) },
    { number: 5, first: 8, commits: commitsOf(8, 9) },
    { number: 9, first: 5, commits: commitsOf(5, 6) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 6));
  assert(!storage.fileNames.includes(logName(5)));
});

test("A log that the manifest names must be there", async () => {
  const storage = storageOf(manifestOf({ logs: [3, 5] }), [
    { number: 5, first: 5, commits: commitsOf(5, 6) },
  ]);
  await refuses(storage, logName(3), 0, "gone");
});

test("A log that the manifest names must have its header", async () => {
  for (const length of [0, 1, 39]) {
    const log = { number: 3, first: 1, commits: commitsOf(1, 2) };
    const storage = storageOf(manifestOf({ logs: [3] }), []);
    storage.writeFile(logName(3), logImage(log).image.slice(0, length));
    await refuses(storage, logName(3), 0, "no valid header");
  }
});

test("A log that nothing names and that has no whole header held nothing that was acknowledged", async () => {
  for (const length of [0, 1, 39]) {
    const storage = storageOf(manifestOf({ logs: [3] }), [
      { number: 3, first: 1, commits: commitsOf(1, 4) },
    ]);
    const newer = { number: 5, first: 5, commits: [] };
    storage.writeFile(logName(5), logImage(newer).image.slice(0, length));
    assertEquals(await entriesAfterOpen(storage), entriesOf(1, 4));
  }
});

test("A damaged header before writes is damage, whichever of its bytes it is, although nothing names the log", async () => {
  for (const last of [5, 8]) {
    const logs = [
      { number: 3, first: 1, commits: commitsOf(1, 4) },
      { number: 5, first: 5, commits: commitsOf(5, last) },
    ];
    for (let at = 0; at < 40; at++) {
      const storage = storageOf(manifestOf({ logs: [3] }), logs);
      const { image } = logImage(logs[1]!);
      image[at]! ^= 1 << at % 8;
      storage.writeFile(logName(5), image);
      await refuses(storage, logName(5), 0, "header");
    }
  }
});

test("Garbage behind a header that was never whole is no sign of writes", async () => {
  const other = { number: 3, first: 1, commits: commitsOf(1, 4) };
  const { image: stale } = logImage(other);
  for (const length of [0, 1, 12, 39]) {
    for (const fill of [0, 0x46, undefined]) {
      const storage = storageOf(manifestOf({ logs: [3] }), [other]);
      const { image } = logImage({ number: 5, first: 5, commits: [] });
      const torn = new Uint8Array(400);
      if (fill === undefined) torn.set(stale.subarray(40, 400), 40);
      else torn.fill(fill);
      torn.set(image.subarray(0, length));
      storage.writeFile(logName(5), torn);
      assertEquals(await entriesAfterOpen(storage), entriesOf(1, 4));
    }
  }
});

test("A log that nothing names and that is what its blocks held of an older log before held nothing that was acknowledged", async () => {
  const older = { number: 2, first: 1, commits: commitsOf(1, 4) };
  const named = { number: 3, first: 5, commits: commitsOf(5, 8) };
  for (const stale of [older, named]) {
    const { image } = logImage(stale);
    for (const length of [40, 100, image.length]) {
      const manifest = manifestOf({ flushedSequence: 4, logs: [3] });
      const storage = storageOf(manifest, [named]);
      storage.writeFile(logName(5), image.slice(0, length));
      assertEquals(await entriesAfterOpen(storage), entriesOf(5, 8));
    }
  }
});

test("A log that nothing names and that is of another store is damage", async () => {
  const named = { number: 3, first: 1, commits: commitsOf(1, 4) };
  const storage = storageOf(manifestOf({ logs: [3] }), [named]);
  const { image } = logImage({ ...named, salt: 77 });
  storage.writeFile(logName(5), image);
  await refuses(storage, logName(5), 16, "as number 3");
});

// Rule 2: each log begins where the one before it ended.

test("A log that begins with writes that are there already is damage", async () => {
  const storage = storageOf(manifestOf({ logs: [3, 5] }), [
    { number: 3, first: 1, commits: commitsOf(1, 4) },
    { number: 5, first: 4, commits: commitsOf(4, 6) },
  ]);
  await refuses(storage, logName(5), 24, "begins with write 4");
});

test("A log that begins with writes that segments have is damage", async () => {
  const manifest = manifestOf({ flushedSequence: 4, logs: [5] });
  const storage = storageOf(manifest, [
    { number: 5, first: 3, commits: commitsOf(3, 6) },
  ]);
  await refuses(storage, logName(5), 24, "begins with write 3");
});

test("A log under the name of another is damage", async () => {
  const storage = storageOf(manifestOf({ logs: [3, 5] }), [
    { number: 3, first: 1, commits: commitsOf(1, 4) },
    { number: 5, first: 5, commits: commitsOf(5, 6) },
  ]);
  const [a, b] = [storage.readFile(logName(3))!, storage.readFile(logName(5))!];
  storage.writeFile(logName(3), b);
  storage.writeFile(logName(5), a);
  await refuses(storage, logName(3), 16, "as number 5");
});

test("A valid commit of records that are none is damage, named by its place", async () => {
  const records = Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0);
  const { image, frames } = craftLog(
    [{ count: 1, durableSequence: 0, records }],
    { salt: 1, number: 3, firstSequence: 1 },
  );
  const storage = storageOf(manifestOf({ logs: [3] }), []);
  storage.writeFile(logName(3), image);
  const offset = frames[0]!.start + FRAME_HEADER_BYTES;
  await refuses(storage, logName(3), offset, "no valid record");
});

// Rule 3: a tail that was never promised is cut, the loss of what was promised is damage.

test("A torn tail is cut, and writing goes on behind it", async () => {
  const log = { number: 3, first: 1, commits: commitsOf(1, 5) };
  const { image, frames } = logImage(log);
  for (let length = frames[2]!.end; length < image.length; length++) {
    const storage = storageOf(manifestOf({ logs: [3] }), []);
    storage.writeFile(logName(3), image.slice(0, length));
    const last = frames.filter(({ end }) => end <= length).length;
    await using db = await open(storage, small);
    assertEquals(await entriesIn(db), entriesOf(1, last));
    await db.put("next", "one");
    assertEquals(db.stats().lastSequence, last + 1);
    const killed = storage.crash({ survival: "written" });
    const expected = { ...entriesOf(1, last), next: "one" };
    assertEquals(await entriesAfterOpen(killed), expected);
  }
});

test("Zeros or garbage behind the last commit are cut", async () => {
  const { image } = logImage({ number: 3, first: 1, commits: commitsOf(1, 3) });
  for (const tail of [new Uint8Array(5_000), new Uint8Array(99).fill(0xab)]) {
    const storage = storageOf(manifestOf({ logs: [3] }), []);
    storage.writeFile(logName(3), Uint8Array.of(...image, ...tail));
    assertEquals(await entriesAfterOpen(storage), entriesOf(1, 3));
  }
});

test("Damage before a durable promise is refused, with the file and the place, and changes nothing", async () => {
  // Every commit was synced before the next.
  const log = { number: 3, first: 1, commits: commitsOf(1, 5, (n) => n - 1) };
  const { image, frames } = logImage(log);
  for (const broken of [0, 1, 2, 3]) {
    const damaged = image.slice();
    damaged[frames[broken]!.end - 1]! ^= 1;
    const storage = storageOf(manifestOf({ logs: [3] }), []);
    storage.writeFile(logName(3), damaged);
    const { start } = frames[broken]!;
    await refuses(storage, logName(3), start, "synced");
    assertEquals(storage.fileNames, [logName(3), "MANIFEST"]);
    assertEquals(storage.readFile(logName(3)), damaged);
  }
});

test("Damage to the last commit looks like a torn tail, and is cut", async () => {
  const log = { number: 3, first: 1, commits: commitsOf(1, 5, (n) => n - 1) };
  const { image, frames } = logImage(log);
  image[frames[4]!.start]! ^= 1;
  const storage = storageOf(manifestOf({ logs: [3] }), []);
  storage.writeFile(logName(3), image);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 4));
});

test("Damage to commits that were never synced is cut, with all that is behind it", async () => {
  const log = { number: 3, first: 1, commits: commitsOf(1, 5) };
  const { image, frames } = logImage(log);
  image[frames[1]!.start + 5]! ^= 1;
  const storage = storageOf(manifestOf({ logs: [3] }), []);
  storage.writeFile(logName(3), image);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 1));
});

test("A newer log is passed over when an older one has lost unsynced writes before it", async () => {
  const storage = withTornLog(3, { end: 3 }, [
    { number: 5, first: 6, commits: commitsOf(6, 8, () => 0) },
    { number: 7, first: 9, commits: commitsOf(9, 9, () => 2) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 3));
});

test("A newer log that says that lost writes of an older one had been synced proves damage there", async () => {
  for (const promised of [4, 5, 7]) {
    const storage = withTornLog(3, { end: 3 }, [
      { number: 5, first: 6, commits: commitsOf(6, 8, () => 5) },
      { number: 7, first: 9, commits: commitsOf(9, 9, () => promised) },
    ]);
    const torn = storage.readFile(logName(3))!.length - 1;
    await refuses(storage, logName(3), torn, "synced");
  }
});

test("A promise is found behind damage in the newer log too", async () => {
  const storage = withTornLog(3, { end: 3 }, []);
  const newer = {
    number: 5,
    first: 6,
    commits: commitsOf(6, 8, (n) => n === 8 ? 5 : 0),
  };
  const { image, frames } = logImage(newer);
  image[frames[0]!.start]! ^= 1;
  storage.writeFile(logName(5), image);
  const torn = storage.readFile(logName(3))!.length - 1;
  await refuses(storage, logName(3), torn, "synced");
});

test("When an older log has lost its name and nothing was promised, the newer is passed over", async () => {
  const storage = storageOf(manifestOf({ logs: [3] }), [
    { number: 3, first: 1, commits: commitsOf(1, 3) },
    // Log 5 with writes 4 to 6 is gone.
    { number: 7, first: 7, commits: commitsOf(7, 9, () => 3) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 3));
});

test("When an older log has lost its name although its writes had been synced, that is damage", async () => {
  const storage = storageOf(manifestOf({ logs: [3] }), [
    { number: 3, first: 1, commits: commitsOf(1, 3) },
    { number: 7, first: 7, commits: commitsOf(7, 9, () => 6) },
  ]);
  await refuses(storage, logName(7), 0, "writes from 4 on are missing");
});

// Rule 4: a log that begins at the place of a cut was made by an earlier recovery.

test("A cut log is followed by the log of the recovery that cut it", async () => {
  const storage = withTornLog(3, { end: 3 }, [
    { number: 9, first: 4, commits: commitsOf(4, 6, () => 3) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 6));
});

test("Of the logs behind a cut, those from before it are passed over and those from after it replayed", async () => {
  const storage = withTornLog(3, { end: 3 }, [
    { number: 5, first: 6, commits: commitsOf(6, 8, () => 0) },
    { number: 9, first: 4, commits: commitsOf(4, 5, () => 3) },
    { number: 10, first: 6, commits: commitsOf(6, 7, () => 5) },
  ]);
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 7));
});

test("Cuts of several recoveries follow one another", async () => {
  const storage = withTornLog(3, { end: 3 }, []);
  for (const [number, first] of [[5, 4], [7, 5], [9, 6]] as const) {
    const log = { number, first, commits: commitsOf(first, first + 1) };
    const { image } = logImage(log);
    storage.writeFile(logName(number), image.slice(0, -1));
  }
  assertEquals(await entriesAfterOpen(storage), entriesOf(1, 6));
});

// What recovery brings back is not less durable than what was written since.

test("A synced write that follows a recovery from a kill is not lost with what the system had not written out", async () => {
  const storage = new FaultStorage();
  const killed = await open(storage, small);
  await killed.put("unsynced", "1", { sync: false });
  const afterKill = storage.crash({ survival: "written" });
  await killed.close();

  // The recovered writes take their time to reach a segment.
  const segments = defer();
  afterKill.onCall = ({ operation, file }) =>
    operation === "create" && file.endsWith(".seg")
      ? segments.promise
      : undefined;
  let isAcknowledged = false;
  const writing = open(afterKill, small).then(async (db) => {
    await db.put("synced", "2");
    isAcknowledged = true;
    return db;
  });
  const checkLossOfPower = async () => {
    for (const survivor of afterKill.crashes()) {
      const found = await entriesAfterOpen(survivor);
      assertEquals(found, { unsynced: "1", synced: "2" });
    }
  };
  for (let i = 0; i < 30; i++) await nextTurn();
  if (isAcknowledged) await checkLossOfPower();
  segments.resolve();
  const db = await writing;
  await checkLossOfPower();
  await db.close();
});

// Whatever happens to logs.

test("A crash at any call of a recovery, and another during the next, changes nothing of what is recovered", async () => {
  const commits = commitsOf(1, 5);
  const base = storageOf(manifestOf({ logs: [3] }), []);
  const { image } = logImage({ number: 3, first: 1, commits });
  base.writeFile(logName(3), image.slice(0, -3));
  const newer = { number: 5, first: 6, commits: commitsOf(6, 7, () => 0) };
  base.writeFile(logName(5), logImage(newer).image);
  base.writeFile("000050.seg", new Uint8Array(9));
  base.writeFile("MANIFEST.tmp", new Uint8Array(9));
  let recoveries = 0;
  for (const first of await crashEverywhere(base)) {
    assertEquals(
      await entriesAfterOpen(first.crash({ survival: "written" })),
      entriesOf(1, 4),
    );
    recoveries++;
    // A few calls are enough for the second crash.
    for (const second of await crashEverywhere(first, 17)) {
      assertEquals(await entriesAfterOpen(second), entriesOf(1, 4));
      recoveries++;
    }
  }
  assert(recoveries > 200, `${recoveries} recoveries are too few`);
});

/**
 * Opens a copy of a storage, closes it, and answers with what a loss of power leaves after every
 * `step`th call.
 */
async function crashEverywhere(
  base: FaultStorage,
  step = 1,
): Promise<FaultStorage[]> {
  const storage = base.crash({ survival: "written" });
  const db = await open(storage, small);
  await db.close();
  const left: FaultStorage[] = [];
  for (let at = 1; at <= storage.trace.length; at += step) {
    for (const survival of ["synced", "torn"] as const) {
      left.push(...storage.crashes({ at, survival }));
    }
  }
  return left;
}

/** Log `number` with writes from 1 on, of which those behind `end` are torn, and newer logs. */
function withTornLog(
  number: number,
  { end }: { end: number },
  newer: Parameters<typeof storageOf>[1],
): FaultStorage {
  const storage = storageOf(manifestOf({ logs: [number] }), newer);
  const log = { number, first: 1, commits: commitsOf(1, end + 1, () => 0) };
  const { image, frames } = logImage(log);
  storage.writeFile(logName(number), image.slice(0, frames[end]!.start + 1));
  return storage;
}

async function entriesAfterOpen(
  storage: FaultStorage,
): Promise<Record<string, string>> {
  await using db = await open(storage, small);
  return await entriesIn(db);
}

/**
 * Holds that a storage is refused as damaged, for a reader too, and that nothing is left open or
 * locked.
 */
async function refuses(
  storage: FaultStorage,
  file: string,
  offset: number,
  problem: string,
): Promise<void> {
  for (const readOnly of [true, false]) {
    const error = await assertRejects(
      () => open(storage, { ...small, readOnly }),
      KvCorruptionError,
      problem,
    );
    assertEquals([error.file, error.offset], [file, offset]);
    assertEquals(storage.openFiles, []);
  }
}
