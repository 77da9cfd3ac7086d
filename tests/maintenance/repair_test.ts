import { assert, assertEquals } from "@std/assert";
import {
  type EngineOptions,
  open,
  repair,
  type RepairReport,
  verify,
} from "../../mod.ts";
import { segmentName } from "../../src/format/file_names.ts";
import { replaceManifest } from "../../src/manifest/manifest_store.ts";
import { decodeManifest } from "../../src/manifest/manifest_codec.ts";
import { FOOTER_BYTES } from "../../src/segment/format.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import {
  frameStartsOf,
  keysInBlock,
  keysInFrame,
  layoutOf,
  levelsOf,
  withSegment,
} from "./crafted.ts";
import {
  bytesOf,
  contentOf,
  copyOf,
  expectFromHistory,
  finalState,
  type History,
  isSame,
  Recorder,
  sampleStore,
  SMALL,
  STRIDE,
} from "./damaged_store.ts";

const { storage, history } = await sampleStore();
const state = finalState(history);
const [[newest], [oldest]] = levelsOf(storage) as [[number], [number]];
const log = storage.list().find((name) => name.endsWith(".log"))!;

/** What a repair has made of a store. */
interface Repaired {
  readonly report: RepairReport;
  readonly content: Map<string, string>;
}

/** Repairs into a fresh storage, and holds the result to what holds for every one. */
async function repaired(
  damaged: MemoryStorage,
  written: History,
  where: string,
): Promise<Repaired> {
  const before = damaged.list().map((name) => bytesOf(damaged, name));
  const into = new MemoryStorage();
  const codec = { name: "utf8" };
  const options = { into, keys: codec, values: codec };
  const report = await repair(damaged, options);
  assertEquals(damaged.list().map((name) => bytesOf(damaged, name)), before);
  const { ok, problems } = await verify(into);
  assert(ok && problems.length === 0, `${where}: ${JSON.stringify(problems)}`);
  const content = await contentOf(into, written.keys());
  assertEquals(content.size, report.entries, where);
  expectFromHistory(content, written, where);
  assertEquals(JSON.parse(JSON.stringify(report)), report);
  return { report, content };
}

test("A store that is whole comes out as it was", async () => {
  const { report, content } = await repaired(storage, history, "whole");
  assertEquals(content, state);
  const bytes = [...state].join("").length - state.size;
  assertEquals(report, {
    ok: true,
    entries: state.size,
    bytes,
    files: 3,
    keyCodec: "utf8",
    valueCodec: "utf8",
    losses: [],
    omittedLosses: 0,
    warnings: [],
  });
});

test("Storage that answers later is repaired the same", async () => {
  const damaged = flipped(segmentName(oldest), 300);
  const target = new MemoryStorage();
  const report = await repair(new AsyncStorage(damaged), {
    into: new AsyncStorage(target),
  });
  const same = await repaired(damaged, history, "later");
  assertEquals(report, same.report);
  assertEquals(await contentOf(target, history.keys()), same.content);
});

test("A flipped bit in any place costs the block or the frame that it is in, and nothing else", async () => {
  for (const name of storage.list()) {
    const { length } = bytesOf(storage, name);
    for (let at = 0; at < length; at += STRIDE) {
      const bit = (at * 5 + length) % 8;
      const where = `bit ${bit} of byte ${at} of ${name}`;
      const damaged = flipped(name, at, 1 << bit);
      const { report, content } = await repaired(damaged, history, where);
      const lost = lostBytes(name, at);
      if (lost === undefined) {
        assertEquals(content, state, where);
        assertEquals(report.losses, [], where);
        assertEquals(report.ok, name !== "MANIFEST", where);
      } else {
        assert(!report.ok, where);
        if (at < lost.isTornFrom) {
          const [loss] = report.losses;
          assertEquals([loss?.file, loss?.offset, loss?.end], [
            name,
            lost.start,
            lost.end,
          ], where);
        }
        expectOthers(content, lost.keys, where);
      }
    }
  }
});

test("A file that is cut off anywhere loses what was behind it, and nothing else", async () => {
  for (const name of storage.list()) {
    const { length } = bytesOf(storage, name);
    for (let size = 0; size < length; size += 5 * STRIDE) {
      const damaged = copyOf(
        storage,
        (file, bytes) => file === name ? bytes.slice(0, size) : bytes,
      );
      const where = `${name} cut off at ${size}`;
      const { report, content } = await repaired(damaged, history, where);
      const lost = new Set<string>();
      // One block alone is not believed without a footer: nothing shows that its checksum is right.
      const isBelieved = !name.endsWith(".seg") || size >= endOfBlocks(name);
      for (let at = isBelieved ? size : 0; at < length; at++) {
        for (const key of lostBytes(name, at)?.keys ?? []) lost.add(key);
      }
      expectOthers(content, lost, where);
      if (lost.size > 0 && name !== log) assert(!report.ok, where);
    }
  }
});

