// Range deletes in what outlives an engine: manifests, checkpoints, logs of a crash, and what a
// repair makes of them.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type KvEngine, open, repair, verify } from "../../mod.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import { segmentName } from "../../src/format/file_names.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { readManifest } from "../../src/manifest/manifest_store.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { copyOf } from "../maintenance/damaged_store.ts";
import { craftManifest } from "../manifest/crafted.ts";
import { ranges, rangesOf } from "../tombstones/samples.ts";
import { decodeManifest } from "../../src/manifest/manifest_codec.ts";

type Db = KvEngine<string, string>;

const quiet = { sync: false, compaction: { threshold: 64 } } as const;

async function putAll(db: Db, keys: string): Promise<void> {
  for (const key of keys) await db.put(key, key.toUpperCase());
}

async function keysIn(storage: MemoryStorage | FaultStorage): Promise<string> {
  await using db = await open(storage, { readOnly: true });
  return [...db.scanSync()].map(([key]) => key).join("");
}

/**
 * Two segments, a range delete of "c" to "f" over the first of them in the manifest, and one of "x"
 * on in the log.
 */
async function sample(): Promise<{ storage: MemoryStorage; left: string }> {
  const storage = new MemoryStorage();
  const db = await open(storage, quiet);
  await putAll(db, "abcdefxyz");
  await db.flush();
  await db.delRange({ gte: "c", lt: "f" });
  await putAll(db, "dq");
  await db.flush();
  await db.put("x", "newer");
  await db.delRange({ gt: "x" });
  await db.put("z", "back");
  // As if its process had been killed: what was written is there.
  const killed = copyOf(storage);
  await db.close();
  return { storage: killed, left: "abdfqxz" };
}

test("After a flush a range delete stands in the manifest, for as long as a segment needs it", async () => {
  const { storage, left } = await sample();
  const state = await readManifest(storage);
  assertEquals(rangesOf(state!.rangeTombstones), [["c", "f", 10]]);
  const ceilings = state!.levels[0]!.map(({ ceiling }) => ceiling);
  assertEquals(ceilings, [12, 9]);
  assertEquals(await keysIn(storage), left);
  const db = await open(storage, quiet);
  assertEquals(db.stats().rangeTombstones, 2);
  await db.compact();
  await db.close();
  assertEquals(rangesOf((await readManifest(storage))!.rangeTombstones), []);
  assertEquals(await keysIn(storage), left);
});

test("A newer entry in a deeper segment is found behind a range tombstone over the segment above it", async () => {
  const storage = new MemoryStorage();
  const db = await open(storage, quiet);
  await putAll(db, "az");
  await db.flush();
  await putAll(db, "m");
  await db.flush();
  await db.close();
  // As compactions of some keys and not of others can leave it: "a" and "z" were brought together
  // when "m" had sunk already.
  const sunken = copyOf(storage, (name, bytes) => {
    if (name !== "MANIFEST") return bytes;
    const state = decodeManifest(bytes);
    const [[newer, older]] = state.levels as [[SegmentInfo, SegmentInfo]];
    return craftManifest({
      ...state,
      flushedSequence: 9,
      levels: [[], [{ ...older, ceiling: 2 }], [], [{ ...newer, ceiling: 9 }]],
      rangeTombstones: ranges(["b", "y", 5]),
    });
  });
  assertEquals(await keysIn(sunken), "amz");
  await using opened = await open(sunken, quiet);
  assertEquals([opened.getSync("m"), await opened.get("m")], ["M", "M"]);
  await opened.compact();
  assertEquals(opened.getSync("m"), "M");
});

test("Clearing again and again leaves one range tombstone", async () => {
  const storage = new MemoryStorage();
  await using db = await open(storage, quiet);
  await putAll(db, "abc");
  await db.flush();
  using _snapshot = db.snapshot();
  for (let round = 0; round < 20; round++) {
    await putAll(db, "bc");
    await db.clear();
    if (round % 3 === 0) await db.flush();
  }
  await db.flush();
  assertEquals(db.stats().rangeTombstones, 1);
  assertEquals(await keysIn(copyOf(storage)), "");
});

for (const readOnly of [false, true]) {
  test(`A checkpoint of a store that is open ${readOnly ? "to be read" : "for writing"} has its range deletes`, async () => {
    const { storage, left } = await sample();
    const db = await open(storage, { ...quiet, readOnly });
    const copy = new MemoryStorage();
    await db.checkpoint(copy);
    await db.close();
    assertEquals(await keysIn(copy), left);
    assert((await verify(copy)).ok);
    const state = await readManifest(copy);
    assertEquals(rangesOf(state!.rangeTombstones).length, 2);
    const opened = await open(copy, quiet);
    await opened.compact();
    await opened.close();
    assertEquals(await keysIn(copy), left);
  });
}

