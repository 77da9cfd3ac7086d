import { assertEquals } from "@std/assert";
import { withNeeded } from "../../src/manifest/needed_tombstones.ts";
import { Version } from "../../src/manifest/version.ts";
import { test } from "../harness.ts";
import { ranges, rangesOf } from "../tombstones/samples.ts";
import { segment } from "./samples.ts";

function needed(
  version: Version,
  tombstones: ReturnType<typeof ranges>,
  snapshots: readonly number[] = [],
) {
  const next = withNeeded(version, tombstones, snapshots);
  assertEquals(next.levels, version.levels);
  return rangesOf(next.rangeTombstones);
}

const version = new Version([
  [
    segment(9, "a", "c", { ceiling: 30 }),
    segment(8, "e", "e", { ceiling: 10 }),
  ],
  [
    segment(5, "k", "m", { ceiling: 20 }),
    segment(6, "p", "r", { ceiling: 20 }),
  ],
]);

test("A range tombstone is needed while a segment that it overlaps lies below it", () => {
  assertEquals(needed(version, ranges(["a", "d", 30])), []);
  assertEquals(needed(version, ranges(["a", "d", 31])), [["a", "d", 31]]);
  assertEquals(needed(version, ranges(["a", "e", 30])), []);
  assertEquals(needed(version, ranges(["a", "ee", 30])), [["a", "ee", 30]]);
  assertEquals(needed(version, ranges(["f", "k", 99])), []);
  assertEquals(needed(version, ranges(["mm", "p", 99], ["rr", null, 99])), []);
  assertEquals(needed(version, ranges(["m", "mm", 99], ["r", null, 99])), [
    ["m", "mm", 99],
    ["r", null, 99],
  ]);
});

test("Of many that all snapshots see alike the newest is kept, and none that is applied everywhere", () => {
  const all = ranges(["k", "m", 50, 40, 30, 20]);
  assertEquals(needed(version, all), [["k", "m", 50]]);
  assertEquals(needed(version, all, [35]), [["k", "m", 50, 30]]);
  assertEquals(needed(version, all, [25, 45]), [["k", "m", 50, 40]]);
  assertEquals(needed(version, all, [50]), [["k", "m", 50]]);
});

test("Without segments no range tombstone is needed", () => {
  assertEquals(needed(new Version(), ranges(["", null, 5])), []);
});
