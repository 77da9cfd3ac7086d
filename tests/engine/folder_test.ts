// What a store does to the folder that it lies in, and what it does not.
import { assert, assertEquals } from "@std/assert";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { KvError, KvIoError, KvPoisonedError, open } from "../../mod.ts";
import { NodeStorage } from "../../src/storage/node.ts";
import type { WritableFile } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { fingerprints } from "../support/fingerprints.ts";
import { canMount, mount } from "../support/mount.ts";
import { tempDir } from "../support/temp_dir.ts";
import { History, smallOptions } from "./checkpoint/history.ts";
import { entriesIn } from "./crafted_store.ts";
import { writeCrashedFolder } from "./crashed_folder.ts";
import { openDescriptors } from "./live_files.ts";

/** Notes the mode of every file just after it was made, however soon it goes again. */
class WatchingStorage extends NodeStorage {
  readonly modes = new Map<string, number>();

  override create(name: string): WritableFile {
    const file = super.create(name);
    for (const name of readdirSync(this.location)) {
      const { mode } = lstatSync(join(this.location, name));
      this.modes.set(name.replace(/^\d+/, ""), mode & 0o7777);
    }
    return file;
  }
}

test("Every file of a store is its user's alone, those too that are there for a moment", async () => {
  await using dir = tempDir();
  const umask = process.umask(0);
  try {
    const stores = ["store", "copy"].map((name) =>
      new WatchingStorage(join(dir.path, name))
    );
    const db = await open(stores[0]!, smallOptions);
    const history = new History(20);
    await history.writeMany(db, 300);
    await db.compact();
    await db.checkpoint(stores[1]!);
    await db.close();
    for (const { location, modes } of stores) {
      assertEquals(statSync(location).mode & 0o7777, 0o700);
      for (const [name, mode] of modes) assertEquals(mode, 0o600, name);
      for (const name of readdirSync(location)) {
        assertEquals(statSync(join(location, name)).mode & 0o7777, 0o600, name);
      }
    }
    const seen = stores.map(({ modes }) => [...modes.keys()].sort());
    const always = ["HOLDER", "LOCK", "MANIFEST.tmp", "READERS"];
    assertEquals(seen[0], [".log", ".seg", "MANIFEST", ...always].sort());
    assertEquals(seen[1], [".seg", "CHECKPOINT", ...always].sort());
  } finally {
    process.umask(umask);
  }
});

/** Names that the next open goes by, in a folder with segments and a log. */
const plantedNames = ["MANIFEST", "MANIFEST.tmp", "CHECKPOINT", "LOCK"]
  .concat(["READERS", "HOLDER", "HOLDER.tmp", "segment", "log", "next log"]);

for (const planted of plantedNames) {
  for (const target of ["file", "nothing"]) {
    test(
      `A link to ${
        target === "file" ? "a file" : target
      } in the place of ${planted} is not followed`,
      async () => {
        await using dir = tempDir();
        const [folder, victim] = [
          join(dir.path, "store"),
          join(dir.path, "victim"),
        ];
        const history = new History(21);
        const written = await writeCrashedFolder(history, folder);
        const name = nameIn(folder, planted);
        // What would be believed if the link were followed.
        if (target === "file") {
          if (existsSync(join(folder, name))) {
            renameSync(join(folder, name), victim);
          } else writeFileSync(victim, "");
        }
        rmSync(join(folder, name), { force: true });
        symlinkSync(victim, join(folder, name));
        const before = target === "file" ? fingerprint(victim) : undefined;
        for (const readOnly of [true, false]) {
          await openOrRefuse(folder, readOnly, history, written);
        }
        const after = existsSync(victim) ? fingerprint(victim) : undefined;
        assertEquals(after, before);
        assertEquals(openDescriptors(dir.path), []);
      },
    );
  }
}

test("Links that are planted in an open store are replaced or refused, and not followed", async () => {
  await using dir = tempDir();
  const [folder, victim] = [join(dir.path, "store"), join(dir.path, "victim")];
  writeFileSync(victim, "untouched");
  const before = fingerprint(victim);
  for (const name of ["MANIFEST", "MANIFEST.tmp", "next log", "next segment"]) {
    const db = await open(folder, smallOptions);
    await db.put("a", name);
    const path = join(folder, nameIn(folder, name));
    rmSync(path, { force: true });
    symlinkSync(victim, path);
    for (const work of [() => db.flush(), () => db.put("b", name)]) {
      try {
        await work();
      } catch (error) {
        assert(error instanceof KvError, `${error}`);
      }
    }
    await db.close().catch((error) => assert(error instanceof KvError));
    assertEquals(fingerprint(victim), before, name);
    const left = readdirSync(folder)
      .filter((name) => lstatSync(join(folder, name)).isSymbolicLink());
    for (const name of left) rmSync(join(folder, name));
    await using again = await open(folder);
    assertEquals(await again.get("a"), name);
  }
});