test("Any two damages cost only what they are in, also where one of them is in an index", async () => {
  const name = segmentName(oldest);
  const { footer, blockStarts } = layoutOf(bytesOf(storage, name), name);
  const places = [
    footer.indexOffset,
    bytesOf(storage, name).length - FOOTER_BYTES,
    bytesOf(storage, name).length - FOOTER_BYTES + 33, // the salt
    footer.propertiesOffset,
  ];
  for (const place of places) {
    for (const block of [0, 1]) {
      const damaged = withSegment(storage, oldest, ({ bytes }) => {
        bytes[place]! ^= 4;
        bytes[blockStarts[block]! + 9]! ^= 4;
      });
      const where = `byte ${place} and block ${block}`;
      const { report, content } = await repaired(damaged, history, where);
      // The salt of the footer can be found again only with the first block.
      const isLost = block === 0 && place === places[2];
      const lost = isLost
        ? [0, 1].flatMap((each) => keysOfBlock(name, each))
        : keysOfBlock(name, block);
      expectOthers(content, new Set(lost), where);
      assertEquals(report.losses.length, 1, where);
      const start = isLost ? 0 : blockStarts[block];
      assertEquals(report.losses[0]?.offset, start, where);
    }
  }
});

for (const compression of ["none", "deflate", "zstd"] as const) {
  test(`Blocks of all sizes are found without an index (${compression})`, async () => {
    const { storage: large, history: written } = await largeStore({
      compression,
    });
    const expected = finalState(written);
    const [number] = levelsOf(large).flat();
    const { bytes, footer, blockStarts } = layoutOf(
      bytesOf(large, segmentName(number!)),
      segmentName(number!),
    );
    assert(blockStarts.length > 40);
    for (const size of [bytes.length - 1, footer.hashOffset]) {
      const cut = copyOf(
        large,
        (name, all) => name === segmentName(number!) ? all.slice(0, size) : all,
      );
      const { report, content } = await repaired(cut, written, `${size}`);
      assertEquals([report.losses, isSame(content, expected)], [[], true]);
    }
    // Damage in the middle: what follows is found again.
    const holed = withSegment(large, number!, (layout) => {
      const middle = layout.blockStarts[20]!;
      layout.bytes.fill(7, layout.bytes.length - FOOTER_BYTES);
      layout.bytes.fill(7, middle + 3, middle + 30);
    });
    const { report, content } = await repaired(holed, written, "holed");
    assertEquals(
      report.losses.map(({ offset, end }) => [offset, end]),
      [[blockStarts[20], blockStarts[21]]],
    );
    const lost = expected.size - content.size;
    assert(lost > 0 && lost < 40, `${lost} entries`);
  });
}

test("Without a manifest all is there, with a warning, and what is in doubt is counted", async () => {
  const damaged = without(storage, "MANIFEST");
  const { report, content } = await repaired(damaged, history, "no manifest");
  assertEquals([report.losses, report.ok], [[], false]);
  // Here the segments with higher numbers are the newer ones.
  assertEquals(content, state);
  const warnings = report.warnings.join("\n");
  assert(warnings.includes("deleted keys, those too that range deletes had"));
  assert(/\d+ keys are in several segments/.test(warnings), warnings);
});

test("A checkpoint or a repair that was not finished is repaired with a warning that the original has all of it", async () => {
  for (const what of ["checkpoint", "repair"]) {
    const unfinished = without(storage, "MANIFEST");
    unfinished.create(what.toUpperCase());
    const { report } = await repaired(unfinished, history, what);
    assert(report.warnings[0]!.includes(`a ${what} that was not finished`));
  }
});

test("A damaged manifest that still makes sense keeps the order of segments", async () => {
  const { storage: sunken, history: written } = await sunkenStore();
  const expected = finalState(written);
  const withoutManifest = await repaired(
    without(sunken, "MANIFEST"),
    written,
    "without",
  );
  assert(
    !isSame(withoutManifest.content, expected),
    "by numbers alone the order would be wrong",
  );
  const damaged = copyOf(sunken, (name, bytes) => {
    if (name === "MANIFEST") bytes[20]! ^= 1;
    return bytes;
  });
  const { report, content } = await repaired(damaged, written, "damaged");
  assertEquals(content, expected);
  assert(report.warnings[0]!.includes("what is left of it"));
});

