// Whole files: missing, empty, under another number, and those of another store.
import { assert, assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { KvCorruptionError } from "../../src/errors.ts";
import { logName, segmentName } from "../../src/format/file_names.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { assertKvError } from "../support/kv_error.ts";
import { at, damaged } from "./damage.ts";
import { type Files, FixedFiles } from "./fixed_files.ts";
import { readAll } from "./reading.ts";
import { SMALL, smallSample } from "./samples.ts";
import { repeat, seed } from "./settings.ts";

const { files, history } = await smallSample(seed);
const names = [...files.keys()];
const nothing = new Uint8Array(0);

test("A store that misses any of its files is refused, and nothing is written to it", async () => {
  for (const name of names) {
    const left = new Map(files);
    left.delete(name);
    await at(() => `without ${name}, ${repeat}`, () => refuses(left, name));
  }
});

test("A store that has lost all of its files but any one is refused", async () => {
  for (const [name, bytes] of files) {
    const left = new Map([[name, bytes]]);
    await at(() => `only ${name}, ${repeat}`, () => refuses(left));
  }
  await assertKvError(
    () => open(new FixedFiles(new Map()), { ...SMALL, readOnly: true }),
    "KV_NOT_FOUND",
  );
});

test("A store in which any file is empty is refused", async () => {
  for (const name of names) {
    const emptied = damaged(files, { name, bytes: nothing });
    await at(() => `empty ${name}, ${repeat}`, () => refuses(emptied, name));
  }
});

test("A file that is there twice, under any number, changes nothing or is refused", async () => {
  const numbers = Array.from({ length: 12 }, (_, i) => i + 1);
  let refused = 0;
  for (const [name, bytes] of files) {
    for (const number of [...numbers, 99, 2 ** 31, 2 ** 52]) {
      for (const copy of [logName(number), segmentName(number), "MANIFEST"]) {
        if (copy === name) continue;
        const doubled = damaged(files, { name: copy, bytes });
        await at(() => `${name} as ${copy} too, ${repeat}`, async () => {
          const { errors, lastSequence } = await readAll(doubled, history);
          if (errors.length > 0) return void refused++;
          assertEquals(lastSequence, history.lastSequence);
          if (!files.has(copy)) await staysWhole(doubled);
        });
      }
    }
  }
  assert(refused > 20, `${refused}`);
});

test("A file whose number leaves none for others keeps writers out, but not readers", async () => {
  for (const name of [logName, segmentName]) {
    const last = damaged(files, { name: name(2 ** 53 - 2), bytes: nothing });
    const { errors, lastSequence } = await readAll(last, history);
    assertEquals([lastSequence, errors], [history.lastSequence, []]);
    const storage = storageWith(last);
    const { message } = await assertKvError(
      () => open(storage, SMALL),
      "KV_UNSUPPORTED",
    );
    assert(message.includes("no file numbers are left"), message);
    assertEquals(storage.openFiles, []);
  }
});

test("A store with a file of another store in the place of its own is refused", async () => {
  const other = await smallSample(seed + 1, 30);
  assertEquals([...other.files.keys()], names);
  for (const [name, bytes] of other.files) {
    const mixed = damaged(files, { name, bytes });
    await at(() => `${name} of another store, ${repeat}`, () => refuses(mixed));
  }
  for (const [name, bytes] of files) {
    const mixed = damaged(other.files, { name, bytes });
    await at(() => `${name} in another store, ${repeat}`, () => refuses(mixed));
  }
});

test("A log of another store beside its own is refused", async () => {
  const other = await smallSample(seed + 1, 30);
  for (const [name, bytes] of other.files) {
    if (!name.endsWith(".log")) continue;
    const mixed = damaged(files, { name: logName(50), bytes });
    await at(() => `${name} of another store, ${repeat}`, () => refuses(mixed));
  }
});

/**
 * Holds that nobody opens a store, reader or writer, that a damage is named, and that no file is
 * changed.
 */
async function refuses(left: Files, file?: string): Promise<void> {
  const { errors, lastSequence } = await readAll(left, history);
  assertEquals(lastSequence, undefined, "it was opened");
  const storage = storageWith(left);
  const error = await assertKvError(
    () => open(storage, SMALL),
    "KV_CORRUPTION",
  );
  for (const each of [errors[0], error]) {
    assert(each instanceof KvCorruptionError, `${each}`);
    if (file !== undefined) assertEquals(each.file, file);
  }
  assertEquals(storage.fileNames, [...left.keys()].sort());
  for (const [name, bytes] of left) {
    assertEquals(storage.readFile(name), bytes, name);
  }
}

/** Holds that a store has all of its entries also after it was opened for writing. */
async function staysWhole(whole: Files): Promise<void> {
  const storage = storageWith(whole);
  for (let i = 0; i < 2; i++) {
    await using db = await open(storage, SMALL);
    const expected = history.contentAt(history.lastSequence);
    assertEquals([...db.scanSync()], [...expected]);
  }
}

function storageWith(content: Files): FaultStorage {
  const storage = new FaultStorage();
  for (const [name, bytes] of content) storage.writeFile(name, bytes);
  return storage;
}
