import { assert, assertEquals, assertRejects } from "@std/assert";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type CheckpointProgress, type KvEngine, open } from "../../mod.ts";
import { KvError, KvIoError } from "../../src/errors.ts";
import { parseFileName } from "../../src/format/file_names.ts";
import { chain } from "../../src/storage/awaitable.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import type { Awaitable, Storage } from "../../src/storage/storage.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { lineOf } from "../support/calls.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";
import { History, smallOptions } from "./checkpoint/history.ts";
import { entriesIn } from "./crafted_store.ts";

type Engine = KvEngine<string, string>;

const kinds = ["fail", "fail-after", "torn"] as const;

for (const synchronous of [true, false]) {
  const kind = synchronous ? "answers at once" : "answers with promises";

  test(`A checkpoint that ends with a crash is complete or no store, and can be made anew (storage ${kind})`, async () => {
    const { db, state } = await openSource(new MemoryStorage());
    const target = new FaultStorage({ synchronous });
    await db.checkpoint(target);
    const { length } = target.trace;
    assert(length > 20, `${length} calls are too few`);
    // Storage that answers with promises takes the same way.
    const step = synchronous ? 1 : 3;
    for (let at = 0; at <= length; at += step) {
      const isComplete = hasRemovedMark(target, at);
      for (const left of imagesOf(target, at)) {
        const note = `crash after call ${at}`;
        await checkLeft(left, { db, state, isComplete, note });
      }
    }
    assertEquals(await entriesIn(db), state);
    await db.put("after", "1");
    await db.close();
  });
}

/** What a crash after call `at` can leave. */
function* imagesOf(target: FaultStorage, at: number): Generator<FaultStorage> {
  for (const survival of survivals) yield target.crash({ at, survival });
  yield* target.crashes({ at, survival: "torn" });
}

/** Whether the mark of an unfinished checkpoint was gone after call `at`. */
function hasRemovedMark(target: FaultStorage, at: number): boolean {
  return target.trace.slice(0, at)
    .some((call) => lineOf(call) === "remove CHECKPOINT");
}

test("A checkpoint that a failure of its place ends leaves no more than its mark, or is complete", async () => {
  const { db, state } = await openSource(new MemoryStorage());
  for (const kind of kinds) {
    for (let from = 1;; from++) {
      const target = new FaultStorage();
      const fault = target.inject({ kind, from });
      const isDone = await succeeds(db, target);
      const struck = target.trace.find((call) => call.fault !== undefined);
      const note = `${kind} ${from}: ${struck && lineOf(struck)}`;
      assertEquals(target.openFiles, [], note);
      const left = target.crash({ survival: "written" });
      const isComplete = isDone || struck?.operation === "release";
      if (!isComplete) {
        const others = left.fileNames.filter((name) => name !== "CHECKPOINT");
        assertEquals(others, [], note);
      }
      await checkLeft(left, { db, state, isComplete, note });
      if (fault.struck === 0) break;
    }
  }
  await db.close();
});

test("Where a checkpoint has failed no open makes an empty store, also if its place has failed for good", async () => {
  const { db, state } = await openSource(new MemoryStorage());
  for (const times of [1, Infinity]) {
    for (let from = 1;; from++) {
      const target = new FaultStorage();
      const fault = target.inject({ kind: "fail", from, times });
      await succeeds(db, target);
      const hasBegun = target.trace.some((call) =>
        lineOf(call) === "create CHECKPOINT" && call.fault === undefined
      );
      const left = target.crash({ survival: "written" });
      const note = `fail ${from}, ${times} times`;
      if (hasBegun && !left.fileNames.includes("MANIFEST")) {
        const call = () => open(left);
        const parts = ["checkpoint", "not finished", "CHECKPOINT"];
        await assertKvError(call, "KV_CORRUPTION", ...parts);
      } else if (hasBegun) {
        await expectStore(left, state, note);
      }
      if (fault.struck === 0) break;
    }
  }
  await db.close();
});

