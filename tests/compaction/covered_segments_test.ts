import { assert, assertEquals } from "@std/assert";
import { MOST_RANGE_TOMBSTONES } from "../../src/compaction/covered_segments.ts";
import {
  planFullCompaction,
  startFullCompaction,
} from "../../src/compaction/full_compaction.ts";
import type { CompactionContext } from "../../src/compaction/plan.ts";
import { pickCompaction } from "../../src/compaction/strategy.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { Version } from "../../src/manifest/version.ts";
import { resolveOptions } from "../../src/options.ts";
import { RangeTombstones } from "../../src/tombstones/range_tombstones.ts";
import { test } from "../harness.ts";
import { segment } from "../manifest/samples.ts";
import { key, ranges } from "../tombstones/samples.ts";

const settings = resolveOptions().compaction;
const idle: CompactionContext = {
  oldestSnapshot: undefined,
  withheld: new Set(),
  level0Reads: 0,
  mayMergeLevel0: true,
};

/** A plan as text: what is done to which segments, and why. */
function pick(
  levels: readonly (readonly SegmentInfo[])[],
  tombstones: RangeTombstones,
  context: Partial<CompactionContext> = {},
): string | undefined {
  const version = new Version(levels, tombstones);
  const plan = pickCompaction(version, settings, { ...idle, ...context });
  if (plan === undefined) return undefined;
  const inputs = plan.inputs.map(({ level, segments }) =>
    `${level}: ${segments.map(({ number }) => number)}`
  );
  return `${plan.action} ${inputs.join("; ")} (${plan.reason})`;
}

const old = { ceiling: 10 };

test("Segments that range tombstones cover as a whole are dropped, in all levels at once", () => {
  const levels = [
    [segment(9, "c", "d", old), segment(8, "a", "z", old)],
    [segment(5, "b", "d", old), segment(6, "e", "g", old)],
    [segment(3, "d", "d", old)],
  ];
  assertEquals(
    pick(levels, ranges(["b", "e", 20])),
    "drop 0: 9; 1: 5; 2: 3 (range)",
  );
  assertEquals(
    pick(levels, ranges(["", null, 20])),
    "drop 0: 9,8; 1: 5,6; 2: 3 (range)",
  );
});

test("The last key of a segment has to be covered, too, and every key between", () => {
  const levels = [[segment(9, "b", "d", old)]];
  assertEquals(pick(levels, ranges(["b", "d", 20])), undefined);
  assertEquals(pick(levels, ranges(["bb", "e", 20])), undefined);
  assertEquals(
    pick(levels, ranges(["b", "c", 20], ["cc", "e", 20])),
    undefined,
  );
  assertEquals(
    pick(levels, ranges(["b", "c", 20], ["c", "e", 30])),
    "drop 0: 9 (range)",
  );
  // One of them has been applied already.
  assertEquals(pick(levels, ranges(["b", "c", 10], ["c", "e", 30])), undefined);
});

test("What a snapshot sees is not dropped, and goes when the snapshot does", () => {
  const levels = [[], [segment(9, "b", "d", old)]];
  const covering = ranges(["b", "e", 30, 20]);
  assertEquals(pick(levels, covering, { oldestSnapshot: 19 }), undefined);
  assertEquals(
    pick(levels, covering, { oldestSnapshot: 20 }),
    "drop 1: 9 (range)",
  );
});

test("A segment that a compaction reads is left to it", () => {
  const levels = [[], [segment(9, "b", "d", old)]];
  const withheld = new Set([9]);
  assertEquals(pick(levels, ranges(["b", "e", 20]), { withheld }), undefined);
  assertEquals(pick(levels, ranges(["c", "e", 20]), { withheld }), undefined);
});

test("When nothing else is due, the segment with most range tombstones to apply is rewritten in its level", () => {
  const levels = [
    [segment(9, "a", "z", old)],
    [segment(5, "b", "d", old), segment(6, "e", "g", old)],
    [segment(3, "a", "z", { ceiling: 25 })],
  ];
  const few = ranges(["c", "d", 20], ["e", "f", 20], ["g", "h", 20]);
  assertEquals(pick(levels, few), "merge 1: 6 (range)");
  assertEquals(pick(levels, few, { oldestSnapshot: 19 }), undefined);
  // All have been applied to the deepest one.
  assertEquals(pick([[], [], levels[2]!], few), undefined);
  const due = Array.from(
    { length: settings.threshold },
    (_, i) => segment(20 - i, "a", "z", old),
  );
  assert(pick([due, levels[1]!], few)!.endsWith("(level0)"));
});

test("Level 0 waits until it is due", () => {
  const levels = [[segment(9, "a", "z", old)], [segment(5, "a", "a", old)]];
  assertEquals(pick(levels, ranges(["b", "d", 20])), undefined);
});

function many(count: number): RangeTombstones {
  return new RangeTombstones(Array.from({ length: count }, (_, i) => {
    const name = `c${String(i).padStart(5, "0")}`;
    return { start: key(name), end: key(`${name}0`), sequences: [20] };
  }));
}

test("Where there are very many range tombstones, they come first, whatever snapshots there are, and with level 0", () => {
  const due = Array.from(
    { length: settings.threshold },
    (_, i) => segment(20 - i, "x", "z", old),
  );
  const levels = [due, [segment(5, "a", "d", old)]];
  assertEquals(
    pick(levels, many(MOST_RANGE_TOMBSTONES + 1), { oldestSnapshot: 1 }),
    "merge 1: 5 (range)",
  );
  assert(
    pick(levels, many(MOST_RANGE_TOMBSTONES), { oldestSnapshot: 1 })!
      .endsWith("(level0)"),
  );
  assertEquals(
    pick([[segment(9, "a", "d", old)]], many(MOST_RANGE_TOMBSTONES + 1)),
    "merge 0: 9 (range)",
  );
});

test("A full compaction drops what is covered, and rewrites what range tombstones overlap", () => {
  const levels = [
    [],
    [segment(5, "a", "b", old)],
    [
      segment(3, "a", "d", { ...old, sizeBytes: settings.segmentSize }),
      segment(4, "x", "z", old),
    ],
  ];
  const progress = startFullCompaction(100);
  const step = (tombstones: RangeTombstones, at = progress) => {
    const version = new Version(levels, tombstones);
    const found = planFullCompaction(version, settings, {
      context: idle,
      progress: at,
    });
    if (found.state !== "plan") return found.state;
    const { action, inputs } = found.plan;
    const numbers = inputs.flatMap(({ segments }) => segments)
      .map(({ number }) => number);
    return `${action} ${numbers}`;
  };
  assertEquals(step(ranges(["w", null, 20])), "drop 4");
  assertEquals(step(ranges(["a", "aa", 20])), "merge 5,3");
  const deepest = { level: 2, after: undefined, firstNewNumber: 100 };
  assertEquals(step(ranges(["y", "yy", 20]), deepest), "merge 4");
  assertEquals(step(ranges(["y", "yy", 10]), deepest), "done");
});
