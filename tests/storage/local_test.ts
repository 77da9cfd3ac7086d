import { assert, assertEquals, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { KvError, KvIoError } from "../../src/errors.ts";
import { openLocalStorage } from "../../src/storage/local_storage.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { test } from "../harness.ts";
import { localAdapters } from "../support/local_adapters.ts";
import { tempDir } from "../support/temp_dir.ts";
import {
  bytesOf,
  contentOf,
  fails,
  put,
  testConformance,
} from "./conformance.ts";
import { testMounted } from "./mounted.ts";

for (const adapter of localAdapters) {
  const { name, connect } = adapter;
  testMounted(adapter);
  testConformance(name, () => {
    const dir = tempDir();
    return {
      connect: () => connect(join(dir.path, "store")),
      [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
    };
  });

  test(`${name} takes a path or a file URL`, async () => {
    await using dir = tempDir();
    const folder = join(dir.path, "a b#c?%20");
    for (const location of [folder, pathToFileURL(folder)]) {
      assertEquals(connect(location).location, folder);
    }
    const path = relative(process.cwd(), folder);
    assertEquals(connect(path).location, folder);
    const storage = connect(pathToFileURL(folder));
    const lock = await storage.lock({ shared: false });
    await put(storage, "a", bytesOf(1));
    await lock.release();
    assert(existsSync(join(folder, "a")));
  });

  test(`${name} refuses what is no folder of this machine`, () => {
    for (const at of ["", "a\0b", new URL("https://example.com/data")]) {
      const error = assertThrows(() => connect(at), KvError);
      assertEquals(error.code, "KV_INVALID_ARGUMENT");
    }
  });

  test(`${name} keeps everything to its user`, async () => {
    await using dir = tempDir();
    const folder = join(dir.path, "deep", "store");
    const storage = connect(folder);
    const lock = await storage.lock({ shared: false });
    await put(storage, "a", bytesOf(1));
    assertEquals(modeOf(folder), 0o700);
    const names = readdirSync(folder);
    assertEquals(names.sort(), ["HOLDER", "LOCK", "READERS", "a"]);
    for (const file of names) assertEquals(modeOf(join(folder, file)), 0o600);
    await lock.release();
  });

  test(`${name} leaves the mode of a folder that was there alone`, async () => {
    await using dir = tempDir();
    chmodSync(dir.path, 0o750);
    await (await connect(dir.path).lock({ shared: false })).release();
    assertEquals(modeOf(dir.path), 0o750);
  });

  test(`${name} refuses a file in the place of the folder`, async () => {
    await using dir = tempDir();
    const path = join(dir.path, "file");
    writeFileSync(path, "not a store");
    const storage = connect(path);
    await fails(() => storage.lock({ shared: false }), "lock", "", "other");
    await fails(() => storage.list(), "list", "", "other");
    await fails(
      () => connect(join(path, "in it")).lock({ shared: false }),
      "lock",
      "",
      "other",
    );
  });

  test(`${name} follows no link that was planted`, async () => {
    await using dir = tempDir();
    const secret = join(dir.path, "secret");
    writeFileSync(secret, "secret");
    const folder = join(dir.path, "store");
    mkdirSync(folder);
    symlinkSync(secret, join(folder, "link"));
    symlinkSync(join(dir.path, "nowhere"), join(folder, "dangling"));
    const storage = connect(folder);
    for (const file of ["link", "dangling"]) {
      await fails(() => storage.open(file), "open", file, "other");
      await fails(() => storage.create(file), "create", file, "exists");
    }
    assert(!existsSync(join(dir.path, "nowhere")));
    await put(storage, "new", bytesOf(1));
    await storage.rename("new", "link");
    assertEquals(readFileSync(secret, "utf8"), "secret");
    assertEquals(await contentOf(storage, "link"), bytesOf(1));
  });

  test(`${name} links a file into another folder, or says that it has not`, async () => {
    await using dir = tempDir();
    const [from, to] = ["from", "to"].map((at) => connect(join(dir.path, at)));
    for (const storage of [from!, to!]) {
      await (await storage.lock({ shared: false })).release();
    }
    await put(from!, "a", bytesOf(1, 2, 3));
    assertEquals(await from!.linkTo!("a", to!), true);
    assertEquals(await contentOf(to!, "a"), bytesOf(1, 2, 3));
    await from!.remove("a");
    assertEquals(await contentOf(to!, "a"), bytesOf(1, 2, 3));
    // Nothing to link, something in the way, no folder there, none at all.
    await put(from!, "b", bytesOf(4));
    await put(to!, "b", bytesOf(5));
    const missing = connect(join(dir.path, "missing"));
    const targets: [string, Storage][] = [
      ["a", to!],
      ["b", to!],
      ["b", missing],
      ["b", new MemoryStorage()],
    ];
    for (const [file, target] of targets) {
      assertEquals(await from!.linkTo!(file, target), false);
    }
    assertEquals(await contentOf(to!, "b"), bytesOf(5));
    assertThrows(() => from!.linkTo!("../a", to!), KvError);
  });

  test(`${name} refuses folders and pipes in the place of files`, async () => {
    await using dir = tempDir();
    mkdirSync(join(dir.path, "folder"));
    const { status } = spawnSync("mkfifo", [join(dir.path, "pipe")]);
    const storage = connect(dir.path);
    await fails(() => storage.open("folder"), "open", "folder", "other");
    if (status === 0) {
      await fails(() => storage.open("pipe"), "open", "pipe", "other");
    }
  });

  test(`${name} refuses names that are not plain or not its own`, async () => {
    await using dir = tempDir();
    const storage = connect(join(dir.path, "store"));
    const names = ["", ".", "..", "../a", "a/b", "a\\b", "a\0b", "/etc/passwd"]
      .concat(["LOCK", "READERS", "HOLDER"]);
    for (const file of names) {
      for (
        const call of [
          () => storage.open(file),
          () => storage.create(file),
          () => storage.remove(file),
          () => storage.rename(file, "a"),
          () => storage.rename("a", file),
        ]
      ) {
        const error = assertThrows(call, KvError);
        assertEquals(error.code, "KV_INVALID_ARGUMENT");
      }
    }
  });

  test(`${name} reports a file that has shrunk under a reader`, async () => {
    await using dir = tempDir();
    const storage = connect(dir.path);
    await put(storage, "a", new Uint8Array(5000));
    const reader = await storage.open("a");
    truncateSync(join(dir.path, "a"), 100);
    await fails(
      () => reader.readAt(new Uint8Array(5000), 0),
      "readAt",
      "a",
      "other",
    );
    await reader.readAt(new Uint8Array(100), 0);
    await reader.close();
  });

  test(`${name} keeps the error of the runtime as cause`, async () => {
    await using dir = tempDir();
    const storage = connect(dir.path);
    const error = assertThrows(() => storage.open("a"), KvIoError);
    assert(error.cause instanceof Error);
    assert(error.message.startsWith("Cannot open a: "));
    assert(error.message.includes(error.cause.message));
  });
}

test("A place that no folder can be made in is refused, and soon", () => {
  // /proc is one on Linux; elsewhere a file in the way makes another.
  const isLinux = process.platform === "linux";
  const folder = isLinux
    ? "/proc/purekv/store"
    : new URL(`${import.meta.url}/store`);
  for (const { connect } of localAdapters) {
    const storage = connect(folder);
    const error = assertThrows(
      () => storage.lock({ shared: false }),
      KvIoError,
    );
    assertEquals(error.operation, "lock");
  }
});

test("A file: URL that is given as a string is no path", () => {
  for (const { connect } of localAdapters) {
    const error = assertThrows(() => connect("file:///tmp/store"), KvError);
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
    assert(error.message.includes("URL object"));
  }
});

test("openLocalStorage picks the adapter of the runtime", async () => {
  await using dir = tempDir();
  const storage = await openLocalStorage(dir.path);
  assertEquals(storage.location, dir.path);
  assertEquals(storage.constructor.name, localAdapters.at(-1)!.name);
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}
