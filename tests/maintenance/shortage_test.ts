// Repairs and checks that run out of what the system gives, such as numbers for open files.
import { assert, assertEquals } from "@std/assert";
import { KvIoError, open, repair, verify } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { contentOf, copyOf } from "./damaged_store.ts";
import { RefusingStorage, systemError } from "./refusing_storage.ts";

const SEGMENTS = 6;

/** A store of several segments and a log, without its manifest: all segments are read at once. */
async function storeWithoutManifest(): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await using db = await open(storage, { compaction: { threshold: 64 } });
  for (let i = 0; i < SEGMENTS; i++) {
    await db.put(`flushed${i}`, `${i}`);
    await db.flush();
  }
  await db.put("logged", "1");
  return copyOf(
    storage,
    (name, bytes) => name === "MANIFEST" ? undefined : bytes,
  );
}

const store = await storeWithoutManifest();

/** How often a repair of it reads. */
async function countReads(): Promise<number> {
  let reads = 0;
  const counted = new RefusingStorage(store, ({ operation }) => {
    if (operation === "readAt") reads++;
    return undefined;
  });
  await repair(counted, { into: new MemoryStorage() });
  return reads;
}

const READS = await countReads();
assert(READS > SEGMENTS);

async function assertShortage(
  damaged: RefusingStorage,
  remedy: string,
): Promise<void> {
  const into = new MemoryStorage();
  const error = await repair(damaged, { into }).catch((error) => error);
  assert(error instanceof KvIoError, String(error));
  assert(error.message.endsWith(remedy), error.message);
  assertEquals([damaged.openFiles, into.list()], [0, ["REPAIR"]]);
}

test("A repair that may open no more files fails and says so, and takes no file for lost", async () => {
  for (let limit = 0;; limit++) {
    let refused = 0;
    const damaged: RefusingStorage = new RefusingStorage(
      store,
      ({ operation }) => {
        if (operation !== "open" || damaged.openFiles < limit) return;
        refused++;
        return systemError("EMFILE", "too many open files");
      },
    );
    const into = new MemoryStorage();
    if (limit >= SEGMENTS) {
      const { losses } = await repair(damaged, { into });
      assertEquals(losses, []);
      assertEquals((await contentOf(into, [])).size, SEGMENTS + 1);
      assertEquals(refused, 0);
      break;
    }
    await assertShortage(
      damaged,
      "too many open files; raise the limit of open files of this process (ulimit -n)",
    );
  }
});

test("A repair for whose reads the system lacks memory fails at whichever read, and takes no byte for lost", async () => {
  for (let from = 1; from <= READS; from++) {
    let reads = 0;
    const damaged = new RefusingStorage(
      store,
      ({ operation }) =>
        operation === "readAt" && ++reads === from
          ? systemError("ENOMEM", "cannot allocate memory")
          : undefined,
    );
    await assertShortage(
      damaged,
      "cannot allocate memory; the system is out of memory: free some",
    );
  }
});

test("A check that may open no more files, or lacks memory, fails, and calls nothing damaged", async () => {
  for (const operation of ["open", "readAt"]) {
    for (let from = 1; from <= SEGMENTS; from++) {
      let requests = 0;
      const storage = new RefusingStorage(
        store,
        (request) =>
          request.operation === operation && ++requests >= from
            ? systemError("EMFILE", "too many open files")
            : undefined,
      );
      const error = await verify(storage).catch((error) => error);
      assert(error instanceof KvIoError, `${operation} ${from}: ${error}`);
      assertEquals(storage.openFiles, 0);
    }
  }
});
