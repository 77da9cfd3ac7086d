import { assert, assertEquals, assertThrows } from "@std/assert";
import { overlaps, type SegmentInfo } from "../../src/manifest/segment_info.ts";
import {
  MAX_LEVELS,
  Version,
  type VersionEdit,
} from "../../src/manifest/version.ts";
import { test } from "../harness.ts";
import { randomNumbers } from "./random.ts";
import { key } from "../tombstones/samples.ts";
import { segment } from "./samples.ts";

const version = new Version([
  [segment(9, "m", "p"), segment(4, "a", "z")],
  [segment(5, "b", "d"), segment(7, "f", "f"), segment(3, "h", "k")],
  [],
  [segment(1, "a", "j", { sizeBytes: 5 })],
]);

function numbers(segments: readonly SegmentInfo[]): number[] {
  return segments.map(({ number }) => number);
}

function mayHoldBelow(level: number, text: string): boolean {
  const buffer = key(`<${text}>`);
  return version.mayHoldBelow(level, buffer, 1, buffer.length - 2);
}

function assertRefused(edit: Partial<VersionEdit>, problem: string): void {
  const whole = { add: [], remove: [], ...edit };
  assertThrows(() => version.apply(whole), Error, problem);
}

test("An empty version has seven empty levels", () => {
  const empty = new Version();
  assertEquals(empty.levels.length, MAX_LEVELS);
  assertEquals([empty.totalBytes, empty.deepestLevel], [0, -1]);
  assert(!empty.mayHoldBelow(-1, key("a"), 0, 1));
});

test("A version knows the size of its levels", () => {
  assertEquals([0, 1, 2, 3].map((level) => version.levelBytes(level)), [
    2000,
    3000,
    0,
    5,
  ]);
  assertEquals([version.totalBytes, version.deepestLevel], [5005, 3]);
});

test("An edit makes a new version and leaves the old one as it was", () => {
  const next = version.apply({
    add: [
      { level: 0, segment: segment(12, "c", "c") },
      { level: 1, segment: segment(11, "dd", "e") },
      { level: 1, segment: segment(10, "a", "aa") },
      { level: 4, segment: segment(1, "a", "j", { sizeBytes: 5 }) },
    ],
    remove: [{ level: 0, number: 4 }, { level: 3, number: 1 }],
  });
  assertEquals(next.levels.map(numbers), [
    [12, 9],
    [10, 5, 11, 7, 3],
    [],
    [],
    [1],
    [],
    [],
  ]);
  assertEquals(version.levels.map(numbers).slice(0, 4), [
    [9, 4],
    [5, 7, 3],
    [],
    [1],
  ]);
});

test("An edit keeps what its caller holds with a segment", () => {
  const open = { ...segment(1, "a", "b"), reader: {} };
  const next = new Version<typeof open>()
    .apply({ add: [{ level: 2, segment: open }], remove: [] });
  assert(next.levels[2]![0]!.reader === open.reader);
});

test("An edit that makes no sense is refused", () => {
  assertRefused({ remove: [{ level: 1, number: 9 }] }, "not in level 1");
  assertRefused({ remove: [{ level: 8, number: 9 }] }, "not in level 8");
  assertRefused({
    remove: [{ level: 0, number: 9 }, { level: 0, number: 9 }],
  }, "segment 9 is not in level 0");
  const overlapping = segment(20, "k", "l");
  assertRefused({ add: [{ level: 1, segment: overlapping }] }, "overlap");
  const doubled = segment(9, "a", "a");
  assertRefused({ add: [{ level: 5, segment: doubled }] }, "twice");
  const inverted = segment(20, "b", "a");
  assertRefused({ add: [{ level: 5, segment: inverted }] }, "past the largest");
  const fine = segment(20, "a", "b");
  assertRefused({ add: [{ level: 7, segment: fine }] }, "no level 7");
  assertRefused({ add: [{ level: -1, segment: fine }] }, "no level -1");
});

test("A version out of order is refused", () => {
  assertThrows(
    () => new Version([[segment(1, "a", "b"), segment(2, "c", "d")]]),
    Error,
    "from new to old",
  );
  assertThrows(
    () => new Version([[], [segment(1, "c", "d"), segment(2, "a", "b")]]),
    Error,
    "out of order",
  );
  assertThrows(
    () => new Version(Array.from({ length: 8 }, () => [])),
    Error,
    "8 levels",
  );
});

test("Overlapping segments are found at their very edges", () => {
  function found(level: number, smallest: string, largest: string) {
    return numbers(version.overlapping(level, key(smallest), key(largest)));
  }
  assertEquals(found(1, "d", "f"), [5, 7]);
  assertEquals(found(1, "dd", "e"), []);
  assertEquals(found(1, "", "z"), [5, 7, 3]);
  assertEquals(found(1, "k", "k"), [3]);
  assertEquals(found(1, "ka", "z"), []);
  assertEquals(found(0, "p", "q"), [9, 4]);
  assertEquals(found(0, "q", "r"), [4]);
  assertEquals(found(2, "a", "z"), []);
});

test("Only levels below are asked whether they may hold a key", () => {
  assert(mayHoldBelow(-1, "z"));
  assert(!mayHoldBelow(0, "z"));
  assert(!mayHoldBelow(-1, "zz"));
  assert(mayHoldBelow(0, "k"));
  assert(!mayHoldBelow(1, "k"));
  assert(mayHoldBelow(2, "j"));
  assert(!mayHoldBelow(2, "ja"));
  assert(!mayHoldBelow(3, "b"));
  assert(!mayHoldBelow(6, "b"));
});

test("Searches agree with looking at every segment", () => {
  const random = randomNumbers(3);
  for (let round = 0; round < 200; round++) {
    const sample = randomVersion(random);
    for (let probe = 0; probe < 20; probe++) {
      const range = segment(1, randomKey(random), randomKey(random));
      const level = random(MAX_LEVELS + 1) - 1;
      const isHeld = sample.levels.some((segments, below) =>
        below > level &&
        segments.some((other) =>
          overlaps(other, { ...range, largestKey: range.smallestKey })
        )
      );
      const { smallestKey, largestKey } = range;
      assertEquals(
        sample.mayHoldBelow(level, smallestKey, 0, smallestKey.length),
        isHeld,
      );
      if (level < 0) continue;
      assertEquals(
        sample.overlapping(level, smallestKey, largestKey),
        sample.levels[level]!.filter((other) => overlaps(other, range)),
      );
    }
  }
});

function randomVersion(random: (below: number) => number): Version {
  let sample = new Version();
  for (let number = 1; number < 40; number++) {
    const level = random(MAX_LEVELS);
    const next = segment(number, randomKey(random), randomKey(random));
    try {
      sample = sample.apply({ add: [{ level, segment: next }], remove: [] });
    } catch {
      // No room for it there.
    }
  }
  return sample;
}

function randomKey(random: (below: number) => number): string {
  return Array.from({ length: random(3) }, () => "abcdef"[random(6)]).join("");
}
