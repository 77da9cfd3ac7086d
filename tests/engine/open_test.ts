import { assert, assertEquals, assertRejects } from "@std/assert";
import { json, open, tuple, utf8 } from "../../mod.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import { logName, segmentName } from "../../src/format/file_names.ts";
import { encodeManifest } from "../../src/manifest/manifest_codec.ts";
import { FaultStorage, type StorageCall } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { lineOf } from "../support/calls.ts";
import {
  commitsOf,
  entriesIn,
  entriesOf,
  logImage,
  manifestOf,
  storageOf,
} from "./crafted_store.ts";

const small = { memtableSize: 64 * 1024 };
const junk = Uint8Array.of(1, 2, 3);
/** Calls that change nothing. */
const isHarmless = ({ operation }: StorageCall) =>
  ["lock", "release", "list", "open", "readAt", "close"].includes(operation);

test("A new store is a manifest and a log, both named durably before it is handed out", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, small);
  for (const survivor of storage.crashes()) {
    assert(survivor.fileNames.includes("MANIFEST"));
    assert(survivor.fileNames.some((name) => name.endsWith(".log")));
    await using reopened = await open(survivor, small);
    assertEquals(await entriesIn(reopened), {});
  }
  await db.close();
});

test("A store that a killed process was making opens, whatever the power takes from the next one that opens it", async () => {
  const first = new FaultStorage();
  await (await open(first, small)).close();
  for (let killed = 0; killed <= first.trace.length; killed++) {
    const second = first.crash({ at: killed, survival: "written" });
    await (await open(second, small)).close();
    for (let at = 0; at <= second.trace.length; at++) {
      for (const left of second.crashes({ at })) {
        await using db = await open(left, small);
        assertEquals(await entriesIn(db), {}, `calls ${killed} and ${at}`);
      }
    }
  }
});

test("What a crash left of unfinished work is removed, what others put there is left alone", async () => {
  const storage = await storeWithData();
  const before = storage.fileNames;
  const orphans = [
    segmentName(70),
    segmentName(1_000_000),
    logName(1),
    "MANIFEST.tmp",
  ];
  const foreign = ["notes.txt", "000070.seg.bak", "7.log", "LOCK", ".hidden"];
  for (const name of [...orphans, ...foreign]) storage.writeFile(name, junk);
  await using db = await open(storage, small);
  assertEquals(await entriesIn(db), entriesOf(1, 9));
  for (const name of orphans) assert(!storage.fileNames.includes(name), name);
  for (const name of foreign) assertEquals(storage.readFile(name), junk);
  for (const name of before.filter((name) => name.endsWith(".seg"))) {
    assert(storage.fileNames.includes(name), name);
  }
});

test("What only an older manifest names goes when a newer one is durable, which the one that was read may not be", async () => {
  const storage = new FaultStorage();
  const db = await open(storage, small);
  await db.put("a", "1");
  // The new manifest, which needs no log, is there for all to see, and never will be durable.
  const manifest = { operation: "syncDirectory", from: 2 } as const;
  storage.inject({ kind: "dropped-sync", ...manifest });
  await assertRejects(() => db.flush(), KvError);
  await db.close();
  const killed = storage.crash({ survival: "written" });
  const again = await open(killed, small);
  await again.close();
  for (let at = 0; at <= killed.trace.length; at++) {
    await using left = await open(killed.crash({ at }), small);
    assertEquals(await entriesIn(left), { a: "1" }, `call ${at}`);
  }
});

test("What a crash left of unfinished work goes before its space is needed", async () => {
  const storage = await storeWithData();
  storage.writeFile(segmentName(5_000), new Uint8Array(10_000));
  storage.capacity = storage.bytesUsed;
  await using db = await open(storage, small);
  await db.put("a", "1");
});

test("Numbers of files that were lying about are not given out again", async () => {
  const storage = await storeWithData();
  storage.writeFile(segmentName(5_000), junk);
  await using db = await open(storage, small);
  await db.put("a", "1");
  await db.flush();
  const numbers = storage.trace.map((call) =>
    /^create (\d+)/.exec(lineOf(call))?.[1]
  );
  assert(Number(numbers.findLast(Boolean)) > 5_000);
});