test("A manifest that was about to be renamed is used when the other one is gone", async () => {
  const { storage: sunken, history: written } = await sunkenStore();
  const renamed = copyOf(sunken);
  renamed.rename("MANIFEST", "MANIFEST.tmp");
  const { report, content } = await repaired(renamed, written, "temporary");
  assertEquals(content, finalState(written));
  assert(report.warnings[0]!.includes("MANIFEST.tmp"));
});

test("Segments that the manifest does not name are left out, and said to be", async () => {
  const littered = copyOf(storage);
  littered.create("000999.seg").append(bytesOf(storage, segmentName(oldest)));
  const { report, content } = await repaired(littered, history, "littered");
  assertEquals(content, state);
  assertEquals([report.losses, report.warnings.length], [[], 1]);
  assert(report.warnings[0]!.includes("000999.seg"));
});

test("What a missing segment hid comes back, and its keys are reported", async () => {
  const damaged = without(storage, segmentName(newest));
  const { report, content } = await repaired(damaged, history, "missing");
  assertEquals(report.losses.length, 1);
  const [loss] = report.losses;
  assertEquals([loss?.file, loss?.reason], [
    segmentName(newest),
    "the file is gone",
  ]);
  assertEquals(loss?.keys, { from: '"key0"', to: '"key9"' });
  assertEquals(content.get("key1"), "first 1");
  assertEquals(content.get("key7"), "fourth 7");
});

test("A gap in a log is reported with the writes that are missing", async () => {
  const starts = frameStarts();
  const damaged = flipped(log, starts[2]! + 40);
  const { report } = await repaired(damaged, history, "gap");
  const { flushedSequence } = decodeManifest(bytesOf(storage, "MANIFEST"));
  assertEquals(report.losses, [{
    file: log,
    offset: starts[2]!,
    end: starts[3]!,
    reason: "the log is damaged here",
    writes: { first: flushedSequence + 4, last: flushedSequence + 4 },
  }]);
});

test("A batch of which a part is damaged is lost as a whole", async () => {
  const { content } = await repaired(
    flipped(log, frameStarts()[0]! + 33),
    history,
    "batch",
  );
  assertEquals([content.get("key7"), content.has("log")], ["first 7", false]);
});

test("Writes that a recovery has cut off do not come back", async () => {
  // The log of the first engine is torn; a second one goes on from there.
  const starts = frameStarts();
  const torn = flipped(log, starts[3]! + 40);
  const cutAt = starts[3]!;
  const shortened = copyOf(
    storage,
    (name, bytes) => name === log ? bytes.slice(0, cutAt) : bytes,
  );
  const copy = new MemoryStorage();
  {
    await using db = await open(shortened, SMALL);
    await db.put("key2", "after the recovery");
    for (const name of shortened.list()) {
      copy.create(name).append(bytesOf(shortened, name));
    }
  }
  // Both logs as they were before the recovered table was flushed.
  const both = copyOf(torn);
  for (const name of copy.list()) {
    if (name.endsWith(".log") && !both.list().includes(name)) {
      both.create(name).append(bytesOf(copy, name));
    }
  }
  const written = new Map(history);
  written.set("key2", [...history.get("key2")!, "after the recovery"]);
  const { report, content } = await repaired(both, written, "cut");
  assertEquals(content.get("key2"), "after the recovery");
  assertEquals(content.get("key11"), "fourth 11");
  for (const key of ["key20", "key29", "key38"]) {
    assert(!content.get(key)?.startsWith("fourth"), `${key} has come back`);
  }
  assertEquals(report.losses, []);
});

test("Values that are larger than what is read at once are saved, also from a log", async () => {
  const source = new MemoryStorage();
  const db = await open(source);
  const recorder = new Recorder(db);
  for (let i = 0; i < 12; i++) {
    await recorder.put(
      `key${i}`,
      String.fromCharCode(65 + i).repeat(1 << 2 * i),
    );
  }
  const expected = finalState(recorder.history);
  const inLog = copyOf(source);
  const fromLog = await repaired(inLog, recorder.history, "log");
  assert(isSame(fromLog.content, expected) && fromLog.report.ok);
  await db.close();
  const [number] = levelsOf(source).flat();
  const cut = copyOf(
    source,
    (name, bytes) =>
      name === segmentName(number!) ? bytes.slice(0, -20) : bytes,
  );
  const { report, content } = await repaired(cut, recorder.history, "cut");
  assertEquals([report.losses, isSame(content, expected)], [[], true]);
});

