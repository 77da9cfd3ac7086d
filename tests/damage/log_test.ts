// Damage to logs: in the middle it is told from a torn tail, and what is known to have been
// promised is never cut off.
import { Buffer } from "node:buffer";
import { assert, assertEquals } from "@std/assert";
import { liveLogNumbers, replayLogs } from "../../src/engine/state/recovery.ts";
import { KvCorruptionError, KvError } from "../../src/errors.ts";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  readFrame,
  readLogHeader,
} from "../../src/format/log_format.ts";
import { Random } from "../../src/testing/random.ts";
import { test } from "../harness.ts";
import { deterministic } from "../simulator/deterministic.ts";
import { at, type Damage, damaged } from "./damage.ts";
import { FixedFiles } from "./fixed_files.ts";
import { type Expectation, LogOracle } from "./log_oracle.ts";
import { readAll } from "./reading.ts";
import { logSample, type Sample, smallSample } from "./samples.ts";
import { every, isLong, repeat, seed } from "./settings.ts";

const large = await logSample(seed);
const small = await smallSample(seed);

test("The checksum of a frame covers every bit of it, in a log of 64 KiB", () => {
  const { log, oracle, name } = theLog(large);
  const header = readLogHeader(log);
  assert(header !== undefined && !("unknownVersion" in header));
  assert(log.length >= 64 * 1024, `${log.length} bytes`);
  for (const { start, end } of oracle.frames(name)) {
    const frame = log.slice(start, end);
    assert(readFrame(frame, 0, header.salt) !== undefined);
    for (let bit = 0; bit < 8 * frame.length; bit += every) {
      frame[bit >>> 3]! ^= 1 << (bit & 7);
      const found = readFrame(frame, 0, header.salt);
      assertEquals(found, undefined, `bit ${bit} of the frame at ${start}`);
      frame[bit >>> 3]! ^= 1 << (bit & 7);
    }
  }
});

test("Damage to any byte of a log of 64 KiB is refused by file and place where it is known to have been synced, and cut otherwise", async () => {
  const { log, oracle, name } = theLog(large);
  const isHeader = new Uint8Array(log.length).fill(1, 0, LOG_HEADER_BYTES);
  for (const { start } of oracle.frames(name)) {
    isHeader.fill(1, start, start + FRAME_HEADER_BYTES);
  }
  const counts = { refused: 0, cut: 0 };
  using _ = deterministic(seed);
  for (let i = 0; i < log.length; i += every) {
    const isWhole = isLong || isHeader[i] === 1;
    // Elsewhere one bit of each byte; the test before this one shows that they are alike.
    for (let bit = isWhole ? 0 : i % 8; bit < 8; bit += isWhole ? 1 : 8) {
      log[i]! ^= 1 << bit;
      const outcome = await at(
        () => `bit ${bit} of byte ${i}, ${repeat}`,
        () => {
          const expected = oracle.expectAt(name, i);
          return replay({ name, bytes: log }, { ...large, oracle, expected });
        },
      );
      log[i]! ^= 1 << bit;
      counts[outcome]++;
    }
  }
  assert(counts.refused > counts.cut && counts.cut > 0, JSON.stringify(counts));
});

test("A log that is cut off at any byte, or filled up with zeros from there on, ends with its last whole frame", async () => {
  const { log, oracle, name } = theLog(large);
  const zeroed = log.slice();
  using _ = deterministic(seed);
  for (let length = log.length - 1; length >= 0; length -= every) {
    zeroed.fill(0, length, length + every);
    for (const bytes of [log.subarray(0, length), zeroed]) {
      if (bytes === zeroed && length % 16 !== 0) continue;
      const outcome = await at(
        () => `${bytes.length} bytes, right up to ${length}, ${repeat}`,
        () => {
          const expected = oracle.expectOf({ name, bytes });
          return replay({ name, bytes }, { ...large, oracle, expected });
        },
      );
      assertEquals(outcome, length < LOG_HEADER_BYTES ? "refused" : "cut");
    }
  }
});

