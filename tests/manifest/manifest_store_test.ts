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
import { test } from "../harness.ts";
import { FaultyStorage, type Survival } from "../support/faulty_storage.ts";
import { sampleState } from "./samples.ts";

const oldState = sampleState();
const newState = sampleState({ flushedSequence: 5, logs: [], levels: [] });
const survivals: readonly Survival[] = ["synced", "written", "torn", "zeroed"];
const moments = ["before", "after", "torn"] as const;

for (const synchronous of [true, false]) {
  const kind = synchronous ? "synchronous" : "asynchronous";

  test(`A replaced manifest is read back from ${kind} storage`, async () => {
    const storage = new FaultyStorage(synchronous);
    assertEquals(await readManifest(storage), undefined);
    for (const state of [oldState, newState, oldState]) {
      await replaceManifest(storage, state);
      assertEquals(await readManifest(storage), state);
      assertEquals(await storage.list(), ["MANIFEST"]);
    }
    assertEquals(storage.openFiles, 0);
  });

  test(`A crash at any call leaves the old or the new manifest on ${kind} storage`, async () => {
    const acknowledged = await callsOfReplacement(synchronous);
    let recoveries = 0;
    for (let call = 1; call <= acknowledged + 1; call++) {
      for (const moment of moments) {
        for (const hasOld of [true, false]) {
          const storage = await storageWith(synchronous, hasOld);
          storage.fault = { call, moment, isCrash: true };
          const isDone = await succeeds(replaceManifest(storage, newState));
          assertEquals(isDone, call > acknowledged);
          for (const survival of survivals) {
            for (const image of storage.survivors(survival)) {
              const found = await readManifest(image);
              if (isDone) assertEquals(found, newState);
              else assertOldOrNew(found, hasOld);
              await replaceManifest(image, newState);
              assertEquals(await readManifest(image), newState);
              recoveries++;
            }
          }
        }
      }
    }
    assert(recoveries > 300, `${recoveries} recoveries are too few`);
  });

  test(`A failure at any call leaves the old or the new manifest on ${kind} storage, and the next try succeeds`, async () => {
    const acknowledged = await callsOfReplacement(synchronous);
    for (let call = 1; call <= acknowledged; call++) {
      for (const moment of moments) {
        const storage = await storageWith(synchronous, true);
        storage.fault = { call, moment, isCrash: false };
        await assertRejects(
          () => replaceManifest(storage, newState),
          KvIoError,
        );
        storage.fault = undefined;
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
    storage.fault = { call, moment: "before", isCrash: false };
    await assertRejects(() => replaceManifest(storage, newState), KvIoError);
    assertEquals(await storage.list(), []);
    assertEquals(storage.openFiles, 0);
  }
});

test("A stale temporary manifest is replaced, whatever it holds", async () => {
  const storage = new FaultyStorage();
  storage.plant("MANIFEST.tmp", encodeManifest(oldState));
  assertEquals(await readManifest(storage), undefined);
  await replaceManifest(storage, newState);
  assertEquals(await readManifest(storage), newState);
});

test("A manifest is read without a single change to the storage", async () => {
  const storage = await storageWith(true, true);
  await readManifest(storage);
  // Open, read, close.
  assertEquals(storage.calls, 3);
});

test("A failure to read is no missing manifest", async () => {
  for (const call of [1, 2, 3]) {
    const storage = await storageWith(true, true);
    storage.fault = { call, moment: "before", isCrash: false };
    await assertRejects(() => readManifest(storage), KvIoError);
  }
});

test("A damaged manifest is reported and its file closed", async () => {
  const storage = new FaultyStorage();
  storage.plant("MANIFEST", new Uint8Array(0));
  const error = await assertRejects(
    () => readManifest(storage),
    KvCorruptionError,
  );
  assertEquals([error.file, error.offset], ["MANIFEST", 0]);
  assertEquals(storage.openFiles, 0);
});

test("A manifest of absurd size is refused before memory is taken for it", async () => {
  const storage = new FaultyStorage();
  storage.plant("MANIFEST", new Uint8Array(8));
  const open = storage.open.bind(storage);
  storage.open = (name) => {
    const file = open(name);
    if (file instanceof Promise) throw new Error("Expected a file at once");
    return { ...file, size: MAX_MANIFEST_BYTES * 2 ** 20 };
  };
  await assertRejects(() => readManifest(storage), KvCorruptionError);
  assertEquals(storage.openFiles, 0);
});

async function storageWith(
  synchronous: boolean,
  hasOld: boolean,
): Promise<FaultyStorage> {
  const storage = new FaultyStorage(synchronous);
  if (hasOld) await replaceManifest(storage, oldState);
  storage.trace.length = 0;
  return storage;
}

async function callsOfReplacement(synchronous: boolean): Promise<number> {
  const storage = await storageWith(synchronous, true);
  await replaceManifest(storage, newState);
  return storage.calls;
}

function assertOldOrNew(found: unknown, hasOld: boolean): void {
  const before = hasOld ? oldState : undefined;
  try {
    assertEquals(found, before);
  } catch {
    assertEquals(found, newState);
  }
}

async function succeeds(work: Promise<void>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch {
    return false;
  }
}