test("A store with range deletes is in order, logs and manifest", async () => {
  const { storage } = await sample();
  const { ok, problems } = await verify(storage);
  assertEquals([ok, problems], [true, []]);
  await using db = await open(storage, quiet);
  await db.delRange({ lt: "b" });
  assertEquals((await db.verify()).problems, []);
});

test("A repair applies the range deletes of logs and of a whole manifest", async () => {
  const { storage, left } = await sample();
  const into = new MemoryStorage();
  const report = await repair(storage, { into });
  assertEquals([report.losses, report.warnings], [[], []]);
  assertEquals(await keysIn(into), left);
  assert((await verify(into)).ok);
});

test("Without a manifest a repair brings back what flushed range deletes had removed, and says so", async () => {
  const { storage } = await sample();
  storage.remove("MANIFEST");
  const into = new MemoryStorage();
  const codec = { name: "utf8" };
  const { warnings } = await repair(storage, {
    into,
    keys: codec,
    values: codec,
  });
  assert(warnings[0]!.includes("range deletes had removed"), warnings[0]);
  // That of the log is known.
  assertEquals(await keysIn(into), "abcdefqxz");
});

test("A damaged manifest takes nothing away by its range deletes", async () => {
  const { storage } = await sample();
  const damaged = copyOf(
    storage,
    (name, bytes) =>
      name === "MANIFEST" ? bytes.with(20, bytes[20]! ^ 1) : bytes,
  );
  const into = new MemoryStorage();
  const { warnings } = await repair(damaged, { into });
  assert(warnings[0]!.includes("range deletes had removed"), warnings[0]);
  assertEquals(await keysIn(into), "abcdefqxz");
});

test("More logged writes than a repair sorts at once keep the order of range deletes", async () => {
  const storage = new MemoryStorage();
  const db = await open(storage, { ...quiet, memtableSize: 128 * 1024 * 1024 });
  const large = "v".repeat(12 * 1024 * 1024);
  await putAll(db, "abc");
  await db.put("d", large);
  await db.delRange({ gte: "b", lt: "d" });
  await db.put("e", large);
  await db.put("c", "new");
  await db.put("f", large);
  await db.delRange({ gt: "e" });
  await db.put("g", large);
  const killed = copyOf(storage);
  await db.close();
  const into = new MemoryStorage();
  assertEquals((await repair(killed, { into })).ok, true);
  assertEquals(await keysIn(into), "acdeg");
});

test("A torn range delete is cut off, a whole one recovered", async () => {
  const storage = new FaultStorage();
  const db = await open(storage);
  await db.batch().put("a", "1").put("b", "2").commit();
  const before = storage.trace.length;
  await db.delRange({ gte: "b" });
  assertEquals(
    await keysIn(storage.crash({ at: before, survival: "written" })),
    "ab",
  );
  assertEquals(await keysIn(storage.crash({ survival: "synced" })), "a");
  await db.close();
});

test("A segment of another store with the same number, size, counts and keys is noticed by its salt", async () => {
  const stores = [];
  for (const value of ["1", "2"]) {
    const storage = new MemoryStorage();
    const db = await open(storage, quiet);
    for (const key of "abc") await db.put(key, value);
    await db.close();
    stores.push(storage);
  }
  const [one, other] = stores as [MemoryStorage, MemoryStorage];
  const [info] = (await readManifest(one))!.levels[0]!;
  const name = segmentName(info!.number);
  const exchanged = copyOf(one, (file, bytes) => {
    if (file !== name) return bytes;
    return readWhole(other, name);
  });
  const error = await assertRejects(() => open(exchanged), KvCorruptionError);
  assertEquals([error.file, error.offset], [name, 0]);
  const { problems } = await verify(exchanged);
  assertEquals(problems.map(({ code }) => code), ["segment-mismatch"]);
  // An older manifest does not know it.
  const unsalted = copyOf(exchanged, (file, bytes) => {
    if (file !== "MANIFEST") return bytes;
    const state = decodeManifest(bytes);
    const levels = state.levels.map((segments) =>
      segments.map((segment) => ({ ...segment, salt: undefined }))
    );
    return craftManifest({ ...state, levels });
  });
  assertEquals(await keysIn(unsalted), "abc");
});

function readWhole(storage: MemoryStorage, name: string): Uint8Array {
  const file = storage.open(name);
  const bytes = new Uint8Array(file.size);
  file.readAt(bytes, 0);
  file.close();
  return bytes;
}