test("A checkpoint that is given up when the crash comes is no store, and can be made anew", async () => {
  const { db, state } = await openSource(new MemoryStorage());
  const target = new FaultStorage();
  const onProgress = (progress: CheckpointProgress) => {
    if (progress.bytesCopied === progress.bytesTotal) {
      throw new Error("enough");
    }
  };
  await assertRejects(() => db.checkpoint(target, { onProgress }));
  for (let at = 0; at <= target.trace.length; at++) {
    for (const left of imagesOf(target, at)) {
      const note = `crash after call ${at}`;
      await checkLeft(left, { db, state, isComplete: false, note });
    }
  }
  await db.close();
});

test("A store that cannot be read or flushed makes no checkpoint and is as it was", async () => {
  for (const isUnflushed of [false, true]) {
    for (let offset = 1;; offset++) {
      const source = new FaultStorage();
      const { db, state } = await openSource(source);
      await db.flush();
      const expected = { ...state };
      if (isUnflushed) {
        await db.put("last", "1");
        expected["last"] = "1";
      }
      const target = new FaultStorage();
      const fault = source.inject({ kind: "fail", from: offset });
      const isDone = await succeeds(db, target);
      const isOver = fault.struck === 0;
      fault.remove();
      const note = `call ${offset} of the checkpoint`;
      if (isDone) await expectStore(target, expected, note);
      else assertEquals(target.fileNames, ["CHECKPOINT"], note);
      assertEquals(await sorted(db), expected, note);
      // Only what a flush writes can poison a store.
      if (!isUnflushed) await db.put("after", "1");
      await db.close().catch((error) => assert(error instanceof KvError));
      assertEquals([source.openFiles, target.openFiles], [[], []], note);
      if (isOver) {
        assert(offset > 5, `${offset} calls are too few`);
        break;
      }
    }
  }
});

test("A checkpoint in a folder that ends with a crash is complete or no store, and can be made anew", async () => {
  await using dir = tempDir();
  const { db, state } = await openSource(
    new NodeStorage(join(dir.path, "store")),
  );
  for (let call = 1;; call++) {
    const folder = join(dir.path, `copy-${call}`);
    const target = new CrashingStorage(folder, call);
    const isDone = await succeeds(db, target);
    const note = `call ${call}: ${target.calls.at(-1)}`;
    await target.letGo();
    await checkLeft(new NodeStorage(folder), {
      db,
      state,
      isComplete: target.calls.includes("remove CHECKPOINT"),
      note,
    });
    if (target.calls.length < call) {
      assert(isDone && call > 10, `${call} calls are too few`);
      break;
    }
  }
  assertEquals(await entriesIn(db), state);
  await db.close();
  await using again = await open(join(dir.path, "store"));
  assertEquals(await entriesIn(again), state);
});

test("No engine opens a checkpoint that is not finished, however early it was cut off", async () => {
  for (const rest of [[], ["MANIFEST.tmp"], ["000003.seg"]]) {
    const storage = new FaultStorage();
    for (const name of ["CHECKPOINT", ...rest]) {
      storage.writeFile(name, new Uint8Array());
    }
    const before = storage.fileNames;
    for (const readOnly of [true, false]) {
      await assertKvError(
        () => open(storage, { readOnly }),
        "KV_CORRUPTION",
        "checkpoint",
        "not finished",
      );
    }
    assertEquals(storage.fileNames, before);
  }
});

test("The mark of a checkpoint beside a manifest means nothing and is swept", async () => {
  const storage = new FaultStorage();
  await (await open(storage)).close();
  storage.writeFile("CHECKPOINT", new Uint8Array());
  await (await open(storage, { readOnly: true })).close();
  assert(storage.fileNames.includes("CHECKPOINT"));
  await (await open(storage)).close();
  assert(!storage.fileNames.includes("CHECKPOINT"));
});

