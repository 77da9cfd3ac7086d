import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { open } from "../../mod.ts";
import { KvError, KvIoError, KvLockedError } from "../../src/errors.ts";
import type { WritableFile } from "../../src/storage/storage.ts";
import {
  FaultStorage,
  type StorageOperation,
  survivals,
} from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { testConformance } from "../storage/conformance.ts";

for (const synchronous of [true, false]) {
  const kind = synchronous ? "at once" : "with promises";
  testConformance(`FaultStorage that answers ${kind}`, () => {
    const storage = new FaultStorage({ synchronous });
    return {
      connect: () => storage,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
}

test("A FaultStorage notes every call with what it is about", async () => {
  const storage = new FaultStorage();
  const lock = await storage.lock({ shared: false });
  const file = await storage.create("a");
  await file.append(bytes(1, 2, 3));
  await file.sync();
  await file.close();
  await file.close();
  await storage.rename("a", "b");
  const reader = await storage.open("b");
  await reader.readAt(new Uint8Array(2), 1);
  await reader.close();
  await storage.remove("b");
  await storage.syncDirectory();
  await storage.list();
  await lock.release();
  assertEquals(storage.trace, [
    { operation: "lock", file: "" },
    { operation: "create", file: "a" },
    { operation: "append", file: "a", bytes: 3 },
    { operation: "sync", file: "a" },
    { operation: "close", file: "a" },
    { operation: "rename", file: "a", to: "b" },
    { operation: "open", file: "b" },
    { operation: "readAt", file: "b", bytes: 2 },
    { operation: "close", file: "b" },
    { operation: "remove", file: "b" },
    { operation: "syncDirectory", file: "" },
    { operation: "list", file: "" },
    { operation: "release", file: "" },
  ]);
});

test("A FaultStorage counts the files that are open, whether or not closing them fails", async () => {
  const storage = new FaultStorage();
  const a = await storage.create("a");
  const b = await storage.open("a");
  assertEquals(storage.openFiles, ["a", "a"]);
  storage.inject({ kind: "fail", operation: "close" });
  assertThrows(() => a.close(), KvIoError);
  await b.close();
  assertEquals(storage.openFiles, []);
});

test("What others hold of an image does not change when its origin goes on", async () => {
  const storage = new FaultStorage();
  const file = await storage.create("a");
  await file.append(bytes(1, 2));
  const image = storage.crash({ survival: "written" });
  await file.append(bytes(3));
  storage.writeFile("b", bytes(4));
  assertEquals(image.fileNames, ["a"]);
  assertEquals(image.readFile("a"), bytes(1, 2));
  assertEquals(image.bytesUsed, 2);
  assertEquals((await image.open("a")).size, 2);
  assertEquals(image.trace.length, 1);
  assertEquals(image.openFiles, ["a"]);
});

test("A crash drops locks, open files and faults", async () => {
  const storage = new FaultStorage();
  await storage.lock({ shared: false });
  await storage.create("a");
  storage.inject({ kind: "fail", times: Infinity });
  const image = storage.crash({ survival: "written" });
  assertEquals(image.openFiles, []);
  await image.lock({ shared: false });
  assertThrows(() => image.lock({ shared: true }), KvLockedError);
});

test("Only what was synced survives a loss of power: bytes by the sync of the file, names by that of the directory", async () => {
  const storage = new FaultStorage();
  const file = await storage.create("a");
  await file.append(bytes(1, 2));
  await file.sync();
  assertEquals(storage.crash().fileNames, []);
  await storage.syncDirectory();
  await file.append(bytes(3));
  assertEquals(storage.crash().readFile("a"), bytes(1, 2));
  await storage.rename("a", "b");
  await storage.create("c");
  assertEquals(storage.crash().fileNames, ["a"]);
  await storage.syncDirectory();
  assertEquals(storage.crash().fileNames, ["b", "c"]);
  await storage.remove("b");
  assertEquals(storage.crash().readFile("b"), bytes(1, 2));
});

test("A crash can be had after every call, in any order, long after it", async () => {
  const storage = new FaultStorage();
  storage.writeFile("old", bytes(9));
  const file = await storage.create("a");
  await file.append(bytes(1));
  await storage.remove("old");
  await file.append(bytes(2));
  const found = [4, 0, 2, 3, 1, 2].map((at) => {
    const image = storage.crash({ at, survival: "written" });
    return image.fileNames.map((name) => [name, ...image.readFile(name)!]);
  });
  const after2 = [["a", 1], ["old", 9]];
  assertEquals(found, [
    [["a", 1, 2]],
    [["old", 9]],
    after2,
    [["a", 1]],
    [["a"], ["old", 9]],
    after2,
  ]);
  storage.clearTrace();
  assertEquals(storage.crash({ at: 0, survival: "written" }).fileNames, ["a"]);
});

test("Some survivals keep in part what the others keep wholly or not at all", async () => {
  const storage = new FaultStorage();
  const size = 20_000;
  const file = await storage.create("a");
  await file.append(new Uint8Array(100).fill(1));
  await file.sync();
  await storage.syncDirectory();
  await file.append(new Uint8Array(size - 100).fill(2));
  storage.writeFile("other", new Uint8Array(9_000).fill(3));
  const seen = new Map<string, Set<string>>();
  for (const survival of survivals) {
    seen.set(survival, new Set());
    for (let seed = 0; seed < 60; seed++) {
      const left = storage.crash({ survival, seed }).readFile("a")!;
      assert(left.subarray(0, 100).every((byte) => byte === 1), survival);
      seen.get(survival)!.add(shapeOf(left.subarray(100), size - 100));
    }
  }
  assertEquals([...seen].map(([kind, shapes]) => [kind, [...shapes].sort()]), [
    ["synced", ["none"]],
    ["written", ["whole"]],
    ["blocks", ["holes", "part", "zeros"]],
    ["torn", ["part"]],
    ["reordered", ["none", "whole"]],
    ["garbage", ["other bytes", "random", "zeros"]],
  ]);
});

/** What became of a tail of twos. */
function shapeOf(tail: Uint8Array, length: number): string {
  const has = (byte: number) => tail.includes(byte);
  if (tail.some((byte) => byte > 3)) return "random";
  if (has(3)) return "other bytes";
  const end = tail.lastIndexOf(2) + 1;
  if (tail.subarray(0, end).includes(0)) return "holes";
  if (tail.length === 0) return "none";
  if (end === length) return "whole";
  return end < tail.length ? "zeros" : "part";
}

test("Changed names survive up to any of them in their order, and in any order when that is asked for", async () => {
  const storage = new FaultStorage();
  for (const name of ["a", "b", "c"]) await storage.create(name);
  const outcomes = (survival: "torn" | "reordered") => {
    const seeds = Array.from({ length: 100 }, (_, seed) => seed);
    return new Set(
      seeds.map((seed) => storage.crash({ survival, seed }).fileNames.join("")),
    );
  };
  assertEquals([...outcomes("torn")].sort(), ["", "a", "ab", "abc"]);
  const any = ["", "a", "ab", "abc", "ac", "b", "bc", "c"];
  assertEquals([...outcomes("reordered")].sort(), any);
});

test("All outcomes of up to four changed names can be had, each once; a rename is atomic", async () => {
  const storage = new FaultStorage();
  storage.writeFile("M", bytes(1));
  const file = await storage.create("tmp");
  await file.append(bytes(2));
  await file.sync();
  await storage.rename("tmp", "M");
  await storage.remove("M");
  const outcomes = [...storage.crashes()].map((image) =>
    image.fileNames.map((name) => `${name}${image.readFile(name)}`).join(" ")
  );
  assertEquals(outcomes.sort(), [
    "",
    "M1",
    "M1 tmp2",
    "M2",
    "M2 tmp2",
    "tmp2",
  ]);
});

test("Of many changed names the last four come in every order", async () => {
  const storage = new FaultStorage();
  for (const name of "abcdef") await storage.create(name);
  const outcomes = [...storage.crashes()].map(({ fileNames }) => fileNames);
  assertEquals(outcomes.length, 16);
  assert(outcomes.every((names) => names.join("").startsWith("ab")));
});

test("A crash after a crash takes what the killed process had written and not synced", async () => {
  const storage = new FaultStorage();
  const file = await storage.create("a");
  await file.append(bytes(1));
  const killed = storage.crash({ survival: "written" });
  assertEquals(killed.readFile("a"), bytes(1));
  assertEquals(killed.crash().fileNames, []);
  await killed.syncDirectory();
  assertEquals(killed.crash().readFile("a"), bytes());
  const lost = storage.crash({ survival: "torn", seed: 1 });
  assertEquals(lost.crash().fileNames, lost.fileNames);
});

test("The same seed and the same calls leave the same, another seed something else", async () => {
  const images = async (seed: number) => {
    const storage = new FaultStorage({ seed });
    storage.inject({ kind: "torn", from: 2 });
    const file = await storage.create("a");
    await file.append(new Uint8Array(10_000).fill(1));
    try {
      await file.append(new Uint8Array(10_000).fill(1));
    } catch {
      // As injected.
    }
    return survivals.map((survival) => storage.crash({ survival }))
      .map((image) => image.readFile("a")?.toString());
  };
  assertEquals(await images(1), await images(1));
  assert((await images(1)).join() !== (await images(2)).join());
});

test("A fault strikes as often as it says, from the call on that it says, of those that it says", async () => {
  const cases = [
    [{}, [1]],
    [{ from: 3 }, [3]],
    [{ from: 2, times: 2 }, [2, 3]],
    [{ from: 5, times: Infinity }, [5, 6, 7, 8]],
    [{ operation: "sync", times: Infinity }, [3, 7]],
    [{ operation: ["sync", "open"], from: 2, times: 2 }, [5, 7]],
    [{ file: "b", times: Infinity }, [5, 6, 7, 8]],
    [{ file: /^[ab]$/, operation: "append", from: 2 }, [6]],
    [{ file: "c", times: Infinity }, []],
  ] as const;
  for (const [fault, expected] of cases) {
    const storage = new FaultStorage();
    const a = await storage.create("a");
    const b = await storage.create("b");
    const injected = storage.inject({ kind: "fail", ...fault });
    storage.clearTrace();
    const calls = [
      () => storage.list(),
      () => a.append(bytes(1)),
      () => a.sync(),
      () => a.close(),
      () => storage.open("b"),
      () => b.append(bytes(1)),
      () => b.sync(),
      () => b.close(),
    ];
    const failed: number[] = [];
    for (const [i, call] of calls.entries()) {
      try {
        call();
      } catch (error) {
        assert(error instanceof KvIoError);
        failed.push(i + 1);
      }
    }
    assertEquals(failed, [...expected], JSON.stringify(fault));
    assertEquals(injected.struck, expected.length);
    const marked = storage.trace.flatMap(({ fault }, i) =>
      fault ? [i + 1] : []
    );
    assertEquals(marked, failed);
    storage.heal();
    await storage.list();
  }
});

test("A failed call has done nothing, all of its work, or lets a part of an append land", async () => {
  const storage = new FaultStorage();
  const file = await storage.create("a");
  const content = () => storage.readFile("a")!.length;
  const append = () =>
    assertThrows(() => file.append(bytes(1, 2, 3)), KvIoError);
  storage.inject({ kind: "fail" });
  append();
  assertEquals(content(), 0);
  storage.inject({ kind: "fail-after" });
  append();
  assertEquals(content(), 3);
  storage.inject({ kind: "torn", bytes: 2 });
  append();
  assertEquals(content(), 5);
  const landed = new Set<number>();
  for (let i = 0; i < 50; i++) {
    const before = content();
    storage.inject({ kind: "torn", failure: "full" });
    assertEquals((append() as KvIoError).failure, "full");
    landed.add(content() - before);
  }
  assertEquals([...landed].sort(), [0, 1, 2, 3]);
  storage.inject({ kind: "fail-after", operation: "create" });
  assertThrows(() => storage.create("b"), KvIoError);
  assertEquals([storage.fileNames, storage.openFiles], [["a", "b"], ["a"]]);
});

test("A lost sync reports success and makes nothing durable; the next one does", async () => {
  const { storage, file } = await withUnsynced();
  storage.inject({ kind: "lost-sync", times: 2 });
  await file.sync();
  await storage.syncDirectory();
  assertEquals(storage.crash().fileNames, []);
  await file.sync();
  await storage.syncDirectory();
  assertEquals(storage.crash().readFile("a"), bytes(1, 2));
});

test("A dropped sync fails, and later ones succeed without what it has dropped", async () => {
  const { storage, file } = await withUnsynced();
  await storage.syncDirectory();
  storage.inject({ kind: "dropped-sync" });
  assertThrows(() => file.sync(), KvIoError);
  assertEquals(storage.crash().readFile("a"), bytes());
  await file.append(bytes(3));
  await file.sync();
  // The system goes on showing what it could not write, until it dies.
  assertEquals(storage.readFile("a"), bytes(1, 2, 3));
  const killed = storage.crash({ survival: "written" });
  assertEquals(killed.readFile("a"), bytes(1, 2, 3));
  for (const source of [storage, killed]) {
    assertEquals(source.crash().readFile("a"), bytes(0, 0, 3));
  }
  await storage.rename("a", "b");
  storage.inject({ kind: "dropped-sync", operation: "syncDirectory" });
  assertThrows(() => storage.syncDirectory(), KvIoError);
  await storage.syncDirectory();
  assertEquals(storage.crash().fileNames, ["a"]);
  assertEquals(storage.fileNames, ["b"]);
});

test("A full storage writes what fits and says so, and takes more when there is room", async () => {
  const storage = new FaultStorage({ capacity: 5 });
  const file = await storage.create("a");
  await file.append(bytes(1, 2));
  const error = assertThrows(() => file.append(bytes(3, 4, 5, 6)), KvIoError);
  assertEquals(error.failure, "full");
  assertEquals(storage.readFile("a"), bytes(1, 2, 3, 4, 5));
  assertEquals(storage.bytesUsed, 5);
  await storage.remove("a");
  const other = await storage.create("b");
  assertThrows(() => other.append(bytes(1)), KvIoError);
  await file.close();
  await other.append(bytes(1));
  assertEquals(storage.bytesUsed, 1);
  storage.capacity = 0;
  assertThrows(() => other.append(bytes(1)), KvIoError);
  await other.append(bytes());
  assertEquals(storage.crash({ survival: "written" }).capacity, 0);
  storage.capacity = Infinity;
  await other.append(bytes(1));
});

test("A listener hears of every call before it is carried out, may hold it up, and may make it fail", async () => {
  const storage = new FaultStorage();
  const heard: StorageOperation[] = [];
  let go = () => {};
  storage.onCall = ({ operation }) => {
    heard.push(operation);
    if (operation === "list") throw new Error("no");
    if (operation === "sync") return new Promise((resolve) => go = resolve);
  };
  const file = await storage.create("a");
  await file.append(bytes(1));
  const syncing = file.sync();
  await file.append(bytes(2));
  assertThrows(() => storage.list(), Error, "no");
  assertEquals(heard, ["create", "append", "sync", "append", "list"]);
  assertEquals(storage.trace.length, 3);
  go();
  await syncing;
  assertEquals(storage.trace.length, 4);
  await storage.syncDirectory();
  // What was appended after the call of the sync is no part of it.
  assertEquals(storage.crash().readFile("a"), bytes(1));
});

test("Wrong arguments are refused by name", async () => {
  const storage = new FaultStorage();
  await storage.list();
  const wrong: [string, () => unknown][] = [
    ["seed", () => new FaultStorage({ seed: -1 })],
    ["seed", () => new FaultStorage({ seed: 1.5 })],
    ["synchronous", () => new FaultStorage({ synchronous: 1 as never })],
    ["capacity", () => new FaultStorage({ capacity: NaN })],
    ["capacity", () => storage.capacity = -1],
    ["sede", () => new FaultStorage({ sede: 1 } as object)],
    ["FaultStorage", () => new FaultStorage(null as never)],
    ["at", () => storage.crash({ at: 2 })],
    ["at", () => storage.crash({ at: -1 })],
    ["survival", () => storage.crash({ survival: "all" as never })],
    ["survival", () => [...storage.crashes({ survival: "written" as never })]],
    ["then", () => storage.crash({ then: 1 } as object)],
    ["kind", () => storage.inject({} as never)],
    ["kind", () => storage.inject({ kind: "late" as never })],
    [
      "operation",
      () => storage.inject({ kind: "fail", operation: "write" as never }),
    ],
    ["operation", () => storage.inject({ kind: "fail", operation: [] })],
    ["file", () => storage.inject({ kind: "fail", file: /a/g })],
    ["from", () => storage.inject({ kind: "fail", from: 0 })],
    ["times", () => storage.inject({ kind: "fail", times: -1 })],
    ["failure", () => storage.inject({ kind: "fail", failure: "no" as never })],
    ["bytes", () => storage.inject({ kind: "torn", bytes: -1 })],
    ["call", () => storage.inject({ kind: "fail", call: 1 } as never)],
  ];
  for (const [name, call] of wrong) {
    const error = assertThrows(call, KvError, name);
    assertEquals(error.code, "KV_INVALID_ARGUMENT", error.message);
  }
});

test("An engine that stands on promises finds the same after a crash", async () => {
  const storage = new FaultStorage({ synchronous: false });
  const db = await open(storage);
  await db.put("a", "1");
  const image = storage.crash();
  assertEquals(image.synchronous, false);
  await assertRejects(() => open(storage), KvLockedError);
  await using again = await open(image);
  assertEquals(await again.get("a"), "1");
  await db.close();
});

async function withUnsynced(): Promise<
  { storage: FaultStorage; file: WritableFile }
> {
  const storage = new FaultStorage();
  const file = await storage.create("a");
  await file.append(bytes(1, 2));
  return { storage, file };
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.of(...values);
}
