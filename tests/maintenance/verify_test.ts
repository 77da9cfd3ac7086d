import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  open,
  type StoreProblem,
  verify,
  type VerifyReport,
} from "../../mod.ts";
import { decodeManifest } from "../../src/manifest/manifest_codec.ts";
import { logName, segmentName } from "../../src/format/file_names.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { craftManifest } from "../manifest/crafted.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { assertKvError } from "../support/kv_error.ts";
import { canMount, mount } from "../support/mount.ts";
import { WatchedStorage } from "../support/watched_storage.ts";
import {
  frameStartsOf,
  layoutOf,
  levelsOf,
  sealSection,
  withManifest,
  withProperties,
  withSegment,
} from "./crafted.ts";
import {
  bytesOf,
  contentOf,
  copyOf,
  finalState,
  isSame,
  sampleStore,
  SMALL,
  STRIDE,
} from "./damaged_store.ts";

const { storage, history } = await sampleStore();
const [logNumber] = liveLogs(storage);
const [[newest], [oldest]] = levelsOf(storage) as [[number], [number]];

test("A store as it was written has no problems, and everything in it is counted", async () => {
  const report = await verify(storage);
  const bytes = storage.list().map((name) => bytesOf(storage, name).length);
  assertEquals(report, {
    ok: true,
    problems: [],
    omittedProblems: 0,
    files: 4,
    blocks: 4,
    entries: 73,
    bytesRead: bytes.reduce((sum, size) => sum + size, 0),
  });
  assertEquals(JSON.parse(JSON.stringify(report)), report);
});

test("Storage that answers later is verified the same", async () => {
  const damaged = flipped(segmentName(oldest), 300);
  for (const each of [storage, damaged]) {
    assertEquals(await verify(new AsyncStorage(each)), await verify(each));
  }
});

test("Every byte of every file counts: a flipped bit is reported, but for what recovery cannot tell from a torn tail", async () => {
  const state = finalState(history);
  for (const name of storage.list()) {
    const { length } = bytesOf(storage, name);
    const lastFrame = name === logName(logNumber!) ? lastFrameStart() : length;
    for (let at = 0; at < length; at += STRIDE) {
      const bit = (at * 7 + length) % 8;
      const where = `bit ${bit} of byte ${at} of ${name}`;
      const damaged = flipped(name, at, 1 << bit);
      const { ok, problems } = await verify(damaged);
      assertEquals(ok, at >= lastFrame, where);
      const [first] = problems;
      assert(first, where);
      assertEquals(first.file, name, where);
      if (!ok) continue;
      assertEquals(first.code, "torn-tail", where);
      const content = await contentOf(damaged, history.keys());
      assert(content.has("key12") && !isSame(content, state), where);
    }
  }
});

test("What verify finds in order opens with all its entries, wherever a file is cut off", async () => {
  const starts = frameStarts();
  for (const name of storage.list()) {
    const { length } = bytesOf(storage, name);
    for (let size = 0; size < length; size += STRIDE) {
      const damaged = copyOf(
        storage,
        (file, bytes) => file === name ? bytes.slice(0, size) : bytes,
      );
      const { ok, problems } = await verify(damaged);
      const where = `${name} cut off at ${size}`;
      assertEquals(ok, name === logName(logNumber!) && size >= 40, where);
      // A log that ends with a whole frame is whole. So is one with zeros behind it, which may be
      // room; a checksum begins with one in 256 times.
      const start = starts.findLast((frame) => frame <= size) ?? 0;
      const rest = bytesOf(damaged, name).subarray(start);
      const isWhole = ok && rest.every((byte) => byte === 0);
      assertEquals(problems.length === 0, isWhole, where);
    }
  }
});

test("A log that nothing names needs no header, unless it has writes", async () => {
  const name = logName(logNumber!);
  const unnamed = withManifest(storage, (state) => ({ ...state, logs: [] }));
  for (const size of [0, 39]) {
    const cut = copyOf(
      unnamed,
      (file, bytes) => file === name ? bytes.slice(0, size) : bytes,
    );
    const { ok, problems } = await verify(cut);
    assertEquals([ok, codesOf(problems)], [true, ["torn-tail"]]);
  }
  for (let at = 0; at < 40; at++) {
    const headless = copyOf(unnamed, (file, bytes) => {
      if (file === name) bytes[at]! ^= 1;
      return bytes;
    });
    const { ok, problems } = await verify(headless);
    assertEquals([ok, codesOf(problems)], [false, ["log-header"]], `${at}`);
  }
});

