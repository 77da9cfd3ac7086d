import { assertEquals } from "@std/assert";
import { placeSegments } from "../../src/compaction/placement.ts";
import type { CompactionPlan } from "../../src/compaction/plan.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { Version } from "../../src/manifest/version.ts";
import type { CompactionSettings } from "../../src/options.ts";
import { test } from "../harness.ts";

const settings: CompactionSettings = {
  threshold: 4,
  segmentSize: 10,
  levelSize: 100,
  levelRatio: 10,
};

function segment(number: number, range: string, sizeBytes = 10): SegmentInfo {
  const [smallestKey, largestKey] = range.split("-")
    .map((key) => new TextEncoder().encode(key));
  return {
    number,
    sizeBytes,
    entries: 2,
    tombstones: 0,
    olderVersions: 0,
    maxSequence: 0,
    ceiling: 0,
    salt: undefined,
    smallestKey: smallestKey!,
    largestKey: largestKey!,
  };
}

/** Levels that segments of these ranges go to. */
function levelsFor(
  levels: SegmentInfo[][],
  ranges: readonly string[],
  running?: CompactionPlan,
): number[] {
  const segments = ranges.map((range, i) => segment(100 + i, range));
  const version = new Version(levels);
  const edit = placeSegments(version, segments, { settings, running });
  // It has to be one that can be made.
  version.apply(edit);
  return edit.add.map(({ level }) => level);
}

test("Imported segments go to the level whose target has room for them", () => {
  assertEquals(levelsFor([], ["a-b", "c-d"]), [1, 1]);
  const full = [[], [segment(1, "x-y", 100)]];
  assertEquals(levelsFor(full, ["a-b"]), [2]);
  const segments = Array.from({ length: 11 }, (_, i) => `${i + 10}-${i + 10}x`);
  assertEquals(levelsFor([], segments), segments.map(() => 2));
});

test("Imported segments go no higher than the deepest level that holds anything, if nothing is in the way", () => {
  const deep = [[], [], [], [segment(1, "c-d")]];
  assertEquals(levelsFor(deep, ["a-b", "e-f"]), [3, 3]);
});

test("A segment whose range overlaps another one goes further up, each by itself", () => {
  const levels = [
    [segment(9, "a-z")],
    [segment(1, "a-c")],
    [segment(2, "a-g")],
    [segment(3, "a-k")],
  ];
  assertEquals(levelsFor(levels, ["b-bb", "d-e", "h-i", "l-m"]), [0, 1, 2, 3]);
});

test("A segment does not go where a running compaction is about to write", () => {
  const upper = [segment(1, "a-c"), segment(2, "m-p")];
  const levels = [[], upper, [], [segment(3, "x-z")]];
  const running: CompactionPlan = {
    inputs: [{ level: 1, segments: upper }],
    outputLevel: 3,
    action: "merge",
    splitKeys: [],
    reason: "size",
  };
  const ranges = ["d-e", "f-g", "q-r"];
  assertEquals(levelsFor(levels, ranges), [3, 3, 3]);
  assertEquals(levelsFor(levels, ranges, running), [2, 2, 3]);
  const other = { ...running, outputLevel: 2 };
  assertEquals(levelsFor(levels, ranges, other), [3, 3, 3]);
});
