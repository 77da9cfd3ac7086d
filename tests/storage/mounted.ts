// What takes a file system that is full or read-only. Where none can be mounted
// there are no such tests.
import { assert, assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import type { LocalAdapter } from "../support/local_adapters.ts";
import { canMount, mount } from "../support/mount.ts";
import { contentOf, fails, put } from "./conformance.ts";

/** Registers the tests of an adapter on a disk of their own. */
export function testMounted({ name, connect }: LocalAdapter): void {
  if (!canMount) return;
  test(`${name} reports a full disk and overwrites what got through`, async () => {
    await using disk = mount(64);
    const storage = connect(disk.path);
    const lock = await storage.lock({ shared: false });
    const writer = await storage.create("a");
    await writer.append(filled(1, 20_001));
    await fails(() => writer.append(filled(2, 60_000)), "append", "a", "full");
    assertEquals(writer.size, 20_001);
    await writer.append(filled(3, 100));
    assertEquals(writer.size, 20_101);
    await writer.close();
    const content = await contentOf(storage, "a");
    // Part of the second append is there: it ends in the middle of a page.
    assert(content.length > 20_101 && content.length < 80_001);
    assertEquals(content.subarray(0, 20_001), filled(1, 20_001));
    assertEquals(content.subarray(20_001, 20_101), filled(3, 100));
    await storage.remove("a");
    await put(storage, "b", filled(4, 20_000));
    assertEquals(await contentOf(storage, "b"), filled(4, 20_000));
    await lock.release();
  });

  test(`${name} takes no room on a disk that has not got all of it`, async () => {
    await using disk = mount(64);
    const storage = connect(disk.path);
    const lock = await storage.lock({ shared: false });
    const writer = await storage.create("a");
    await writer.append(filled(1, 100));
    await writer.reserve!(1000);
    await fails(() => writer.reserve!(100_000), "reserve", "a", "full");
    await writer.append(filled(2, 100));
    await put(storage, "b", filled(3, 40_000));
    await writer.close();
    const content = await contentOf(storage, "a");
    assertEquals(content.length, 1100);
    assertEquals(content.subarray(100, 200), filled(2, 100));
    await lock.release();
  });

  test(`${name} reads but does not write where nothing may be written`, async () => {
    await using disk = mount(256);
    const storage = connect(disk.path);
    const exclusive = await storage.lock({ shared: false });
    await put(storage, "a", filled(1, 10));
    await exclusive.release();
    disk.makeReadOnly();
    const first = await storage.lock({ shared: true });
    const second = await connect(disk.path).lock({ shared: true });
    assertEquals(await contentOf(storage, "a"), filled(1, 10));
    await first.release();
    await second.release();
    await fails(() => storage.create("b"), "create", "b", "denied");
    await fails(() => storage.remove("a"), "remove", "a", "denied");
    await fails(() => storage.rename("a", "b"), "rename", "a", "denied");
    await fails(
      () => storage.lock({ shared: false }),
      "lock",
      "LOCK",
      "denied",
    );
    await fails(
      () => connect(`${disk.path}/new`).lock({ shared: false }),
      "lock",
      "",
      "denied",
    );
  });

  test(`${name} takes a shared lock on read-only media without lock files`, async () => {
    await using disk = mount(256);
    const storage = connect(disk.path);
    await put(storage, "a", filled(1, 10));
    disk.makeReadOnly();
    const lock = await storage.lock({ shared: true });
    assertEquals(await storage.list(), ["a"]);
    await lock.release();
  });
}

function filled(value: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}
