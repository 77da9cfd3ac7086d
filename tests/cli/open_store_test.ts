import "../std/register_bun.ts";
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { KvLockedError, open } from "../../mod.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeStoreWithUsers } from "./store_with_users.ts";

const { openForReading, openWithoutLock } = await import(
  "../../src/cli/open_store.ts"
);

test("A store that is opened without a lock is shown as it is, and engines may open it meanwhile", async () => {
  await using dir = tempDir();
  const location = join(dir.path, "store");
  await makeStoreWithUsers(location);
  await using store = await openWithoutLock(location);
  await using engine = await open(location);
  await engine.put("later", "2");
  assertEquals(store.keyspaces(), engine.keyspaces());
  assertEquals(await store.reader.count(), 1);
});

test("A store that is opened for reading keeps engines that write it out", async () => {
  await using dir = tempDir();
  const location = join(dir.path, "store");
  await makeStoreWithUsers(location);
  await using _store = await openForReading(location, {});
  await assertRejects(() => open(location), KvLockedError);
});