test("A file that the manifest names is missed, with the keys that it had", async () => {
  for (const number of [newest, oldest]) {
    const name = segmentName(number);
    const { ok, problems: [problem] } = await verify(without(name));
    assertEquals([ok, problem?.code, problem?.file], [
      false,
      "file-missing",
      name,
    ]);
    assertEquals(problem?.keys?.from, '"key0"');
    assert(problem!.consequence.includes("entries are lost"));
  }
  const named = withManifest(storage, (state) => ({
    ...state,
    logs: [...state.logs, state.nextFileNumber],
    nextFileNumber: state.nextFileNumber + 1,
  }));
  const { ok, problems: [problem] } = await verify(named);
  assertEquals([ok, problem?.code], [false, "file-missing"]);
});

test("Without a manifest the other files are checked all the same", async () => {
  const damaged = copyOf(without("MANIFEST"), (name, bytes) => {
    if (name === segmentName(oldest)) bytes[3]! ^= 1;
    return bytes;
  });
  const { ok, problems, entries } = await verify(damaged);
  assertEquals([ok, codesOf(problems)], [false, [
    "manifest-missing",
    "segment-block",
  ]]);
  assert(entries > 30);
});

test("All damage is reported, not only the first", async () => {
  const { footer, blockStarts, properties } = layoutOf(
    bytesOf(storage, segmentName(oldest)),
    segmentName(oldest),
  );
  const damaged = copyOf(storage, (name, bytes) => {
    if (name !== segmentName(oldest)) return bytes;
    for (const at of [0, blockStarts[1]!, footer.hashOffset]) bytes[at]! ^= 1;
    return bytes;
  });
  damaged.remove(segmentName(newest));
  const { problems } = await verify(damaged);
  assertEquals(properties.blocks, 2);
  assertEquals(codesOf(problems), [
    "file-missing",
    "segment-hash",
    "segment-block",
    "segment-block",
  ]);
  assertEquals(problems.slice(1).map(({ offset }) => offset), [
    footer.hashOffset,
    0,
    blockStarts[1],
  ]);
  assert(problems[2]!.keys!.from === '"key0"');
  assert(problems[3]!.keys!.to === '"key9"');
});

test("With a damaged index the blocks are found and checked all the same", async () => {
  const damaged = withSegment(storage, oldest, ({ bytes, footer }) => {
    bytes[footer.indexOffset]! ^= 1;
    bytes[5]! ^= 1;
  });
  const { problems, blocks } = await verify(damaged);
  assertEquals(codesOf(problems), ["segment-index", "segment-block"]);
  assertEquals(blocks, 3);
});

test("A key that the hash index does not lead to is reported", async () => {
  const emptied = withSegment(storage, oldest, (layout) => {
    const { bytes, footer: { hashOffset, indexOffset } } = layout;
    let slot = hashOffset;
    while (bytes[slot + 4] === 0) slot += 5;
    bytes.fill(0, slot, slot + 5);
    sealSection(layout, hashOffset, indexOffset);
  });
  const { problems } = await verify(emptied);
  assertEquals(codesOf(problems), ["segment-hash"]);
  assert(problems[0]!.message.includes("does not lead to"));
});

test("A slot of the hash index that leads to no key is reported", async () => {
  const doubled = withSegment(storage, oldest, (layout) => {
    const { bytes, footer: { hashOffset, indexOffset } } = layout;
    let slot = hashOffset;
    while (bytes[slot + 4] !== 0) slot += 5;
    bytes[slot + 4] = 1;
    sealSection(layout, hashOffset, indexOffset);
  });
  const { problems } = await verify(doubled);
  assertEquals(codesOf(problems), ["segment-hash"]);
});

test("Properties that do not agree with the entries are reported, each by name", async () => {
  const { properties } = layoutOf(
    bytesOf(storage, segmentName(newest)),
    segmentName(newest),
  );
  assert(properties.maxSequence > 0, "the sample has versions for a snapshot");
  const lies = [
    [{ keys: properties.keys - 1 }, "keys"],
    [{ minSequence: properties.minSequence + 1 }, "smallest sequence"],
    [{ keyBytes: properties.keyBytes + 1 }, "bytes of keys"],
    [{ valueBytes: properties.valueBytes - 1 }, "bytes of values"],
  ] as const;
  for (const [lie, word] of lies) {
    const { problems } = await verify(withProperties(storage, newest, lie));
    assertEquals(codesOf(problems), ["segment-contents"], word);
    assert(problems[0]!.message.includes(word), problems[0]!.message);
  }
});

test("A segment that is not the one that the manifest names is reported", async () => {
  const swapped = copyOf(
    storage,
    (name, bytes) =>
      name === segmentName(newest)
        ? bytesOf(storage, segmentName(oldest))
        : bytes,
  );
  const { problems } = await verify(swapped);
  assertEquals(codesOf(problems), ["segment-mismatch", "segment-mismatch"]);
});

test("A manifest that names segments with writes past the last one in segments is damaged", async () => {
  const damaged = copyOf(storage, (name, bytes) => {
    if (name !== "MANIFEST") return bytes;
    return craftManifest({ ...decodeManifest(bytes), flushedSequence: 1 });
  });
  const codes = codesOf((await verify(damaged)).problems);
  assert(codes.includes("manifest-damaged"), `${codes}`);
});

