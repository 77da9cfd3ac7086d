import "../std/register_bun.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { type KvEngine, KvError, open } from "../../mod.ts";
import type { Tables } from "../../src/engine/state/tables.ts";
import type { VersionSet } from "../../src/engine/state/version_set.ts";
import { LogCommitter } from "../../src/engine/store/log_committer.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { kv } from "../support/command_line.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Reads all files of a folder, as a careless copy does: POSIX drops the locks of this process. */
function readAll(folder: string): void {
  for (const name of readdirSync(folder)) readFileSync(join(folder, name));
}

async function isRefused(write: Promise<unknown>): Promise<void> {
  const error = await assertRejects(() => write, KvError);
  assertEquals(error.code, "KV_LOCKED");
  assert(error.message.includes("checkpoint"), error.message);
}

/** What a store has after `act`, in which another process writes x. */
async function entriesAfter(
  act: (db: KvEngine<string, string>, folder: string) => Promise<void>,
): Promise<unknown> {
  await using dir = tempDir();
  const folder = join(dir.path, "store");
  const db = await open(folder);
  await db.put("a", "1");
  await act(db, folder);
  await db.close().catch(() => {});
  await using again = await open(folder);
  return [...again.scanSync()];
}

if (process.platform === "linux") {
  test("A write is not acknowledged once another process has the store, though the kernel tells nobody that the lock is lost", async () => {
    const entries = await entriesAfter(async (db, folder) => {
      readAll(folder);
      await db.put("b", "2"); // nobody else is there yet
      const { code, stderr } = await kv(["put", folder, "x", "y"]);
      assertEquals(code, 0, stderr);
      await isRefused(db.put("c", "3"));
      assertEquals(db.getSync("b"), "2");
    });
    assertEquals(entries, [["a", "1"], ["b", "2"], ["x", "y"]]);
  });

  test("A write that is not synced hears of the lost lock within some milliseconds", async () => {
    const entries = await entriesAfter(async (db, folder) => {
      readAll(folder);
      assertEquals((await kv(["put", folder, "x", "y"])).code, 0);
      await db.put("b", "2", { sync: false }).catch(() => {});
      await wait(20);
      const late = db.put("c", "3", { sync: false });
      const error = await assertRejects(() => late, KvError);
      assert(["KV_LOCKED", "KV_POISONED"].includes(error.code), error.message);
    });
    assertEquals(entries, [["a", "1"], ["x", "y"]]);
  });

  test("A flush or a compaction changes no file once another process has the store", async () => {
    const entries = await entriesAfter(async (db, folder) => {
      await db.flush();
      await db.put("b", "2");
      readAll(folder);
      assertEquals((await kv(["put", folder, "x", "y"])).code, 0);
      const before = readdirSync(folder).sort();
      await assertRejects(() => db.flush(), KvError);
      await assertRejects(() => db.compact(), KvError);
      await db.close().catch(() => {});
      const late = readdirSync(folder).filter((name) => !before.includes(name));
      // What the worker may have written to is named by no manifest.
      assert(late.every((name) => /^\d+\.seg$/.test(name)), late.join());
    });
    assertEquals(entries, [["a", "1"], ["b", "2"], ["x", "y"]]);
  });
}

test("Whether the lock is held is asked after each sync, and seldom without one", () => {
  let asked = 0;
  const table = {
    table: { arena: { hasUnwritten: true }, lastSequence: 1 },
    hasLog: true,
    isSynced: false,
    logBytes: 0,
    appendUnwritten: () => {},
    sync: () => {},
  };
  const committer = new LogCommitter({
    storage: new MemoryStorage(),
    tables: { all: [table] } as unknown as Tables,
    versions: { flushedSequence: 0 } as VersionSet,
    lastSequence: 0,
    assertHeld: () => asked++,
  });
  committer.append();
  assertEquals(asked, 1);
  committer.sync();
  committer.sync();
  assertEquals(asked, 3);
});

test("Whoever has lost the lock leaves the note of who has it", async () => {
  await using dir = tempDir();
  const folder = join(dir.path, "store");
  const db = await open(folder);
  const { writeHolder } = await import("../../src/storage/local_holder.ts");
  writeHolder(folder);
  await isRefused(db.put("a", "1"));
  await db.close().catch(() => {});
  assert(readdirSync(folder).includes("HOLDER"));
});

test("Close tells of writes that were acknowledged without a sync after the lock was lost", async () => {
  await using dir = tempDir();
  const folder = join(dir.path, "store");
  const db = await open(folder);
  const { writeHolder } = await import("../../src/storage/local_holder.ts");
  await db.put("a", "1");
  writeHolder(folder);
  const told = (promise: Promise<void>) =>
    promise.then(() => false, (error) => error instanceof KvError);
  const written = told(db.put("b", "2", { sync: false }));
  const closed = told(db.close());
  assert(await written || await closed);
});

test("A note of the holder that is the same, however its file looks, is no other holder's", async () => {
  await using dir = tempDir();
  const folder = join(dir.path, "store");
  await using db = await open(folder);
  const path = join(folder, "HOLDER");
  const note = readFileSync(path);
  rmSync(path);
  writeFileSync(path, note);
  utimesSync(path, 1, 1);
  await db.put("a", "1");
  await db.put("b", "2");
});

test("A store whose folder is gone can be closed if it has nothing to write, and says what is wrong if it has", async () => {
  await using dir = tempDir();
  for (const hasWrite of [false, true]) {
    const folder = join(dir.path, `store ${hasWrite}`);
    const db = await open(folder);
    rmSync(folder, { recursive: true });
    if (hasWrite) {
      const error = await assertRejects(() => db.put("a", "1"), KvError);
      assertEquals(error.code, "KV_IO");
    }
    await db.close();
  }
});