test("Segments or logs without a manifest are a damaged store, not an empty one", async () => {
  for (const name of [segmentName(5), logName(5)]) {
    const storage = new FaultStorage();
    storage.writeFile(name, junk);
    for (const readOnly of [false, true]) {
      const error = await assertRejects(
        () => open(storage, { ...small, readOnly }),
        KvCorruptionError,
        name,
      );
      assertEquals(error.file, "MANIFEST");
    }
    assertEquals(storage.fileNames, [name]);
  }
});

test("A missing store is made only when that is asked for", async () => {
  for (const names of [[], ["notes.txt"], ["MANIFEST.tmp"]]) {
    for (const options of [{ createIfMissing: false }, { readOnly: true }]) {
      const storage = new FaultStorage();
      for (const name of names) storage.writeFile(name, junk);
      const error = await assertRejects(
        () => open(storage, { ...small, ...options }),
        KvError,
      );
      assertEquals(error.code, "KV_NOT_FOUND");
      assertEquals(storage.fileNames, names);
      assert(storage.trace.every(isHarmless));
    }
  }
});

test("A store that is there is not made anew when that is refused", async () => {
  const storage = await storeWithData();
  const options = { ...small, errorIfExists: true };
  const error = await assertRejects(() => open(storage, options), KvError);
  assertEquals(error.code, "KV_INVALID_ARGUMENT");
  await using db = await open(new FaultStorage(), options);
  await db.put("a", "1");
});

test("A manifest that is cut, empty or of random bytes is refused, and nothing is touched", async () => {
  const manifest = encodeManifest(manifestOf());
  const bad = [
    new Uint8Array(0),
    manifest.slice(0, 10),
    manifest.slice(0, -1),
    Uint8Array.of(...manifest, 0),
    new Uint8Array(manifest.length),
    junk,
  ];
  for (const bytes of bad) {
    const storage = new FaultStorage();
    storage.writeFile("MANIFEST", bytes);
    storage.writeFile(segmentName(5), junk);
    await assertRejects(() => open(storage, small), KvCorruptionError);
    assertEquals(storage.fileNames, [segmentName(5), "MANIFEST"]);
    assert(storage.trace.every(isHarmless));
    assertEquals(storage.openFiles, []);
  }
});

test("A segment that the manifest names must be there, whole, and the right one", async () => {
  const storage = await storeWithData();
  const name = storage.fileNames.find((name) => name.endsWith(".seg"))!;
  const bytes = storage.readFile(name)!;
  const swapped = bytes.slice();
  swapped[swapped.length >>> 1]! ^= 1;
  const broken: [string, () => void][] = [
    ["gone", () => storage.removeFile(name)],
    ["bytes long", () => storage.writeFile(name, bytes.slice(0, -1))],
    ["bytes long", () => storage.writeFile(name, Uint8Array.of(...bytes, 0))],
    ["bytes long", () => storage.writeFile(name, new Uint8Array(0))],
    ["", () => storage.writeFile(name, new Uint8Array(bytes.length))],
  ];
  for (const [problem, breakIt] of broken) {
    breakIt();
    const error = await assertRejects(
      () => open(storage, small),
      KvCorruptionError,
      problem,
    );
    assertEquals(error.file, name);
    assertEquals(storage.openFiles, []);
  }
});

test("The whole segment of another store does not pass for the one that the manifest names", async () => {
  const [one, other] = [await storeWithData(), await storeWithData("x")];
  const name = one.fileNames.find((name) => name.endsWith(".seg"))!;
  one.writeFile(name, other.readFile(name)!);
  const error = await assertRejects(() => open(one, small), KvCorruptionError);
  assertEquals(error.file, name);
});

test("Codecs other than those that the store was made with are refused", async () => {
  const storage = await storeWithData();
  const wrong = [{ keys: tuple }, { values: json() }];
  for (const codecs of wrong) {
    const error = await assertRejects(
      () => open(storage, { ...small, ...codecs } as object),
      KvError,
      "codec utf8",
    );
    assertEquals(error.code, "KV_INVALID_ARGUMENT");
    assertEquals(storage.openFiles, []);
  }
  await using db = await open(storage, { ...small, keys: utf8, values: utf8 });
  assertEquals(await entriesIn(db), entriesOf(1, 9));
});

