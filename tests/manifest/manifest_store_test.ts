import { assert, assertEquals, assertRejects } from "@std/assert";
import { KvCorruptionError, KvIoError } from "../../src/errors.ts";
import {
  encodeManifest,
  MAX_MANIFEST_BYTES,
} from "../../src/manifest/manifest_codec.ts";
import {
  readManifest,
  replaceManifest,
} from "../../src/manifest/manifest_store.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { ranges } from "../tombstones/samples.ts";
import { sampleState } from "./samples.ts";

const oldState = sampleState();
const newState = sampleState({
  flushedSequence: 5,
  logs: [],
  levels: [],
  rangeTombstones: ranges(),
});
const kinds = ["fail", "fail-after", "torn"] as const;

for (const synchronous of [true, false]) {
  const kind = synchronous ? "synchronous" : "asynchronous";

  test(`A replaced manifest is read back from ${kind} storage`, async () => {
    const storage = new FaultStorage({ synchronous });
    assertEquals(await readManifest(storage), undefined);
    for (const state of [oldState, newState, oldState]) {
      await replaceManifest(storage, state);
      assertEquals(await readManifest(storage), state);
      assertEquals(await storage.list(), ["MANIFEST"]);
    }
    assertEquals(storage.openFiles, []);
  });

  test(`A crash at any call leaves the old or the new manifest on ${kind} storage`, async () => {
    let recoveries = 0;
    for (const hasOld of [true, false]) {
      const storage = await storageWith(synchronous, hasOld);
      await replaceManifest(storage, newState);
      const calls = storage.trace.length;
      for (let at = 0; at <= calls; at++) {
        for (const image of everyImage(storage, at)) {
          const found = await readManifest(image);
          if (at === calls) assertEquals(found, newState);
          else assertOldOrNew(found, hasOld);
          await replaceManifest(image, newState);
          assertEquals(await readManifest(image), newState);
          recoveries++;
        }
      }
    }
    assert(recoveries > 300, `${recoveries} recoveries are too few`);
  });

  test(`A failure at any call leaves the old or the new manifest on ${kind} storage, and the next try succeeds`, async () => {
    for (const kind of kinds) {
      for (let from = 1;; from++) {
        const storage = await storageWith(synchronous, true);
        const fault = storage.inject({ kind, from });
        const replacing = replaceManifest(storage, newState);
        const failure = await replacing.catch((error) => error);
        if (fault.struck === 0) break;
        assert(failure instanceof KvIoError, `${kind} ${from}: ${failure}`);
        assertOldOrNew(await readManifest(storage), true);
        await replaceManifest(storage, newState);
        assertEquals(await readManifest(storage), newState);
        assertEquals(await storage.list(), ["MANIFEST"]);
      }
    }
  });
}

test("A failed replacement leaves neither its file nor an open handle behind", async () => {
  // Calls: remove what is stale, create, append, sync, close, rename, sync the directory.
  for (const call of [3, 4, 6]) {
    const storage = await storageWith(true, false);
    storage.inject({ kind: "fail", from: call });
    await assertRejects(() => replaceManifest(storage, newState), KvIoError);
    assertEquals(await storage.list(), []);
    assertEquals(storage.openFiles, []);
  }
});

test("A stale temporary manifest is replaced, whatever it holds", async () => {
  const storage = new FaultStorage();
  storage.writeFile("MANIFEST.tmp", encodeManifest(oldState));
  assertEquals(await readManifest(storage), undefined);
  await replaceManifest(storage, newState);
  assertEquals(await readManifest(storage), newState);
});

test("A manifest is read without a single change to the storage", async () => {
  const storage = await storageWith(true, true);
  await readManifest(storage);
  // Open, read, close.
  assertEquals(storage.trace.length, 3);
});

test("A failure to read is no missing manifest", async () => {
  for (const call of [1, 2, 3]) {
    const storage = await storageWith(true, true);
    storage.inject({ kind: "fail", from: call });
    await assertRejects(() => readManifest(storage), KvIoError);
  }
});

test("A damaged manifest is reported and its file closed", async () => {
  const storage = new FaultStorage();
  storage.writeFile("MANIFEST", new Uint8Array(0));
  const error = await assertRejects(
    () => readManifest(storage),
    KvCorruptionError,
  );
  assertEquals([error.file, error.offset], ["MANIFEST", 0]);
  assertEquals(storage.openFiles, []);
});

test("A manifest of absurd size is refused before memory is taken for it", async () => {
  const storage = new FaultStorage();
  storage.writeFile("MANIFEST", new Uint8Array(8));
  const open = storage.open.bind(storage);
  storage.open = (name) => {
    const file = open(name);
    if (file instanceof Promise) throw new Error("Expected a file at once");
    Object.defineProperty(file, "size", {
      value: MAX_MANIFEST_BYTES * 2 ** 20,
    });
    return file;
  };
  await assertRejects(() => readManifest(storage), KvCorruptionError);
  assertEquals(storage.openFiles, []);
});

async function storageWith(
  synchronous: boolean,
  hasOld: boolean,
): Promise<FaultStorage> {
  const storage = new FaultStorage({ synchronous });
  if (hasOld) await replaceManifest(storage, oldState);
  storage.clearTrace();
  return storage;
}

/** What a crash after call `at` can leave. */
function* everyImage(
  storage: FaultStorage,
  at: number,
): Generator<FaultStorage> {
  for (const survival of survivals) {
    for (let seed = 0; seed < 3; seed++) {
      yield storage.crash({ at, survival, seed });
    }
    if (survival !== "written") yield* storage.crashes({ at, survival });
  }
}

function assertOldOrNew(found: unknown, hasOld: boolean): void {
  const before = hasOld ? oldState : undefined;
  try {
    assertEquals(found, before);
  } catch {
    assertEquals(found, newState);
  }
}
