// Stores whose files the storage refuses to open or to read.
import { assert, assertEquals } from "@std/assert";
import { open, repair, type Storage, verify } from "../../mod.ts";
import { segmentName } from "../../src/format/file_names.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";
import { levelsOf } from "./crafted.ts";
import {
  bytesOf,
  contentOf,
  copyOf,
  expectFromHistory,
  faultCopy,
  finalState,
  type History,
  sampleStore,
} from "./damaged_store.ts";
import { diskError, RefusingStorage } from "./refusing_storage.ts";

const { storage, history } = await sampleStore();
const state = finalState(history);
const [[newest], [oldest]] = levelsOf(storage) as [[number], [number]];
const log = storage.list().find((name) => name.endsWith(".log"))!;

const DENIED = { kind: "fail", failure: "denied", times: Infinity } as const;

async function repaired(damaged: Storage, written: History, where: string) {
  const into = new MemoryStorage();
  const report = await repair(damaged, { into });
  const { ok, problems } = await verify(into);
  assert(ok, `${where}: ${JSON.stringify(problems)}`);
  const content = await contentOf(into, []);
  expectFromHistory(content, written, where);
  return { report, content };
}

for (const name of [segmentName(newest), segmentName(oldest), log]) {
  test(`A file that cannot be opened is lost, and the rest is saved as without it (${name})`, async () => {
    const denied = faultCopy(storage);
    denied.inject({ ...DENIED, operation: "open", file: name });
    const missing = copyOf(
      storage,
      (other, bytes) => name === other ? undefined : bytes,
    );
    const { report, content } = await repaired(denied, history, name);
    const without = await repaired(missing, history, name);
    assertEquals(content, without.content);
    assertEquals(
      report.losses.map(({ file, keys }) => ({ file, keys })),
      without.report.losses.map(({ file, keys }) => ({ file, keys })),
    );
    assert(report.losses[0]!.reason.startsWith(`Cannot open ${name}: `));
    assertEquals([report.ok, denied.openFiles], [false, []]);
  });
}

test("A manifest that cannot be opened is told of, and all the rest is there", async () => {
  const denied = faultCopy(storage);
  denied.inject({ ...DENIED, file: "MANIFEST" });
  const { report, content } = await repaired(denied, history, "MANIFEST");
  for (const key of state.keys()) assert(content.has(key), key);
  assert(report.warnings[0]!.startsWith("Cannot open MANIFEST: "));
});

/**
 * A store with a segment, and a log with a batch larger than what is read at once, with a value of
 * 100 to each key.
 */
async function largeStore() {
  const original = new MemoryStorage();
  const written: History = new Map();
  await using db = await open(original, { blockSize: 512 });
  const put = async (from: number, to: number) => {
    const batch = db.batch();
    for (let i = from; i < to; i++) {
      const value = `${i}:`.padEnd(100, "x");
      written.set(`key${i}`, [value]);
      batch.put(`key${i}`, value);
    }
    await batch.commit();
  };
  await put(0, 1000);
  await db.flush();
  await put(1000, 1100);
  await put(1100, 2500);
  await put(2500, 2600);
  return { store: copyOf(original), written };
}

const large = await largeStore();
const largeLog = large.store.list().find((name) => name.endsWith(".log"))!;
const largeSegment = large.store.list().find((name) => name.endsWith(".seg"))!;

/** The pages of a file. */
const PAGE = 4096;

/** A copy of a store whose disk refuses to read one page of one file, the first `times` times. */
function withBadPage(
  store: MemoryStorage,
  { file, page, times = Infinity }: {
    readonly file: string;
    readonly page: number;
    readonly times?: number;
  },
): RefusingStorage {
  let left = times;
  return new RefusingStorage(store, ({ operation, name, start, end }) => {
    const isAsked = operation === "readAt" && name === file &&
      start < (page + 1) * PAGE && end > page * PAGE;
    return isAsked && left-- > 0 ? diskError() : undefined;
  });
}

