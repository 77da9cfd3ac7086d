// Stores that this and earlier versions have written open, with all that they
// hold; those of later versions are refused and left as they are.
import { assert, assertEquals } from "@std/assert";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as zlib from "node:zlib";
import { type KvEngine, open } from "../../mod.ts";
import { crc32 } from "../../src/bytes/crc32.ts";
import { writeUint32 } from "../../src/bytes/fixed.ts";
import {
  codecs,
  describe,
  type Description,
  formatName,
  fromLines,
} from "../fixtures/describe.ts";
import { fixtureStores } from "../fixtures/stores.ts";
import { test } from "../harness.ts";
import { fingerprints } from "../support/fingerprints.ts";
import { assertKvError } from "../support/kv_error.ts";
import { tempDir } from "../support/temp_dir.ts";

const root = fileURLToPath(new URL("../fixtures", import.meta.url));
const current = join(root, formatName);

test("There are stores in the formats of this version to open", () => {
  assert(existsSync(current), "run deno task fixtures and commit the files");
  assertEquals(
    readdirSync(current).sort(),
    Object.keys(fixtureStores).sort(),
  );
});

for (const format of readdirSync(root).filter((name) => /^log-/.test(name))) {
  for (const name of readdirSync(join(root, format))) {
    if (/zstd/.test(name) && !("zstdCompressSync" in zlib)) continue;
    test(`The store ${name} of ${format} opens with all that it holds`, async () => {
      await using dir = tempDir();
      const expected = expectedOf(format, name);
      const { lastSequence, segments, entries } = expected;
      copyStore(format, name, dir.path);
      const before = fingerprints(dir.path);
      {
        await using db = await openAs(expected, dir.path, true);
        const found = await describe(db);
        assertEquals(found, { lastSequence, segments, entries });
      }
      assertEquals(fingerprints(dir.path), before);
      {
        await using db = await openAs(expected, dir.path, false);
        const found = await describe(db);
        assertEquals([found.lastSequence, found.entries], [
          lastSequence,
          entries,
        ]);
        await db.compact();
        assertEquals((await describe(db)).entries, entries);
      }
      await using db = await openAs(expected, dir.path, false);
      assertEquals((await describe(db)).entries, entries);
      for await (const [key, value] of db.scan()) {
        assertEquals(await db.get(key), value);
      }
    });
  }
}

/** Raises the version of a file and makes its checksum right. */
const raises: Record<string, (file: Uint8Array) => void> = {
  manifest: (file) => {
    writeUint32(file, 8, 99);
    writeUint32(
      file,
      16,
      crc32(file.subarray(20), crc32(file.subarray(0, 16))),
    );
  },
  log: (file) => {
    writeUint32(file, 8, 99);
    writeUint32(file, 36, crc32(file.subarray(0, 36)));
  },
  segment: (file) => {
    const footer = file.subarray(file.length - 52);
    writeUint32(footer, 36, 99);
    writeUint32(footer, 40, crc32(footer.subarray(0, 40)));
  },
};

const endings: Record<string, RegExp> = {
  manifest: /^MANIFEST$/,
  log: /\.log$/,
  segment: /\.seg$/,
};

for (const [kind, raise] of Object.entries(raises)) {
  test(`A store with a ${kind} of a later version is refused and left as it is`, async () => {
    const format = formatName;
    const name = "torn-log";
    const expected = expectedOf(format, name);
    for (const file of liveFiles(format, name, endings[kind]!)) {
      await using dir = tempDir();
      copyStore(format, name, dir.path);
      const path = join(dir.path, file);
      const bytes = new Uint8Array(readFileSync(path));
      raise(bytes);
      writeFileSync(path, bytes);
      const before = fingerprints(dir.path);
      await assertKvError(
        () => openAs(expected, dir.path, true),
        "KV_UNSUPPORTED",
        file,
        "99",
      );
      assertEquals(fingerprints(dir.path), before);
      const content = contentsOf(dir.path);
      await assertKvError(
        () => openAs(expected, dir.path, false),
        "KV_UNSUPPORTED",
        file,
        "99",
      );
      assertEquals(contentsOf(dir.path), content);
    }
  });
}

function expectedOf(format: string, name: string): Description {
  const path = join(root, format, name, "expected.jsonl");
  return fromLines(readFileSync(path, "utf8"));
}

function openAs(
  { keys, values }: Description,
  folder: string,
  readOnly: boolean,
): Promise<KvEngine<unknown, unknown>> {
  const options = { keys: codecs[keys], values: codecs[values] };
  return open(folder, { ...options, readOnly, createIfMissing: false });
}

function copyStore(format: string, name: string, to: string): void {
  mkdirSync(to, { recursive: true });
  const from = join(root, format, name, "store");
  for (const file of readdirSync(from)) {
    copyFileSync(join(from, file), join(to, file));
  }
}

/**
 * Of a store that a crash has left, the files that count; a flush that was under way may have left
 * another segment, which is swept.
 */
function liveFiles(format: string, name: string, ending: RegExp): string[] {
  const files = readdirSync(join(root, format, name, "store")).sort()
    .filter((file) => ending.test(file));
  assert(files.length > 0);
  return ending === endings["segment"] ? files.slice(0, 1) : files;
}

/** What is in each file, but for those of the lock. */
function contentsOf(folder: string): [string, string][] {
  return readdirSync(folder).sort()
    .filter((file) => file !== "LOCK" && file !== "READERS")
    .map((file) => [file, readFileSync(join(folder, file)).toString("hex")]);
}
