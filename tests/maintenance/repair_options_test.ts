import { assert, assertEquals } from "@std/assert";
import {
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  bytes,
  json,
  open,
  repair,
  type RepairOptions,
  tuple,
  verify,
} from "../../mod.ts";
import { segmentName } from "../../src/format/file_names.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";
import { levelsOf, withSegment } from "./crafted.ts";
import { bytesOf, copyOf, sampleStore, SMALL } from "./damaged_store.ts";

const { storage } = await sampleStore();

test("Repair refuses options that are none, before it touches anything", async () => {
  const into = new MemoryStorage();
  const bad: [unknown, string][] = [
    [{}, "either into"],
    [{ inPlace: false }, "either into"],
    [{ into, inPlace: true }, "either into"],
    [{ into, inPlace: 1 }, "inPlace"],
    [{ into: 7 }, "repair into"],
    [{ into, keys: "utf8" }, "keys"],
    [{ into, values: { name: "" } }, "values"],
    [{ into, keys: { name: "x".repeat(256) } }, "keys"],
    [{ into, keys: { name: "\ud800" } }, "keys"],
    [{ into, onProgress: true }, "onProgress"],
    [{ into, signal: 1 }, "signal"],
    [{ into, other: 1 }, "other"],
    [null, "options"],
  ];
  for (const [options, word] of bad) {
    const call = () => repair(storage, options as RepairOptions);
    await assertKvError(call, "KV_INVALID_ARGUMENT", word);
  }
  assertEquals(into.list(), []);
});

test("Repair refuses places that it cannot work with", async () => {
  const into = new MemoryStorage();
  const nothing = () => repair(new MemoryStorage(), { into });
  await assertKvError(nothing, "KV_NOT_FOUND");
  const inNothing = () => repair("/nowhere/at/all", { inPlace: true });
  await assertKvError(inNothing, "KV_NOT_FOUND");
  const copy = copyOf(storage);
  const itself = () => repair(copy, { into: copy });
  await assertKvError(itself, "KV_INVALID_ARGUMENT", "inPlace");
  const occupied = () => repair(copy, { into: copyOf(storage) });
  await assertKvError(occupied, "KV_INVALID_ARGUMENT", "already holds a store");
  await using _ = await open(copy);
  for (const options of [{ into }, { inPlace: true }]) {
    await assertKvError(() => repair(copy, options), "KV_LOCKED");
  }
  assertEquals(into.list(), []);
});

test("File numbers that are used up are no reason to harm a store", async () => {
  const copy = copyOf(storage);
  copy.create(segmentName(Number.MAX_SAFE_INTEGER - 1));
  const names = copy.list();
  const inPlace = () => repair(copy, { inPlace: true });
  await assertKvError(inPlace, "KV_UNSUPPORTED", "another place");
  assertEquals(copy.list(), names);
  const into = new MemoryStorage();
  assertEquals((await repair(copy, { into })).losses, []);
});

test("A file of a newer format is not taken for a damaged one", async () => {
  const [number] = levelsOf(storage).flat();
  const { crc32 } = await import("../../src/bytes/crc32.ts");
  const { writeUint32 } = await import("../../src/bytes/fixed.ts");
  const newer = withSegment(storage, number!, ({ bytes: segment }) => {
    const footer = segment.subarray(segment.length - 52);
    footer[36] = 2;
    writeUint32(footer, 40, crc32(footer.subarray(0, 40)));
  });
  const into = new MemoryStorage();
  await assertKvError(() => repair(newer, { into }), "KV_UNSUPPORTED");
  assertEquals(into.list(), ["REPAIR"]);
  const { ok, problems } = await verify(newer);
  assertEquals([ok, problems[0]?.code], [false, "unsupported"]);
});

test("A name of a codec that damage may have made up is not believed: utf8 is assumed with a warning, and nothing is replaced", async () => {
  const manifest = bytesOf(storage, "MANIFEST");
  const text = new TextDecoder("latin1").decode(manifest);
  const name = text.indexOf("utf8");
  for (const at of [name, name + 3, text.indexOf("utf8", name + 4) + 3]) {
    const damaged = copyOf(storage, (file, bytes) => {
      if (file === "MANIFEST") bytes[at]! ^= 1;
      return bytes;
    });
    const into = new MemoryStorage();
    const { warnings } = await repair(damaged, { into });
    assert(warnings.some((line) => line.includes("Codec utf8 was assumed")));
    await using db = await open(into);
    assert([...db.scanSync()].length > 0);
    const before = damaged.list().map((file) => bytesOf(damaged, file));
    await assertKvError(
      () => repair(damaged, { inPlace: true }),
      "KV_INVALID_ARGUMENT",
      "options keys and values",
    );
    assertEquals(damaged.list().map((file) => bytesOf(damaged, file)), before);
  }
});

