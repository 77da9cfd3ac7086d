import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { KvIoError, KvLockedError } from "../../src/errors.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";

const lockFiles = ["LOCK", "READERS"];

for (const name of lockFiles) {
  test(`A lock follows no link in the place of ${name}`, async () => {
    await using dir = tempDir();
    for (const target of ["empty", "nowhere"]) {
      const folder = join(dir.path, `store-${target}`);
      mkdirSync(folder);
      writeFileSync(join(dir.path, "empty"), "");
      symlinkSync(join(dir.path, target), join(folder, name));
      refusesFile(folder, name);
      assert(!existsSync(join(dir.path, "nowhere")));
    }
  });

  test(`A lock refuses a folder in the place of ${name}`, async () => {
    await using dir = tempDir();
    mkdirSync(join(dir.path, name));
    refusesFile(dir.path, name);
  });

  test(`A lock leaves a ${name} that is not its own alone`, async () => {
    await using dir = tempDir();
    const path = join(dir.path, name);
    const database = new DatabaseSync(path);
    database.exec("PRAGMA journal_mode=WAL; CREATE TABLE t (a)");
    database.close();
    const before = readFileSync(path);
    refusesFile(dir.path, name);
    writeFileSync(path, "something else");
    refusesFile(dir.path, name);
    assertEquals(readFileSync(path, "utf8"), "something else");
    assert(before.length > 0);
  });
}

test("A lock that was refused for READERS lets go of LOCK", async () => {
  await using dir = tempDir();
  const storage = new NodeStorage(dir.path);
  const reader = lockedReader(storage);
  for (let attempt = 0; attempt < 3; attempt++) {
    const error = assertThrows(
      () => storage.lock({ shared: false }),
      KvLockedError,
    );
    assertEquals(error.holder, "one or more readers");
  }
  await reader.release();
  await storage.lock({ shared: false }).release();
});

test("A lock is taken in spite of the journals that others have planted", async () => {
  await using dir = tempDir();
  for (const name of lockFiles) {
    writeFileSync(join(dir.path, `${name}-journal`), "not a journal at all");
    writeFileSync(join(dir.path, `${name}-wal`), new Uint8Array(5000));
  }
  const storage = new NodeStorage(dir.path);
  const lock = storage.lock({ shared: false });
  assertThrows(() => storage.lock({ shared: false }), KvLockedError);
  await lock.release();
  for (const name of lockFiles) {
    assertEquals(statSync(join(dir.path, name)).size, 0);
  }
});

const validHolder = {
  runtime: "Deno 2.9.6",
  pid: 12,
  since: "2026-01-02T03:04:05.678Z",
};

const hostileHolders: [string, string][] = [
  ["nothing", ""],
  ["no JSON", "Deno"],
  ["no object", "null"],
  ["a list", "[1, 2, 3]"],
  ["no fields", "{}"],
  ["control characters", holderWith({ runtime: "Deno \u001b[2J2.9.6" })],
  ["a line break", holderWith({ runtime: "Deno 2.9.6\nand more" })],
  ["a long name", holderWith({ runtime: `Deno ${"9".repeat(100)}` })],
  ["a process that is no number", holderWith({ pid: "12" })],
  ["a process that is no integer", holderWith({ pid: 1.5 })],
  ["a time that is none", holderWith({ since: "yesterday <b>" })],
  ["a megabyte", holderWith({ since: "2".repeat(1 << 20) })],
];

for (const [what, content] of hostileHolders) {
  test(`A refusal names no holder when HOLDER holds ${what}`, async () => {
    await using dir = tempDir();
    const storage = new NodeStorage(dir.path);
    const lock = storage.lock({ shared: false });
    writeFileSync(join(dir.path, "HOLDER"), content);
    assertEquals(holderIn(storage), "another engine");
    await lock.release();
  });
}

test("A refusal repeats what HOLDER says", async () => {
  await using dir = tempDir();
  const storage = new NodeStorage(dir.path);
  const lock = storage.lock({ shared: false });
  writeFileSync(join(dir.path, "HOLDER"), JSON.stringify(validHolder));
  assertEquals(
    holderIn(storage),
    "Deno 2.9.6, process 12, since 2026-01-02T03:04:05.678Z",
  );
  await lock.release();
});

test("A lock writes through no link in the place of HOLDER", async () => {
  await using dir = tempDir();
  const victim = join(dir.path, "victim");
  writeFileSync(victim, "untouched");
  const folder = join(dir.path, "store");
  mkdirSync(folder);
  for (const name of ["HOLDER", "HOLDER.tmp"]) {
    symlinkSync(victim, join(folder, name));
  }
  const storage = new NodeStorage(folder);
  const lock = storage.lock({ shared: false });
  assertEquals(readFileSync(victim, "utf8"), "untouched");
  assert(holderIn(storage).includes("process"));
  await lock.release();
  assertEquals(readdirSync(folder).sort(), lockFiles);
});

test("A lock does not depend on HOLDER", async () => {
  await using dir = tempDir();
  for (const name of ["HOLDER", "HOLDER.tmp"]) mkdirSync(join(dir.path, name));
  const storage = new NodeStorage(dir.path);
  const lock = storage.lock({ shared: false });
  assertEquals(holderIn(storage), "another engine");
  assertEquals(storage.list(), []);
  await lock.release();
  await storage.lock({ shared: false }).release();
});

/** Asserts that neither kind of lock goes by a file that the lock has not made. */
function refusesFile(folder: string, name: string): void {
  const storage = new NodeStorage(folder);
  for (const shared of name === "READERS" ? [true, false] : [false]) {
    const error = assertThrows(() => storage.lock({ shared }), KvIoError);
    assertEquals(
      [error.operation, error.file, error.failure],
      ["lock", name, "other"],
    );
  }
}

function lockedReader(storage: NodeStorage): ReturnType<NodeStorage["lock"]> {
  storage.lock({ shared: false }).release();
  return storage.lock({ shared: true });
}

function holderWith(fields: Record<string, unknown>): string {
  return JSON.stringify({ ...validHolder, ...fields });
}

function holderIn(storage: NodeStorage): string {
  return assertThrows(() => storage.lock({ shared: false }), KvLockedError)
    .holder;
}
