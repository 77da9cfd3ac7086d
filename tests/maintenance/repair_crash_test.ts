import { assert, assertEquals, assertRejects } from "@std/assert";
import { KvError, open, repair, type Storage, utf8 } from "../../mod.ts";
import { segmentName } from "../../src/format/file_names.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";
import { levelsOf } from "./crafted.ts";
import {
  contentOf,
  copyOf,
  faultCopy,
  finalState,
  isSame,
  sampleStore,
  STRIDE,
} from "./damaged_store.ts";

const { storage, history } = await sampleStore();
const [[newest]] = levelsOf(storage) as [[number]];

/** Without a manifest nothing else names the codecs. */
const IN_PLACE = { inPlace: true, keys: utf8, values: utf8 };

/** Stores that are damaged in one way or another. */
const damages: [what: string, store: MemoryStorage][] = [
  [
    "a block",
    copyOf(storage, (name, bytes) => {
      if (name === segmentName(newest)) bytes[3]! ^= 1;
      return bytes;
    }),
  ],
  [
    "the manifest, of which enough is left",
    copyOf(storage, (name, bytes) => {
      if (name === "MANIFEST") bytes[21]! ^= 1;
      return bytes;
    }),
  ],
  [
    "the manifest",
    copyOf(storage, (name, bytes) => name === "MANIFEST" ? undefined : bytes),
  ],
  ["the manifest, which lies under its temporary name", renamed()],
];

function renamed(): MemoryStorage {
  const copy = copyOf(storage);
  copy.rename("MANIFEST", "MANIFEST.tmp");
  return copy;
}

for (const [what, damaged] of damages) {
  test(`A crash at any call of a repair in place loses nothing that could be saved (${what})`, async () => {
    const expected = await contentAfterRepair(damaged);
    const places = faultCopy(damaged);
    await repair(places, IN_PLACE);
    assertEquals(await contentOf(places, []), expected);
    assert(places.fileNames.every((name) => /MANIFEST|\.seg$/.test(name)));
    for (let at = 0; at <= places.trace.length; at += Math.min(STRIDE, 3)) {
      for (const survival of survivals) {
        const where = `crash after call ${at}, ${survival}`;
        const left = places.crash({ at, survival });
        assertEquals(await contentAfterRepair(left), expected, where);
      }
      for (const left of places.crashes({ at })) {
        const content = await contentAfterRepair(left);
        assertEquals(content, expected, `names after call ${at}`);
      }
    }
  });

  test(`When any call of a repair in place fails, the store can be repaired as before (${what})`, async () => {
    const expected = await contentAfterRepair(damaged);
    await failAtEveryCall(async (from) => {
      const places = faultCopy(damaged);
      const fault = places.inject({ kind: "fail", from });
      const isDone = await succeeds(() => repair(places, IN_PLACE));
      places.heal();
      const where = `call ${from}`;
      assertEquals(places.openFiles, [], where);
      assertEquals(await contentAfterRepair(places), expected, where);
      return isDone && fault.struck === 0;
    });
  });
}

test("After a crash at any call of a repair into another place there is the whole store or none, and no engine makes an empty one there", async () => {
  const target = new FaultStorage();
  await repair(storage, { into: target });
  const state = finalState(history);
  const begun = target.trace.findIndex(({ operation }) =>
    operation === "syncDirectory"
  );
  let stores = 0;
  for (let at = 0; at <= target.trace.length; at++) {
    for (const survival of survivals) {
      const left = target.crash({ at, survival });
      const where = `crash after call ${at}, ${survival}`;
      if (await holdsStore(left)) {
        stores++;
        assertEquals(await contentOf(left, history.keys()), state, where);
      } else if (at > begun) {
        await assertKvError(() => open(left), "KV_CORRUPTION", "a repair");
        await repair(storage, { into: left });
        assertEquals(await contentOf(left, []), state, where);
      }
    }
  }
  assert(stores >= survivals.length);
});

test("When any call of a repair into another place fails, no store is left there and nothing open, and a repair into the same place does it", async () => {
  await failAtEveryCall(async (from) => {
    const source = faultCopy(storage);
    const target = new FaultStorage();
    const faults = [source, target].map((each) =>
      each.inject({ kind: "fail", from, failure: "full" })
    );
    const isDone = await succeeds(() => repair(source, { into: target }));
    source.heal();
    target.heal();
    const where = `call ${from}`;
    assertEquals([source.openFiles, target.openFiles], [[], []], where);
    if (!isDone && !await holdsStore(target)) {
      // What could not be removed is no store either.
      const left = target.fileNames.filter((name) => name === "MANIFEST");
      assertEquals(left, [], where);
      await repair(source, { into: target });
      assertEquals(await contentOf(target, []), finalState(history), where);
    }
    assertEquals(await contentAfterRepair(source), finalState(history), where);
    return isDone && faults.every(({ struck }) => struck === 0);
  });
});

test("A repair that is aborted leaves nothing but its mark, by which engines refuse the place, and both places free", async () => {
  let aborted = 0;
  for (let after = 1; after < 12; after++) {
    const source = faultCopy(storage);
    const target = new FaultStorage();
    const controller = new AbortController();
    let calls = 0;
    const repairing = repair(source, {
      into: target,
      signal: controller.signal,
      onProgress: () => {
        if (++calls === after) controller.abort(new Error("enough"));
      },
    });
    if (await succeeds(() => repairing, "enough")) break;
    aborted++;
    assertEquals([source.openFiles, target.openFiles, target.fileNames], [
      [],
      [],
      ["REPAIR"],
    ]);
    await assertKvError(() => open(target), "KV_CORRUPTION", "a repair");
    await repair(source, { into: target });
    assert(isSame(await contentOf(target, []), finalState(history)));
    assert(!target.fileNames.includes("REPAIR"));
  }
  assert(aborted > 2);
});

/** Runs `attempt` with calls failing from 1 upwards until it says that none has. */
async function failAtEveryCall(
  attempt: (from: number) => Promise<boolean>,
): Promise<void> {
  for (let from = 1; !await attempt(from); from++) {
    assert(from < 500, "it never comes to an end");
  }
}

/** Whether `work` is done; it may also fail as the storage made it fail. */
async function succeeds(
  work: () => Promise<unknown>,
  message?: string,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (message === undefined) {
      assert(error instanceof KvError && error.code === "KV_IO", `${error}`);
    } else {
      assertEquals((error as Error).message, message);
    }
    return false;
  }
}

/** Whether there is a store; where there is none, an engine refuses the place or finds it empty. */
async function holdsStore(place: FaultStorage): Promise<boolean> {
  if (place.fileNames.includes("MANIFEST")) return true;
  const error = await assertRejects(
    () => open(place, { readOnly: true }),
    KvError,
  );
  assert(["KV_NOT_FOUND", "KV_CORRUPTION"].includes(error.code), error.code);
  return false;
}

async function contentAfterRepair(
  damaged: Storage,
): Promise<Map<string, string>> {
  const into = new MemoryStorage();
  await repair(damaged, { into });
  return await contentOf(into, []);
}