for (const hasLockFiles of [false, true]) {
  test(
    `A store that is opened to be read leaves no trace in its folder (${
      hasLockFiles ? "with" : "without"
    } lock files)`,
    async () => {
      await using dir = tempDir();
      const folder = join(dir.path, "store");
      const history = new History(22);
      const written = await writeCrashedFolder(history, folder);
      if (hasLockFiles) {
        await new NodeStorage(folder).lock({ shared: false }).release();
      }
      writeFileSync(join(folder, "MANIFEST.tmp"), "left by a crash");
      writeFileSync(join(folder, "000999.seg"), "left by a crash");
      const before = fingerprints(folder);
      await readEverything(folder, history.stateAfter(written));
      assertEquals(fingerprints(folder), before);
      const missing = join(dir.path, "missing");
      await open(missing, { readOnly: true }).catch((error) =>
        assertEquals(error.code, "KV_NOT_FOUND")
      );
      assert(!existsSync(missing));
    },
  );

  if (canMount) {
    test(
      `A store on a read-only file system opens to be read (${
        hasLockFiles ? "with" : "without"
      } lock files)`,
      async () => {
        await using disk = mount(4096);
        const folder = join(disk.path, "store");
        const history = new History(23);
        const written = await writeCrashedFolder(history, folder);
        if (hasLockFiles) {
          await new NodeStorage(folder).lock({ shared: false }).release();
        }
        disk.makeReadOnly();
        await readEverything(folder, history.stateAfter(written));
        const error = await open(folder).then(() => {}, (error) => error);
        assert(error instanceof KvError && error.code === "KV_IO", `${error}`);
        // What is on such media can be taken along.
        await using dir = tempDir();
        const db = await open(folder, { readOnly: true });
        await db.checkpoint(join(dir.path, "copy"));
        await db.close();
        await history.expectPrefixIn(join(dir.path, "copy"), written);
      },
    );
  }
}

if (canMount) {
  test("On a full disk the first put that is refused says so, and after space is freed the store opens and writes again", async () => {
    for (const ballastKiB of [0, 1024]) {
      await using disk = mount(3072);
      const ballast = join(disk.path, "ballast");
      writeFileSync(ballast, new Uint8Array(ballastKiB * 1024));
      const folder = join(disk.path, "store");
      const db = await open(folder, { memtableSize: 256 * 1024 });
      const values = "v".repeat(8_000);
      const errors: unknown[] = [];
      for (let i = 0; errors.length < 2; i++) {
        await db.put(`key ${i}`, values + i).catch((e) => errors.push(e));
      }
      for (const error of errors) {
        const isTyped = error instanceof KvIoError ||
          error instanceof KvPoisonedError;
        assert(isTyped && error.failure === "full", `${error}`);
      }
      assert(`${errors[1]}`.includes("free space"), `${errors[1]}`);
      await db.close().catch(() => {});
      disk.resize(16 * 1024);
      await using again = await open(folder);
      await again.put("again", "1");
      assertEquals(await again.get("key 0"), values + 0);
    }
  });
}

/** Opens a store to be read and calls all that such a store answers, by two engines at once. */
async function readEverything(
  folder: string,
  state: Record<string, string>,
): Promise<void> {
  const options = { ...smallOptions, readOnly: true };
  await using first = await open(folder, options);
  await using db = await open(folder, options);
  using snapshot = db.snapshot();
  for (const reader of [first, db, snapshot]) {
    assertEquals(await entriesIn(reader), state);
    for (const key of ["key 1", "key 2", "missing"]) {
      assertEquals(await reader.get(key), state[key]);
      assertEquals(reader.getSync(key), state[key]);
      assertEquals(await reader.has(key), key in state);
    }
  }
  assert(db.stats().lastSequence > 0);
  const writes = [
    () => db.put("a", "1"),
    () => db.flush(),
    () => db.compact(),
    () => db.sync(),
  ];
  for (const write of writes) {
    const error = await write().then(() => {}, (error) => error);
    assertEquals(error?.code, "KV_READ_ONLY");
  }
}

/** A store with a link in it opens with all that it has, or not at all. */
async function openOrRefuse(
  folder: string,
  readOnly: boolean,
  history: History,
  written: number,
): Promise<void> {
  try {
    await using db = await open(folder, { ...smallOptions, readOnly });
    assertEquals(await entriesIn(db), history.stateAfter(written));
    if (!readOnly) await db.flush();
  } catch (error) {
    assert(error instanceof KvError, `${error}`);
    assert(/^KV_(IO|CORRUPTION)$/.test(error.code), `${error}`);
  }
}

/** The file that a kind of file has in a folder, or would have next. */
function nameIn(folder: string, kind: string): string {
  const names = readdirSync(folder);
  const numbers = names.map((name) => Number(/^\d+/.exec(name)?.[0] ?? 0));
  const next = String(Math.max(...numbers) + 1).padStart(6, "0");
  switch (kind) {
    case "segment":
      return names.find((name) => name.endsWith(".seg"))!;
    case "log":
      return names.findLast((name) => name.endsWith(".log"))!;
    case "next log":
      return `${next}.log`;
    case "next segment":
      return `${next}.seg`;
    default:
      return kind;
  }
}

function fingerprint(path: string): unknown {
  const { mtimeMs, size, mode, nlink, ino } = statSync(path);
  return [mtimeMs, size, mode, nlink, ino, readFileSync(path).toString("hex")];
}
