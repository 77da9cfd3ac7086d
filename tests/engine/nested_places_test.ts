import { assertEquals } from "@std/assert";
import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { open, repair } from "../../mod.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";

/** A folder `outer` with a store in `outer/store`, and links to both beside it. */
async function makeFolders(path: string) {
  const outer = join(path, "outer");
  const store = join(outer, "store");
  const db = await open(store);
  await db.put("a", "1");
  await db.flush();
  await db.close();
  mkdirSync(join(store, "notes"));
  symlinkSync(store, join(path, "store-link"));
  symlinkSync(outer, join(path, "outer-link"));
  symlinkSync(join(store, "notes"), join(path, "notes-link"));
  const nested = [
    join(store, "copy"),
    join(store, "..copy"),
    join(store, "not", "there", "yet"),
    join(path, "store-link", "copy"),
    join(path, "outer-link", "store", "copy"),
    join(path, "notes-link"),
    outer,
    path,
    join(path, "outer-link"),
  ];
  return { store, link: join(path, "store-link"), nested };
}

test("A checkpoint into the folder of its store, or around it, is refused, whatever links lead there", async () => {
  await using dir = tempDir();
  const { store, link, nested } = await makeFolders(dir.path);
  const before = readdirSync(dir.path, { recursive: true }).sort();
  for (const location of [store, link]) {
    await using db = await open(location, { readOnly: true });
    for (const target of nested) {
      const call = () => db.checkpoint(target);
      await assertKvError(call, "KV_INVALID_ARGUMENT", "a place of its own");
    }
  }
  assertEquals(readdirSync(dir.path, { recursive: true }).sort(), before);
  await using db = await open(link);
  const beside = `${store}-2`;
  await db.checkpoint(beside);
  await using copy = await open(beside, { readOnly: true });
  assertEquals(copy.getSync("a"), "1");
});

test("A repair into the folder of its store, or around it, is refused, whatever links lead there", async () => {
  await using dir = tempDir();
  const { store, link, nested } = await makeFolders(dir.path);
  const before = readdirSync(dir.path, { recursive: true }).sort();
  for (const location of [store, link]) {
    for (const into of nested) {
      const call = () => repair(location, { into });
      await assertKvError(call, "KV_INVALID_ARGUMENT", "a place of its own");
    }
    // By another name it is the same folder.
    const into = location === store ? link : store;
    const itself = () => repair(location, { into });
    await assertKvError(itself, "KV_INVALID_ARGUMENT", "already holds a store");
  }
  assertEquals(readdirSync(dir.path, { recursive: true }).sort(), before);
  const report = await repair(link, { into: `${store}-2` });
  assertEquals(report.entries, 1);
});