test("After damage to any bit of its logs a store is refused or holds a prefix of its history, with all that is known to have been synced", async () => {
  const oracle = new LogOracle(small.files);
  assertEquals(oracle.logs.length, 2);
  using _ = deterministic(seed);
  for (const name of oracle.logs) {
    const bytes = small.files.get(name)!.slice();
    for (let bit = 0; bit < 8 * bytes.length; bit += every) {
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
      await at(
        () => `bit ${bit & 7} of byte ${bit >>> 3} of ${name}, ${repeat}`,
        () => {
          const expected = oracle.expectAt(name, bit >>> 3);
          return openAndRead({ name, bytes }, small, expected);
        },
      );
      bytes[bit >>> 3]! ^= 1 << (bit & 7);
    }
    for (let length = bytes.length - 1; length >= 0; length -= every) {
      await at(
        () => `${length} bytes of ${name}, ${repeat}`,
        () => {
          const cut = { name, bytes: bytes.subarray(0, length) };
          return openAndRead(cut, small, oracle.expectOf(cut));
        },
      );
    }
  }
});

test("Pages of a log that are lost, exchanged, doubled or full of garbage take nothing away that is known to have been synced", async () => {
  const { log, oracle, name } = theLog(large);
  using _ = deterministic(seed);
  const random = new Random(seed);
  const page = 4096;
  for (let start = 0; start < log.length; start += page) {
    const other = page * random.below(Math.floor(log.length / page));
    const end = Math.min(start + page, log.length);
    const changes: [string, (bytes: Uint8Array) => unknown][] = [
      ["zeros", (bytes) => bytes.fill(0, start, end)],
      ["garbage", (bytes) => random.fill(bytes.subarray(start, end))],
      [
        "a copy",
        (bytes) => bytes.copyWithin(start, other, other + end - start),
      ],
      ["an exchange", (bytes) => {
        bytes.copyWithin(start, other, other + end - start);
        bytes.set(log.subarray(start, end), other);
      }],
      ["a lost page", (bytes) => bytes.copyWithin(start, end)],
    ];
    for (const [what, change] of changes) {
      const bytes = log.slice();
      change(bytes);
      if (Buffer.compare(bytes, log) === 0) continue;
      const expected = oracle.expectOf({ name, bytes });
      await at(
        () => `${what} at ${start}, from ${other}, ${repeat}`,
        () => openAndRead({ name, bytes }, large, expected),
      );
    }
  }
});

/** The only log of a sample. The bytes are a copy. */
function theLog({ files }: Sample) {
  const oracle = new LogOracle(files);
  const [name] = oracle.logs;
  assert(name !== undefined && oracle.logs.length === 1);
  return { name, oracle, log: files.get(name)!.slice() };
}

/** Replays the logs of a store and holds the outcome to what it has to be. */
async function replay(
  damage: Damage,
  { files, oracle, expected }: Sample & {
    oracle: LogOracle;
    expected: Expectation;
  },
): Promise<"refused" | "cut"> {
  const storage = new FixedFiles(damaged(files, damage));
  try {
    const { state } = oracle;
    const found = await replayLogs(
      storage,
      state,
      liveLogNumbers(state, storage.list()),
    );
    assert(!expected.isRefused, "what was synced is cut off");
    assertEquals(found.lastSequence, expected.lastSequence);
    return "cut";
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    assertRefused(error, expected);
    return "refused";
  } finally {
    assertEquals(storage.openFiles, 0);
  }
}

/** Opens a store, reads everything, and holds the outcome to what it has to be. */
async function openAndRead(
  damage: Damage,
  { files, history }: Sample,
  expected: Expectation,
): Promise<void> {
  const { errors, lastSequence } = await readAll(
    damaged(files, damage),
    history,
  );
  if (lastSequence === undefined) return assertRefused(errors[0]!, expected);
  assert(!expected.isRefused, "what was synced is cut off");
  assertEquals([lastSequence, errors], [expected.lastSequence, []]);
}

/**
 * Refusing is right too where a moved frame, which the oracle does not look for, tells of a
 * promise.
 */
function assertRefused(error: KvError, { file, offset }: Expectation): void {
  assert(error instanceof KvCorruptionError, `${error}`);
  assertEquals([error.file, error.offset], [file, offset], error.message);
}