test("More writes than fit into memory at once are sorted in runs", async () => {
  const source = new MemoryStorage();
  const db = await open(source, { memtableSize: 128 * 1024 * 1024 });
  const recorder = new Recorder(db);
  const value = "v".repeat(1 << 20);
  for (let i = 0; i < 40; i++) await recorder.put(`key${i}`, `${i}${value}`);
  for (let i = 0; i < 30; i += 2) await recorder.put(`key${i}`, `again ${i}`);
  for (let i = 1; i < 30; i += 4) await recorder.del(`key${i}`);
  const damaged = copyOf(source);
  await db.close();
  const { report, content } = await repaired(
    damaged,
    recorder.history,
    "runs",
  );
  assert(report.ok && isSame(content, finalState(recorder.history)));
});

test("A repaired store goes on from the last sequence number", async () => {
  const into = new MemoryStorage();
  await repair(without(storage, "MANIFEST"), { into });
  const { flushedSequence } = decodeManifest(bytesOf(into, "MANIFEST"));
  await using original = await open(copyOf(storage), { readOnly: true });
  assertEquals(flushedSequence, original.stats().lastSequence);
});

/** Fails if any key but the lost ones has another value than before. */
function expectOthers(
  content: ReadonlyMap<string, string>,
  lost: ReadonlySet<string>,
  where: string,
): void {
  for (const key of history.keys()) {
    if (lost.has(key)) continue;
    assertEquals(content.get(key), state.get(key), `${where}: ${key}`);
  }
}

/** A store of one segment whose blocks hold between one byte and 20 KiB. */
async function largeStore(options: EngineOptions) {
  const source = new MemoryStorage();
  const db = await open(source, { ...options, blockSize: 1024 });
  const recorder = new Recorder(db);
  for (let i = 0; i < 800; i++) {
    const length = i % 50 === 0 ? 20_000 : i % 97;
    const text = Array.from({ length }, (_, j) => (i * j * 31) % 97).join("");
    await recorder.put(`key${i}`, `${i} ${text}`);
  }
  await db.close();
  return { storage: source, history: recorder.history };
}

/** A store in which the newest values are in a segment with a lower number than older ones. */
async function sunkenStore() {
  const source = new MemoryStorage();
  const db = await open(source, SMALL);
  const recorder = new Recorder(db);
  for (let i = 0; i < 50; i++) await recorder.put(`key${i}`, "old");
  await db.compact();
  for (let i = 0; i < 50; i += 2) await recorder.put(`key${i}`, "new");
  await recorder.del("key1");
  await db.close();
  const { levels, ...rest } = decodeManifest(bytesOf(source, "MANIFEST"));
  const [above, below] = levels.flat();
  const number = rest.nextFileNumber;
  source.rename(segmentName(below!.number), segmentName(number));
  await replaceManifest(source, {
    ...rest,
    nextFileNumber: number + 1,
    levels: [[above!], [{ ...below!, number }]],
  });
  return { storage: source, history: recorder.history };
}

/** What is lost with a byte of a file; `undefined` if nothing is. */
function lostBytes(name: string, at: number) {
  if (name === "MANIFEST") return undefined;
  if (name === log) return lostFrame(at);
  const { blockStarts } = layoutOf(bytesOf(storage, name), name);
  const next = blockStarts.findIndex((start) => start > at);
  if (next < 0) return undefined;
  return {
    start: blockStarts[next - 1]!,
    end: blockStarts[next]!,
    keys: new Set(keysOfBlock(name, next - 1)),
    isTornFrom: Infinity,
  };
}

function lostFrame(at: number) {
  const starts = frameStarts();
  const next = starts.findIndex((start) => start > at);
  if (next === 0) return undefined;
  return {
    start: starts[next - 1]!,
    end: starts[next]!,
    keys: new Set(keysOfFrame(next - 1)),
    isTornFrom: starts.at(-2)!,
  };
}

/** Where the last block of a segment ends. */
function endOfBlocks(name: string): number {
  return layoutOf(bytesOf(storage, name), name).blockStarts.at(-1)!;
}

function keysOfFrame(frame: number): string[] {
  const starts = frameStarts();
  return keysInFrame(bytesOf(storage, log), starts[frame]!, starts[frame + 1]!);
}

function keysOfBlock(name: string, block: number): string[] {
  return keysInBlock(layoutOf(bytesOf(storage, name), name), block);
}

/** Where the frames of the log begin, and its end. */
function frameStarts(): number[] {
  return frameStartsOf(bytesOf(storage, log));
}

function flipped(name: string, at: number, mask = 1): MemoryStorage {
  return copyOf(storage, (file, bytes) => {
    if (file === name) bytes[at]! ^= mask;
    return bytes;
  });
}

function without(from: MemoryStorage, name: string): MemoryStorage {
  return copyOf(from, (file, bytes) => file === name ? undefined : bytes);
}
