// Every byte of every file of a small store: damaged, cut off there, and damaged with right
// checksums.
import { assert, assertEquals } from "@std/assert";
import { type KvEngine, open } from "../../mod.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import { Random } from "../../src/testing/random.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { deterministic } from "../simulator/deterministic.ts";
import { Allocations } from "./allocations.ts";
import { at, type Damage, damaged } from "./damage.ts";
import { readAll, readWhatever } from "./reading.ts";
import { SMALL, smallSample } from "./samples.ts";
import { seal } from "./sealing.ts";
import { every, repeat, seed } from "./settings.ts";

const { files, history } = await smallSample(seed);
const notLogs = [...files].filter(([name]) => !name.endsWith(".log"));

test("A small store has files of every kind, and is read right when nothing is damaged", async () => {
  const kinds = [...files.keys()].map((name) => name.split(".").at(-1));
  assertEquals([...new Set(kinds)].sort(), ["MANIFEST", "log", "seg"]);
  const { errors, lastSequence } = await readAll(files, history);
  assertEquals([lastSequence, errors], [history.lastSequence, []]);
});

test("Damage to any byte of a segment or the manifest is reported by file and place, and all other answers are right", async () => {
  using _ = deterministic(seed);
  const random = new Random(seed);
  for (const [name, original] of notLogs) {
    const bytes = original.slice();
    for (let i = 0; i < bytes.length; i += every) {
      for (const mask of [1 << (i % 8), 1 + random.below(255)]) {
        bytes[i]! ^= mask;
        await at(
          () => `byte ${i} of ${name} with ${mask}, ${repeat}`,
          () => assertReported({ name, bytes }),
        );
        bytes[i] = original[i]!;
      }
    }
  }
});

test("A segment or manifest that is cut off anywhere, or goes on behind its end, is reported", async () => {
  using _ = deterministic(seed);
  for (const [name, original] of notLogs) {
    for (let length = 0; length < original.length; length += every) {
      await at(
        () => `${length} bytes of ${name}, ${repeat}`,
        () => assertReported({ name, bytes: original.subarray(0, length) }),
      );
    }
    for (const more of [1, 4, 52, 4096]) {
      const longer = new Uint8Array(original.length + more);
      longer.set(original);
      await at(
        () => `${name} and ${more} bytes, ${repeat}`,
        () => assertReported({ name, bytes: longer }),
      );
    }
  }
});

async function assertReported(damage: Damage): Promise<void> {
  const { errors, lastSequence } = await readAll(
    damaged(files, damage),
    history,
  );
  assert(errors.length > 0, "it went unnoticed");
  for (const error of errors) assertNames(error, damage);
  const isWhole = lastSequence === undefined ||
    lastSequence === history.lastSequence;
  assert(isWhole, `the store ends with write ${lastSequence}`);
}

function assertNames(error: unknown, { name, bytes }: Damage): void {
  assert(error instanceof KvCorruptionError, `${error}`);
  assertEquals(error.file, name, error.message);
  const longest = Math.max(bytes.length, files.get(name)!.length);
  assert(error.offset >= 0 && error.offset <= longest, error.message);
}

/**
 * What reading the store may allocate, in bytes, whatever its files say; twice what it takes when
 * they are whole.
 */
const MOST_ALLOCATED = 256 * 1024;

test("Bytes that lie, with right checksums, give answers or errors of the engine, within the memory that the files are worth", async () => {
  using _ = deterministic(seed);
  using allocations = new Allocations();
  const random = new Random(seed);
  let refused = 0;
  let tried = 0;
  for (const [name, original] of files) {
    for (let i = 0; i < original.length; i += every) {
      for (const value of liesFor(original[i]!, random)) {
        const bytes = original.slice();
        bytes[i] = value;
        seal(name, bytes, original);
        allocations.bytes = 0;
        await at(
          () => `byte ${i} of ${name} is ${value}, ${repeat}`,
          async () => {
            const lying = damaged(files, { name, bytes });
            const { errors } = await readWhatever(lying, history);
            if (errors.length > 0) refused++;
            const allocated = allocations.bytes;
            assert(allocated <= MOST_ALLOCATED, `${allocated} bytes allocated`);
          },
        );
        tried++;
      }
    }
  }
  assert(refused > tried / 3, `${refused} of ${tried} were refused`);
});

/** Some other values of a byte, an extreme one among them. */
function liesFor(byte: number, random: Random): Set<number> {
  const extreme = random.pick([0, 0x7f, 0x80, 0xff]);
  const lies = [extreme, byte + 1, byte ^ (1 << random.below(8))];
  return new Set(lies.map((lie) => lie & 0xff).filter((lie) => lie !== byte));
}

test("Neither a flush nor a compaction takes damage over, or removes a file that is still needed", async () => {
  using _ = deterministic(seed);
  let untouched = 0;
  for (const [name, original] of notLogs) {
    if (!name.endsWith(".seg")) continue;
    for (let i = seed % 8; i < original.length; i += 8 * every) {
      const bytes = original.slice();
      bytes[i]! ^= 1 << (i % 7);
      await at(() => `byte ${i} of ${name}, ${repeat}`, async () => {
        const storage = new FaultStorage();
        for (const [file, content] of damaged(files, { name, bytes })) {
          storage.writeFile(file, content);
        }
        // A hash index is not read to merge: the next segment has a new one.
        if (!await workAndCompact(storage, { name, bytes })) {
          assertEquals(storage.readFile(name), bytes);
          storage.writeFile(name, original);
          untouched++;
        }
        await using db = await open(storage, SMALL);
        const expected = history.contentAt(history.lastSequence);
        assertEquals([...db.scanSync()], [...expected]);
      });
    }
  }
  assert(untouched > 50 / every, `${untouched}`);
});

/**
 * Opens a damaged store and works with it as far as that goes. Answers whether everything could be
 * merged.
 */
async function workAndCompact(
  storage: FaultStorage,
  damage: Damage,
): Promise<boolean> {
  const names = storage.fileNames;
  let db: KvEngine<string, string>;
  try {
    db = await open(storage, SMALL);
  } catch (error) {
    assertNames(error, damage);
    assertEquals(storage.fileNames, names);
    return false;
  }
  try {
    // What is in the background may come to the damage first.
    await db.flush();
    await db.compact();
    return true;
  } catch (error) {
    const isLater = error instanceof KvError && error.code === "KV_POISONED";
    assertNames(isLater ? error.cause : error, damage);
    return false;
  } finally {
    await db.close();
  }
}