test("Opening ends when its signal is aborted, before and on the way", async () => {
  const reason = new Error("enough");
  const storage = await storeWithLogs();
  const signal = AbortSignal.abort(reason);
  const early = open(storage, { ...small, signal });
  assertEquals(await early.catch((error) => error), reason);
  for (const line of [/^lock/, /^list/, /^readAt .*log/]) {
    const abort = new AbortController();
    storage.onCall = (call) => {
      if (line.test(lineOf(call))) abort.abort(reason);
    };
    const opening = open(storage, { ...small, signal: abort.signal });
    assertEquals(await opening.catch((error) => error), reason, `${line}`);
    assertEquals(storage.openFiles, []);
  }
  storage.onCall = undefined;
  await using db = await open(storage, small);
  assertEquals(await entriesIn(db), entriesOf(1, 20));
});

test("A store that is opened for reading is never written to, whatever is asked of it", async () => {
  const storage = await storeWithLogs();
  storage.writeFile(segmentName(70), junk);
  storage.writeFile("MANIFEST.tmp", junk);
  const names = storage.fileNames;
  const db = await open(storage, { ...small, readOnly: true });
  const other = await open(storage, { ...small, readOnly: true });
  assertEquals(await entriesIn(db), entriesOf(1, 20));
  const snapshot = db.snapshot();
  assertEquals(await entriesIn(snapshot), entriesOf(1, 20));
  snapshot.close();
  const refused = [
    () => db.put("a", "1"),
    () => db.del("a"),
    () => db.flush(),
    () => db.compact(),
    () => db.sync(),
  ];
  for (const write of refused) {
    const error = await assertRejects(write, KvError);
    assertEquals(error.code, "KV_READ_ONLY");
  }
  for (let i = 0; i < 20; i++) await nextTurn();
  assertEquals(db.stats().lastSequence, 20);
  await db.close();
  await other.close();
  assertEquals(storage.trace.filter((call) => !isHarmless(call)), []);
  assertEquals(storage.fileNames, names);
  assertEquals(storage.openFiles, []);
});

for (const synchronous of [true, false]) {
  const kind = synchronous ? "at once" : "with promises";

  test(`A call that fails while a store is opened is reported, leaves nothing open and does no harm (answers ${kind})`, async () => {
    const base = await storeWithLogs(synchronous);
    base.writeFile(segmentName(70), junk);
    let calls = 0;
    for (let call = 1;; call++) {
      const storage = base.crash({ survival: "written" });
      const fault = storage.inject({ kind: "fail", from: call });
      let isOpen = true;
      try {
        // Whatever flush begins is waited for.
        const db = await open(storage, small);
        await db.close();
      } catch (error) {
        assert(error instanceof KvError, `call ${call}: ${error}`);
        assert(["KV_IO", "KV_POISONED"].includes(error.code), error.message);
        isOpen = false;
      }
      assertEquals(
        storage.openFiles,
        [],
        `call ${call} ${lineOf(storage.trace.at(-1)!)}`,
      );
      if (isOpen && fault.struck === 0) break;
      calls++;
      await using db = await open(storage, small);
      assertEquals(await entriesIn(db), entriesOf(1, 20), `call ${call}`);
    }
    assert(calls > 30, `${calls} calls`);
  });
}

/** A closed store of nine writes, in one segment. */
async function storeWithData(prefix = "k"): Promise<FaultStorage> {
  const storage = new FaultStorage();
  const db = await open(storage, small);
  for (let n = 1; n <= 9; n++) await db.put(`${prefix}${n}`, `v${n}`);
  await db.close();
  storage.clearTrace();
  return storage;
}

/** Twenty writes in logs, as a crash may leave them. */
function storeWithLogs(synchronous = true): Promise<FaultStorage> {
  const crafted = [
    { number: 3, first: 1, commits: commitsOf(1, 9) },
    { number: 5, first: 10, commits: commitsOf(10, 19) },
    { number: 8, first: 20, commits: commitsOf(20, 20) },
  ];
  if (synchronous) {
    return Promise.resolve(storageOf(manifestOf({ logs: [3, 5] }), crafted));
  }
  const storage = new FaultStorage({ synchronous: false });
  storage.writeFile("MANIFEST", encodeManifest(manifestOf({ logs: [3, 5] })));
  for (const log of crafted) {
    storage.writeFile(logName(log.number), logImage(log).image);
  }
  return Promise.resolve(storage);
}