test("A page of a segment that cannot be read costs the blocks that it is in, and one of its index none", async () => {
  const { store, written } = large;
  const pages = Math.ceil(bytesOf(store, largeSegment).length / PAGE);
  let sound = 0;
  for (let page = 0; page < pages; page++) {
    const damaged = withBadPage(store, { file: largeSegment, page });
    const where = `page ${page}`;
    const { report, content } = await repaired(damaged, written, where);
    const lost = written.size - content.size;
    assert(lost < 70, `${where}: ${lost} lost`);
    assertEquals(lost === 0, report.losses.length === 0, where);
    if (lost === 0) sound++;
    for (const { file, reason } of report.losses) {
      assertEquals(file, largeSegment);
      assert(reason.includes("input/output error"), reason);
    }
    assert(report.warnings[0]!.includes("could not be read everywhere"), where);
    assert(!report.ok);
  }
  assert(sound > 0);
});

test("A page of a log that cannot be read costs the frames that it is in, and is reported also at the end", async () => {
  const { store, written } = large;
  const pages = Math.ceil(bytesOf(store, largeLog).length / PAGE);
  for (let page = 0; page < pages; page++) {
    const damaged = withBadPage(store, { file: largeLog, page });
    const where = `page ${page}`;
    const { report, content } = await repaired(damaged, written, where);
    const lost = written.size - content.size;
    assert(lost > 0 && lost <= 1600, `${where}: ${lost} lost`);
    assert(report.losses.length > 0, where);
    for (const { file, reason } of report.losses) {
      assertEquals(file, largeLog);
      assert(reason.includes("input/output error"), reason);
    }
  }
});

test("A page that a disk reads only after many attempts costs nothing that was read well in the end", async () => {
  const { store, written } = large;
  const file = largeLog;
  const page = 5;
  for (let times = 1; times <= 20; times++) {
    const damaged = withBadPage(store, { file, page, times });
    const where = `${times} times`;
    const { report, content } = await repaired(damaged, written, where);
    assertEquals([report.losses, content.size], [[], written.size], where);
  }
});

test("What a log was cut short by is no loss because a disk had refused it before it was read", async () => {
  const torn = copyOf(
    storage,
    (name, bytes) => name === log ? bytes.subarray(0, -5) : bytes,
  );
  const { report: { warnings } } = await repaired(torn, history, "torn");
  // The log is opened three times; each attempt to read it is followed by another.
  for (let times = 1; times <= 4; times++) {
    const damaged = withBadPage(torn, { file: log, page: 0, times });
    const { report } = await repaired(damaged, history, `${times} times`);
    assertEquals([report.losses, report.warnings[0]], [[], warnings[0]]);
    const isTold = report.warnings.some((warning) =>
      warning.startsWith(`${log} could not be read everywhere`)
    );
    assertEquals(isTold, times >= 2, `${times} times`);
  }
});

test("Whichever read fails once or from then on, no value is made up, and all that is saved was written", async () => {
  const { store, written } = large;
  for (const times of [1, 7, Infinity]) {
    for (let from = 1;; from++) {
      const damaged = faultCopy(store);
      const fault = damaged.inject({
        kind: "fail",
        operation: "readAt",
        file: /log|seg/,
        from,
        times,
      });
      const where = `read ${from}, ${times} times`;
      const into = new MemoryStorage();
      if (from === 1 && times === Infinity) {
        await assertKvError(() => repair(damaged, { into }), "KV_IO");
        continue;
      }
      const { report, content } = await repaired(damaged, written, where);
      if (content.size < written.size) assert(!report.ok, where);
      if (times === 1) {
        assertEquals([report.ok, content.size], [true, written.size], where);
      }
      assertEquals(damaged.openFiles, [], where);
      if (fault.struck === 0) break;
    }
  }
});

test("Where nothing at all can be read, repair fails with what the storage says, and leaves no store", async () => {
  for (const operation of ["open", "readAt"] as const) {
    const denied = faultCopy(storage);
    denied.inject({ ...DENIED, operation });
    const into = new MemoryStorage();
    await assertKvError(() => repair(denied, { into }), "KV_IO", operation);
    assertEquals(into.list(), ["REPAIR"]);
    assertEquals(denied.openFiles, []);
  }
});

test("In place a file that cannot be read ends the repair: it would be removed", async () => {
  for (const operation of ["open", "readAt"] as const) {
    const place = faultCopy(storage);
    place.inject({ ...DENIED, operation, file: segmentName(oldest) });
    const before = place.fileNames;
    const inPlace = () => repair(place, { inPlace: true });
    await assertKvError(inPlace, "KV_IO", segmentName(oldest));
    assertEquals(place.fileNames, before);
    place.heal();
    await repair(place, { inPlace: true });
    assertEquals(await contentOf(place, []), state);
  }
});