/** A store with a few segments, which nothing merges, and what it holds. */
async function openSource(
  storage: Storage,
): Promise<{ db: Engine; state: Record<string, string> }> {
  const history = new History(11);
  const db = await open(storage, {
    ...smallOptions,
    memtableEntries: 1000,
    compaction: { threshold: 64 },
  });
  for (let i = 0; i < 2; i++) {
    await history.writeMany(db, 20);
    await db.flush();
  }
  await history.writeMany(db, 5);
  const state = history.stateAfter(history.length);
  assertEquals(await entriesIn(db), state);
  return { db, state };
}

async function succeeds(db: Engine, target: Storage): Promise<boolean> {
  try {
    await db.checkpoint(target);
    return true;
  } catch (error) {
    if (error instanceof KvError && /^KV_(IO|POISONED)$/.test(error.code)) {
      return false;
    }
    throw error;
  }
}

interface Expected {
  readonly db: Engine;
  readonly state: Record<string, string>;
  /** Whether the checkpoint had been completed. */
  readonly isComplete: boolean;
  readonly note: string;
}

/** What is left must be the whole store, or none at all: then a checkpoint can be made there. */
async function checkLeft(
  left: Storage,
  { db, state, isComplete, note }: Expected,
): Promise<void> {
  const types = (await left.list()).map((name) => parseFileName(name)?.type);
  if (!types.includes("manifest")) {
    assert(!isComplete, note);
    const code = types.length > 0 ? "KV_CORRUPTION" : "KV_NOT_FOUND";
    const error = await assertRejects(
      () => open(left, { createIfMissing: false }),
      KvError,
      undefined,
      note,
    );
    assertEquals(error.code, code, note);
    await db.checkpoint(left);
  }
  await expectStore(left, state, note);
}

async function expectStore(
  storage: Storage,
  state: Record<string, string>,
  note: string,
): Promise<void> {
  await using copy = await open(storage, { createIfMissing: false });
  assertEquals(await sorted(copy), sortedState(state), note);
}

async function sorted(db: Engine): Promise<Record<string, string>> {
  return sortedState(await entriesIn(db));
}

function sortedState(state: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

/** A folder whose process dies at one of its calls: from then on nothing is done any more. */
class CrashingStorage implements Storage {
  readonly location: string;
  readonly synchronous = true;
  readonly localFolder: string;
  readonly calls: string[] = [];
  readonly #inner: NodeStorage;
  readonly #crashAt: number;
  #release: () => Awaitable<void> = () => {};

  constructor(folder: string, crashAt: number) {
    mkdirSync(folder);
    this.#inner = new NodeStorage(folder);
    this.location = folder;
    this.localFolder = folder;
    this.#crashAt = crashAt;
  }

  /** Lets go of the lock, as the end of a process does. */
  async letGo(): Promise<void> {
    await this.#release();
  }

  lock: Storage["lock"] = (options) =>
    this.#call("lock", () => {
      const lock = this.#inner.lock(options);
      this.#release = () => lock.release();
      return { release: () => this.#call("unlock", this.#release) };
    });
  list: Storage["list"] = () => this.#call("list", () => this.#inner.list());
  open: Storage["open"] = (name) =>
    this.#call(`open ${name}`, () => this.#inner.open(name));
  create: Storage["create"] = (name) =>
    this.#call(
      `create ${name}`,
      () =>
        chain(this.#inner.create(name), (file) => ({
          get size() {
            return file.size;
          },
          append: (bytes) =>
            this.#call(`append ${name}`, () => file.append(bytes)),
          sync: () => this.#call(`sync ${name}`, () => file.sync()),
          close: () => file.close(),
        })),
    );
  rename: Storage["rename"] = (from, to) =>
    this.#call(`rename ${from}`, () => this.#inner.rename(from, to));
  remove: Storage["remove"] = (name) =>
    this.#call(`remove ${name}`, () => this.#inner.remove(name));
  syncDirectory: Storage["syncDirectory"] = () =>
    this.#call("syncDirectory", () => this.#inner.syncDirectory());

  #call<T>(what: string, work: () => T): T {
    if (this.calls.length >= this.#crashAt) {
      throw new KvIoError(what, "", "other");
    }
    this.calls.push(what);
    if (this.calls.length < this.#crashAt) return work();
    throw new KvIoError(what, "", "other");
  }
}