test("Damage in the middle of a log is damage, a torn tail a remark", async () => {
  const name = logName(logNumber!);
  const starts = frameStarts();
  for (const [i, start] of starts.slice(0, -2).entries()) {
    const { ok, problems } = await verify(flipped(name, start + 40));
    assertEquals([ok, codesOf(problems)], [false, ["log-damaged"]], `${i}`);
    assertEquals(problems[0]!.offset, start);
  }
  const { length } = bytesOf(storage, name);
  const torn = await verify(flipped(name, length - 1));
  assertEquals([torn.ok, codesOf(torn.problems)], [true, ["torn-tail"]]);
  assertEquals(torn.problems[0]!.severity, "remark");
});

test("Files that are no part of the store are remarks", async () => {
  const littered = copyOf(storage);
  for (
    const name of ["MANIFEST.tmp", "000999.seg", "000001.log", "notes.txt"]
  ) {
    littered.create(name).append(new Uint8Array(9));
  }
  const { ok, problems } = await verify(littered);
  assertEquals(ok, true);
  assertEquals(problems.map(({ file, code }) => [file, code]), [
    ["000001.log", "leftover"],
    ["000999.seg", "leftover"],
    ["MANIFEST.tmp", "leftover"],
    ["notes.txt", "foreign-file"],
  ]);
});

test("Progress goes up to all bytes, and an exception from it ends the work", async () => {
  const seen: number[] = [];
  let total = 0;
  await verify(storage, {
    onProgress: ({ bytesRead, bytesTotal, file }) => {
      assert(storage.list().includes(file));
      assert(bytesRead <= bytesTotal);
      seen.push(bytesRead);
      total = bytesTotal;
    },
  });
  assertEquals(seen.at(-1), total);
  assertEquals(seen, seen.toSorted((a, b) => a - b));
  const failing = verify(storage, {
    onProgress: () => {
      throw new Error("enough");
    },
  });
  await assertRejects(() => failing, Error, "enough");
});

test("An aborted verification rejects with the reason and leaves nothing open", async () => {
  const watched = new WatchedStorage(copyOf(storage));
  const controller = new AbortController();
  const reason = new Error("not wanted any more");
  const verifying = verify(watched, {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  await assertRejects(() => verifying, Error, "not wanted any more");
  assertEquals([watched.openFiles, watched.violations], [[], []]);
  const aborted = verify(watched, { signal: AbortSignal.abort(reason) });
  await assertRejects(() => aborted, Error, "not wanted any more");
});

test("Verify refuses what it cannot work with", async () => {
  await assertKvError(() => verify(new MemoryStorage()), "KV_NOT_FOUND");
  await assertKvError(() => verify("/nowhere/at/all"), "KV_NOT_FOUND");
  const bad = [
    [{ other: 1 }, "other"],
    [{ onProgress: 1 }, "onProgress"],
    [{ signal: {} }, "signal"],
  ] as const;
  for (const [options, word] of bad) {
    await assertKvError(
      () => verify(storage, options as never),
      "KV_INVALID_ARGUMENT",
      word,
    );
  }
  await assertKvError(
    () => verify(1 as never),
    "KV_INVALID_ARGUMENT",
    "Cannot verify",
  );
  const open1 = copyOf(storage);
  await using _ = await open(open1);
  await assertKvError(() => verify(open1), "KV_LOCKED");
});

test("Verify works on a read-only file system, beside readers", async () => {
  if (!canMount) return;
  await using disk = mount(4096);
  {
    await using db = await open(disk.path, SMALL);
    for (let i = 0; i < 100; i++) await db.put(`key${i}`, `value ${i}`);
  }
  disk.makeReadOnly();
  await using reader = await open(disk.path, { readOnly: true });
  assertEquals(await reader.get("key1"), "value 1");
  const { ok, entries } = await verify(disk.path);
  assertEquals([ok, entries], [true, 100]);
});

function liveLogs(from: MemoryStorage): number[] {
  return from.list().filter((name) => name.endsWith(".log"))
    .map((name) => parseInt(name));
}

/** Where the frames of the log begin, and its end. */
function frameStarts(): number[] {
  return frameStartsOf(bytesOf(storage, logName(logNumber!)));
}

function lastFrameStart(): number {
  return frameStarts().at(-2)!;
}

function flipped(name: string, at: number, mask = 1): MemoryStorage {
  return copyOf(storage, (file, bytes) => {
    if (file === name) bytes[at]! ^= mask;
    return bytes;
  });
}

function without(name: string): MemoryStorage {
  return copyOf(storage, (file, bytes) => file === name ? undefined : bytes);
}

function codesOf(problems: VerifyReport["problems"]): string[] {
  return problems.map(({ code }: StoreProblem) => code);
}
