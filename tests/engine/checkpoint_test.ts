import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type CheckpointProgress, open } from "../../mod.ts";
import { readManifest } from "../../src/manifest/manifest_store.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { fingerprints } from "../support/fingerprints.ts";
import { assertKvError } from "../support/kv_error.ts";
import { segmentsOf } from "../support/segment_names.ts";
import { tempDir } from "../support/temp_dir.ts";
import { WatchedStorage } from "../support/watched_storage.ts";
import { History, smallOptions } from "./checkpoint/history.ts";
import { entriesIn } from "./crafted_store.ts";
import { writeCrashedFolder } from "./crashed_folder.ts";
import { expectLiveFilesOnly, openDescriptors } from "./live_files.ts";

const kinds: [string, () => Storage][] = [
  ["storage that answers at once", () => new MemoryStorage()],
  [
    "storage that answers later",
    () => new AsyncStorage(new MemoryStorage(), nextTurn),
  ],
];

for (const [name, make] of kinds) {
  test(`A checkpoint has every write from before the call and keeps the levels (${name})`, async () => {
    const source = new WatchedStorage(make());
    const target = new WatchedStorage(make());
    const history = new History(1);
    const db = await open(source, smallOptions);
    await history.writeMany(db, 600);
    await db.compact();
    await history.writeMany(db, 100);
    const atCall = history.length;
    await db.checkpoint(target);
    const levels = db.stats().levels.map(({ segments }) => segments);
    assert(levels.filter((segments) => segments > 0).length > 1, `${levels}`);
    await expectLiveFilesOnly(target);
    const lock = await target.lock({ shared: true });
    const manifest = await readManifest(target);
    await lock.release();
    assertEquals(manifest!.levels.map(({ length }) => length), levels);
    await db.close();
    assertEquals(await history.expectPrefixIn(target, atCall), atCall);
    assertEquals(await history.expectPrefixIn(source, atCall), atCall);
    for (const { violations, openFiles } of [source, target]) {
      assertEquals([violations, openFiles], [[], []]);
    }
  });

  test(`Checkpoints under load are prefixes of the history that go past their call (${name})`, async () => {
    const history = new History(2);
    const source = new WatchedStorage(make());
    const db = await open(source, smallOptions);
    let isDone = false;
    const writing = (async () => {
      while (!isDone) {
        await history.writeMany(db, 20);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    const taken: { target: Storage; atCall: number }[] = [];
    for (let round = 0; round < 8; round++) {
      const atLeast = history.length + 150;
      const others = [
        ...round % 3 === 0 ? [db.compact()] : [],
        ...round % 4 === 1 ? [db.flush()] : [],
      ];
      // Two at once, and writes that are not acknowledged yet.
      for (let i = 0; i < 2; i++) {
        const target = make();
        void history.write(db);
        const atCall = history.length;
        others.push(db.checkpoint(target));
        taken.push({ target, atCall });
      }
      await Promise.all(others);
      while (history.length < atLeast) await history.writeMany(db, 20);
    }
    isDone = true;
    await writing;
    const counts = db.stats();
    assert(counts.compaction.count > 5 && counts.flush.count > 10);
    await db.close();
    await expectLiveFilesOnly(source);
    assertEquals(source.violations, []);
    for (const { target, atCall } of taken) {
      await history.expectPrefixIn(target, atCall);
    }
    await history.expectPrefixIn(source, history.length);
  });
}

test("An empty store has a checkpoint too, with its codecs", async () => {
  const target = new MemoryStorage();
  await using db = await open(new MemoryStorage());
  await db.checkpoint(target);
  await using copy = await open(target, { createIfMissing: false });
  assertEquals(await entriesIn(copy), {});
});

test("A checkpoint is a store of its own", async () => {
  const [source, target] = [new MemoryStorage(), new MemoryStorage()];
  await using db = await open(source);
  await db.put("a", "1");
  await db.checkpoint(target);
  const ids = [];
  for (const storage of [source, target]) {
    ids.push((await readManifest(storage))!.storeId.join());
  }
  assert(ids[0] !== ids[1]);
});

test("Segments that compaction replaces stay until the checkpoint has them, and no longer", async () => {
  const source = new FaultStorage();
  const target = new FaultStorage();
  const history = new History(3);
  const db = await open(source, smallOptions);
  await history.writeMany(db, 400);
  const atCall = history.length;
  const opened = Promise.withResolvers<void>();
  const passed = Promise.withResolvers<void>();
  target.onCall = ({ operation, file }) => {
    if (operation !== "create" || file === "CHECKPOINT") return;
    opened.resolve();
    return passed.promise;
  };
  const checkpoint = db.checkpoint(target);
  await opened.promise;
  await history.writeMany(db, 300);
  await db.compact();
  const meanwhile = segmentsOf(source);
  passed.resolve();
  await checkpoint;
  await db.close();
  const copied = segmentsOf(target);
  for (const name of copied) assert(meanwhile.includes(name), name);
  assert(meanwhile.length > copied.length);
  assert(copied.some((name) => !source.fileNames.includes(name)));
  await expectLiveFilesOnly(source);
  await history.expectPrefixIn(target, atCall);
  assertEquals([source.openFiles, target.openFiles], [[], []]);
});

test("A checkpoint between folders of one file system shares the segments", async () => {
  await using dir = tempDir();
  const history = new History(4);
  const [source, target] = [join(dir.path, "store"), join(dir.path, "a", "b")];
  const db = await open(source, smallOptions);
  await history.writeMany(db, 500);
  const names: number[] = [];
  await db.checkpoint(pathToFileURL(target), {
    onProgress: ({ file }) => {
      names.push(statSync(join(target, file)).nlink);
    },
  });
  assertEquals(names, segmentsIn(target).map(() => 2));
  assertEquals(statSync(target).mode & 0o777, 0o700);
  for (const name of readdirSync(target)) {
    assertEquals(statSync(join(target, name)).mode & 0o777, 0o600, name);
  }
  assertEquals(openDescriptors(target), []);
  // What either of them does with its segments does not touch the other.
  await history.expectPrefixIn(target, history.length);
  await db.compact();
  await db.close();
  await history.expectPrefixIn(source, history.length);
});

test("A checkpoint to another file system copies the segments", async () => {
  await using dir = tempDir();
  const other = "/dev/shm";
  if (!existsSync(other) || statSync(other).dev === statSync(dir.path).dev) {
    return;
  }
  await using far = tempDir(other);
  const history = new History(5);
  await using db = await open(join(dir.path, "store"), smallOptions);
  await history.writeMany(db, 300);
  await db.checkpoint(join(far.path, "store"));
  for (const name of segmentsIn(join(far.path, "store"))) {
    assertEquals(statSync(join(far.path, "store", name)).nlink, 1);
  }
  await history.expectPrefixIn(join(far.path, "store"), history.length);
});

test("A link that was planted in the place of a segment does not get into a checkpoint", async () => {
  await using dir = tempDir();
  const [source, target] = [join(dir.path, "store"), join(dir.path, "copy")];
  const history = new History(6);
  await using db = await open(source, smallOptions);
  await history.writeMany(db, 100);
  await db.flush();
  const [name] = segmentsIn(source);
  rmSync(join(source, name!));
  symlinkSync("/etc/passwd", join(source, name!));
  await assertKvError(() => db.checkpoint(target), "KV_IO", name!);
  assertEquals(storeFilesIn(target), ["CHECKPOINT"]);
});

test("A checkpoint of a store that is opened to be read has what its logs have, and leaves every file as it was", async () => {
  await using dir = tempDir();
  const source = join(dir.path, "store");
  const history = new History(7);
  const crashed = await writeCrashedFolder(history, source);
  const before = fingerprints(source);
  const db = await open(source, { ...smallOptions, readOnly: true });
  const events: CheckpointProgress[] = [];
  await db.checkpoint(join(dir.path, "copy"), {
    onProgress: (progress) => events.push(progress),
  });
  expectProgress(events, join(dir.path, "copy"));
  await using beside = await open(source, { readOnly: true });
  assertEquals(await entriesIn(beside), await entriesIn(db));
  await db.close();
  assertEquals(fingerprints(source), before);
  const length = await history.expectPrefixIn(join(dir.path, "copy"), crashed);
  assertEquals(length, crashed);
});

test("Progress grows up to the size of all segments", async () => {
  for (
    const target of [
      new FaultStorage(),
      new FaultStorage({ synchronous: false }),
    ]
  ) {
    const db = await open(new MemoryStorage(), { memtableSize: 8 << 20 });
    // Longer than what is copied in one go.
    await db.put("large", "x".repeat(3 << 20));
    await db.flush();
    await db.put("small", "x");
    const events: CheckpointProgress[] = [];
    await db.checkpoint(target, { onProgress: (event) => events.push(event) });
    assert(events.length > 4);
    const sizes = target.fileNames.filter((name) => name.endsWith(".seg"))
      .map((name) => target.readFile(name)!.length);
    expectEvents(events, sizes);
    await db.close();
  }
});

test("A checkpoint that is given up leaves no more than its mark, and a second attempt succeeds", async () => {
  const history = new History(8);
  const db = await open(new MemoryStorage(), smallOptions);
  await history.writeMany(db, 300);
  const reason = new Error("enough");
  const target = new FaultStorage();
  const before = AbortSignal.abort(reason);
  let error = await assertRejects(() =>
    db.checkpoint(target, { signal: before })
  );
  assertEquals([error, target.trace.length], [reason, 0]);
  for (let files = 1; files <= 3; files++) {
    const controller = new AbortController();
    let seen = 0;
    const onProgress = () => {
      if (++seen === files) controller.abort(reason);
    };
    const { signal } = controller;
    error = await assertRejects(() =>
      db.checkpoint(target, { signal, onProgress })
    );
    assertEquals([error, seen], [reason, files]);
    assertEquals(target.fileNames, ["CHECKPOINT"]);
    await assertKvError(() => open(target), "KV_CORRUPTION", "not finished");
  }
  error = await assertRejects(() =>
    db.checkpoint(target, {
      onProgress: () => {
        throw reason;
      },
    })
  );
  assertEquals([error, target.openFiles], [reason, []]);
  assertEquals(target.fileNames, ["CHECKPOINT"]);
  await db.checkpoint(target);
  await db.close();
  await history.expectPrefixIn(target, history.length);
});

test("Closing the store gives its checkpoints up", async () => {
  const history = new History(9);
  const source = new WatchedStorage(new AsyncStorage(new MemoryStorage()));
  const db = await open(source, smallOptions);
  await history.writeMany(db, 300);
  const target = new FaultStorage({ synchronous: false });
  const begun = Promise.withResolvers<void>();
  target.onCall = ({ file }) => {
    if (file.endsWith(".seg")) begun.resolve();
  };
  const refused = assertKvError(() => db.checkpoint(target), "KV_CLOSED");
  await begun.promise;
  await db.close();
  await refused;
  assertEquals([target.fileNames, target.openFiles], [["CHECKPOINT"], []]);
  assertEquals([source.violations, source.openFiles], [[], []]);
  await history.expectPrefixIn(source, history.length);
});

test("A checkpoint is refused where a store is, which stays as it is", async () => {
  await using dir = tempDir();
  const [source, other] = [join(dir.path, "store"), join(dir.path, "other")];
  await using db = await open(source);
  await db.put("a", "1");
  await (await open(other)).close();
  const held = join(dir.path, "held");
  await using _holder = await open(held);
  for (const target of [source, other, held]) {
    const before = readdirSync(target).sort();
    await assertKvError(
      () => db.checkpoint(target),
      "KV_INVALID_ARGUMENT",
      target,
      "it already holds a store",
    );
    assertEquals(readdirSync(target).sort(), before);
  }
  const orphans = join(dir.path, "orphans");
  mkdirSync(orphans);
  for (const name of ["000001.log", "000001.seg", "MANIFEST.tmp"]) {
    writeFileSync(join(orphans, name), "precious");
    await assertKvError(
      () => db.checkpoint(orphans),
      "KV_INVALID_ARGUMENT",
      "no manifest",
    );
    assertEquals(readFileSync(join(orphans, name), "utf8"), "precious");
  }
  const file = join(dir.path, "file");
  writeFileSync(file, "no folder");
  await assertKvError(() => db.checkpoint(file), "KV_IO");
  assertEquals(readFileSync(file, "utf8"), "no folder");
  await db.put("b", "2");
});

test("A checkpoint leaves files of others in its place alone", async () => {
  await using dir = tempDir();
  writeFileSync(join(dir.path, "README"), "notes");
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  await assertRejects(() =>
    db.checkpoint(dir.path, {
      onProgress: () => {
        throw new Error("enough");
      },
    })
  );
  await db.checkpoint(dir.path);
  assertEquals(readFileSync(join(dir.path, "README"), "utf8"), "notes");
});

test("Two checkpoints into one place do not get in each other's way", async () => {
  const target = new AsyncStorage(new MemoryStorage());
  await using db = await open(new MemoryStorage());
  await db.put("a", "1");
  const results = await Promise.allSettled([
    db.checkpoint(target),
    db.checkpoint(target),
  ]);
  assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected"]);
  await assertKvError(() => {
    throw (results[1] as PromiseRejectedResult).reason;
  }, "KV_LOCKED");
  await using copy = await open(target);
  assertEquals(await entriesIn(copy), { a: "1" });
});

test("A checkpoint of a poisoned store is refused", async () => {
  const source = new FaultStorage();
  await using db = await open(source);
  await db.put("a", "1");
  source.inject({ kind: "fail", operation: "append" });
  await assertRejects(() => db.put("b", "2"));
  const target = new FaultStorage();
  await assertKvError(() => db.checkpoint(target), "KV_POISONED");
  assertEquals(target.trace.length, 0);
});

test("A checkpoint refuses bad arguments by name", async () => {
  await using db = await open(new MemoryStorage());
  const target = new MemoryStorage();
  const invalid: [unknown, unknown, string][] = [
    [undefined, undefined, "undefined"],
    [5, undefined, "expected a path"],
    [{}, undefined, "storage"],
    ["", undefined, "path"],
    ["file:///tmp/a", undefined, "URL object"],
    [new URL("https://example.com/"), undefined, "file:"],
    [target, null, "null"],
    [target, { verbose: true }, "verbose"],
    [target, { signal: 1 }, "signal"],
    [target, { onProgress: "yes" }, "onProgress"],
  ];
  for (const [place, options, part] of invalid) {
    await assertKvError(
      () => db.checkpoint(place as Storage, options as Record<string, never>),
      "KV_INVALID_ARGUMENT",
      part,
    );
  }
  assertEquals(target.list(), []);
});

function expectProgress(
  events: readonly CheckpointProgress[],
  folder: string,
): void {
  const sizes = segmentsIn(folder)
    .map((name) => statSync(join(folder, name)).size);
  expectEvents(events, sizes);
}

function expectEvents(
  events: readonly CheckpointProgress[],
  sizes: readonly number[],
): void {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let last = 0;
  for (const { bytesCopied, bytesTotal, file } of events) {
    assert(bytesCopied > last && bytesTotal === total, `${bytesCopied}`);
    assert(/^\d+\.seg$/.test(file));
    last = bytesCopied;
  }
  assertEquals(last, total);
}

function segmentsIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(".seg")).sort();
}

/** The files in a folder but for those that a lock leaves behind. */
function storeFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name !== "LOCK" && name !== "READERS");
}