test("The codecs of a store are kept, or named by whoever repairs it without a manifest", async () => {
  const source = new MemoryStorage();
  const codecs = { keys: tuple, values: json<number>() };
  {
    await using db = await open(source, codecs);
    await db.put(["a", 1], 1);
  }
  const lost = copyOf(
    source,
    (name, file) => name === "MANIFEST" ? undefined : file,
  );
  for (const [from, named] of [[source, {}], [lost, codecs]] as const) {
    const into = new MemoryStorage();
    const report = await repair(from, { into, ...named });
    assertEquals([report.keyCodec, report.valueCodec], ["tuple", "json"]);
    await using db = await open(into, codecs);
    assertEquals(await db.get(["a", 1]), 1);
  }
  const into = new MemoryStorage();
  const { keyCodec, warnings } = await repair(lost, { into });
  assertEquals(keyCodec, "utf8");
  assert(warnings.some((warning) => warning.includes("option keys")));
  const other = () =>
    repair(source, { into: new MemoryStorage(), keys: bytes });
  await assertKvError(other, "KV_INVALID_ARGUMENT", "codec tuple");
});

test("Without a manifest a store is only replaced under codecs that are named: both of them", async () => {
  const source = new MemoryStorage();
  const codecs = { keys: tuple, values: json<number>() };
  {
    await using db = await open(source, codecs);
    await db.put(["a", 1], 1);
  }
  for (const manifest of [undefined, new Uint8Array(0), new Uint8Array(99)]) {
    const lost = copyOf(
      source,
      (name, file) => name === "MANIFEST" ? manifest : file,
    );
    const before = lost.list().map((name) => bytesOf(lost, name));
    const { keys, values } = codecs;
    for (const named of [{}, { keys }, { values }]) {
      await assertKvError(
        () => repair(lost, { inPlace: true, ...named }),
        "KV_INVALID_ARGUMENT",
        `the ${"keys" in named ? "values" : "keys"}`,
      );
      assertEquals(lost.list().map((name) => bytesOf(lost, name)), before);
    }
    await repair(lost, { inPlace: true, ...codecs });
    await using db = await open(lost, codecs);
    assertEquals(await db.get(["a", 1]), 1);
  }
});

test("Progress goes up to all bytes", async () => {
  const seen: number[] = [];
  let total = 0;
  await repair(storage, {
    into: new MemoryStorage(),
    onProgress: ({ bytesRead, bytesTotal, file }) => {
      assert(storage.list().includes(file));
      seen.push(bytesRead);
      total = bytesTotal;
    },
  });
  assertEquals([seen.at(-1), seen], [total, seen.toSorted((a, b) => a - b)]);
});

test("Folders are verified and repaired, elsewhere and in place", async () => {
  await using dir = tempDir();
  const [damaged, repaired] = [join(dir.path, "a"), join(dir.path, "b")];
  {
    await using db = await open(damaged, { ...SMALL, sync: false });
    for (let i = 0; i < 500; i++) await db.put(`key${i}`, `value ${i}`);
    await db.flush();
    for (let i = 0; i < 20; i++) await db.put(`key${i}`, "later");
  }
  const name = readdirSync(damaged).find((each) => each.endsWith(".seg"))!;
  const before = readFileSync(join(damaged, name));
  truncateSync(join(damaged, name), before.length - 30);
  writeFileSync(join(damaged, "notes.txt"), "mine");
  assertEquals((await verify(pathToFileURL(damaged))).ok, false);
  const elsewhere = await repair(damaged, { into: pathToFileURL(repaired) });
  const inPlace = await repair(damaged, { inPlace: true });
  for (
    const [place, report] of [[repaired, elsewhere], [
      damaged,
      inPlace,
    ]] as const
  ) {
    assertEquals([report.entries, report.losses], [500, []]);
    assert((await verify(place)).ok);
    await using db = await open(place, SMALL);
    assertEquals(await db.get("key1"), "later");
    assertEquals(await db.get("key499"), "value 499");
  }
  assertEquals(readFileSync(join(damaged, "notes.txt"), "utf8"), "mine");
});

test("A repaired store is written to, compacted and opened again like any other", async () => {
  const copy = copyOf(storage, (name, file) => {
    if (name.endsWith(".seg")) file[40]! ^= 1;
    return file;
  });
  await repair(copy, { inPlace: true });
  for (let round = 0; round < 2; round++) {
    await using db = await open(copy, SMALL);
    for (let i = 0; i < 300; i++) await db.put(`key${i}`, `round ${round}`);
    await db.compact();
    assertEquals(await db.get("key7"), `round ${round}`);
    assertEquals((await db.verify()).problems, []);
  }
  assert(bytesOf(copy, "MANIFEST").length > 0);
});
