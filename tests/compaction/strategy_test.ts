import { assert, assertEquals } from "@std/assert";
import {
  type FullCompactionStep,
  planFullCompaction,
  startFullCompaction,
} from "../../src/compaction/full_compaction.ts";
import type {
  CompactionContext,
  CompactionPlan,
} from "../../src/compaction/plan.ts";
import {
  levelTargetBytes,
  pickCompaction,
} from "../../src/compaction/strategy.ts";
import { DELETE, PUT } from "../../src/format/kind.ts";
import type { SegmentInfo } from "../../src/manifest/segment_info.ts";
import { MAX_LEVELS, Version } from "../../src/manifest/version.ts";
import type { CompactionSettings } from "../../src/options.ts";
import { test } from "../harness.ts";
import { randomNumbers } from "../manifest/random.ts";
import { segment } from "../manifest/samples.ts";
import {
  ROW_BYTES,
  type SimulatedSegment,
  SimulatedStore,
} from "./simulated_store.ts";

const settings: CompactionSettings = {
  threshold: 4,
  levelSize: 4000,
  levelRatio: 4,
  segmentSize: 1000,
};
const idle: CompactionContext = {
  oldestSnapshot: undefined,
  withheld: new Set(),
  level0Reads: 0,
  mayMergeLevel0: true,
};

function pick(
  levels: readonly (readonly SegmentInfo[])[],
  context: Partial<CompactionContext> = {},
) {
  return summary(
    pickCompaction(new Version(levels), settings, { ...idle, ...context }),
  );
}

function summary(plan: CompactionPlan | undefined) {
  if (plan === undefined) return undefined;
  const { reason, outputLevel, action } = plan;
  const inputs = plan.inputs.map(({ level, segments }) => [
    level,
    segments.map(({ number }) => number),
  ]);
  return { reason, inputs, outputLevel, action };
}

test("Nothing is due in an empty version, nor below every bound", () => {
  assertEquals(pick([]), undefined);
  const three = [4, 3, 2].map((number) => segment(number, "a", "z"));
  const four = ["a", "c", "e", "g"].map((name, i) =>
    segment(20 + i, name, `${name}z`)
  );
  assertEquals(pick([three, four]), undefined);
});

test("All of level 0 goes into level 1 with everything in its range there", () => {
  const level0 = [
    segment(9, "c", "d"),
    segment(8, "k", "m"),
    segment(7, "c", "c"),
    segment(6, "l", "l"),
  ];
  const level1 = [
    segment(1, "a", "b", { sizeBytes: 800 }),
    segment(2, "c", "e", { sizeBytes: 800 }),
    segment(3, "f", "g", { sizeBytes: 800 }),
    segment(4, "m", "p", { sizeBytes: 800 }),
    segment(5, "q", "r", { sizeBytes: 800 }),
  ];
  assertEquals(pick([level0, level1]), {
    reason: "level0",
    inputs: [[0, [9, 8, 7, 6]], [1, [2, 3, 4]]],
    outputLevel: 1,
    action: "merge",
  });
});

test("Level 0 is due earlier once scans have gone through it once for each KiB that its merge would read", () => {
  const level0 = [
    segment(9, "c", "d", { sizeBytes: 2048 }),
    segment(8, "e", "f", { sizeBytes: 1024 }),
  ];
  const level1 = [
    segment(2, "a", "b", { sizeBytes: 1500 }),
    segment(3, "c", "g", { sizeBytes: 1500 }),
  ];
  assertEquals(pick([level0, level1], { level0Reads: 4 }), undefined);
  assertEquals(pick([level0, level1], { level0Reads: 5 }), {
    reason: "reads",
    inputs: [[0, [9, 8]], [1, [3]]],
    outputLevel: 1,
    action: "merge",
  });
  const withheld = new Set([3]);
  assertEquals(pick([level0, level1], { level0Reads: 5, withheld }), undefined);
  assertEquals(pick([[], level1], { level0Reads: 5 }), undefined);
});

/** Segments of level 0, from new to old, with the numbers 99, 98 and so on. */
function level0Of(...sizes: number[]): SegmentInfo[] {
  return sizes.map((sizeBytes, i) => segment(99 - i, "a", "z", { sizeBytes }));
}

test("Segments of level 0 are merged with one another where level 1 is large against them", () => {
  const level1 = [segment(1, "a", "m", { sizeBytes: 2000 })]
    .concat(segment(2, "n", "z", { sizeBytes: 1000 }));
  const expected = {
    reason: "level0",
    inputs: [[0, [99, 98, 97, 96]]],
    outputLevel: 0,
    action: "merge",
  };
  assertEquals(pick([level0Of(100, 100, 100, 100), level1]), expected);
  const larger = level0Of(200, 200, 200, 200);
  assertEquals(pick([larger, level1])?.outputLevel, 1);
});

test("What is four times as large as all newer segments of level 0 together is left as it is", () => {
  const level1 = [segment(1, "a", "z", { sizeBytes: 3900 })];
  const wide = { ...settings, levelRatio: 2 };
  const merged = (...sizes: number[]) =>
    summary(
      pickCompaction(new Version([level0Of(...sizes), level1]), wide, idle),
    )
      ?.inputs;
  assertEquals(merged(10, 20, 30, 241), [[0, [99, 98, 97]]]);
  assertEquals(merged(10, 20, 30, 240), [[0, [99, 98, 97, 96]]]);
  assertEquals(merged(10, 10, 20, 160, 900), [[0, [99, 98, 97, 96]]]);
  // None is as small as that; the newest two cost the least.
  assertEquals(merged(10, 50, 300, 1500), [[0, [99, 98]]]);
});

/** Four segments of level 0 in gaps of a larger level 1. */
function levelsWithGaps(sizeBytes: number): SegmentInfo[][] {
  const level1 = [segment(1, "c", "d", { sizeBytes: 2000 })]
    .concat(segment(2, "g", "h", { sizeBytes: 1500 }));
  const level0 = [["i", "j"], ["e", "f"], ["k", "l"], ["a", "b"]].map(
    ([first, last], i) => segment(99 - i, first!, last!, { sizeBytes }),
  );
  return [level0, level1];
}

test("Segments of level 0 that lie in gaps of level 1 sink there, however large that is", () => {
  const { action, outputLevel } = pick(levelsWithGaps(300))!;
  assertEquals([action, outputLevel], ["move", 1]);
});

test("Fragments of level 0 that lie in gaps of a large level 1 become one where they are", () => {
  const { action, outputLevel } = pick(levelsWithGaps(10))!;
  assertEquals([action, outputLevel], ["merge", 0]);
});

test("Fragments that overlap nothing below become one, with their neighbors there that are about as large", () => {
  const level0 = ["q", "o", "m", "k"].map((key, i) =>
    segment(99 - i, key, key, { sizeBytes: 10 })
  );
  const inputs = (...sizes: number[]) =>
    pick([
      level0,
      sizes.map((sizeBytes, i) =>
        segment(i + 1, `${"acegi"[i]}`, `${"bdfhj"[i]}`, { sizeBytes })
      ),
    ])?.inputs;
  const newest = [0, [99, 98, 97, 96]];
  assertEquals(inputs(), [newest]);
  assertEquals(inputs(160), [newest, [1, [1]]]);
  assertEquals(inputs(161), [newest]);
  // 40 and 160 are 200; 800 is four times that, but more than a segment takes.
  assertEquals(inputs(799, 160), [newest, [1, [1, 2]]]);
  assertEquals(inputs(801, 160), [newest, [1, [2]]]);
  assertEquals(inputs(161, 160), [newest, [1, [1, 2]]]);
});

test("A segment that alone is as large as others together is moved, not joined with small ones", () => {
  const large = [segment(9, "m", "n", { sizeBytes: 900 })]
    .concat(segment(8, "k", "l", { sizeBytes: 900 }))
    .concat(segment(7, "o", "p", { sizeBytes: 900 }))
    .concat(segment(6, "q", "r", { sizeBytes: 900 }));
  const level1 = [segment(1, "a", "b", { sizeBytes: 10 })];
  assertEquals(pick([large, level1])?.action, "move");
});

test("Nothing is joined across a gap that others may write to", () => {
  const upper = [segment(5, "k", "l", { sizeBytes: 3000 })]
    .concat(segment(6, "x", "y", { sizeBytes: 3000 }));
  const wide = { ...settings, segmentSize: 10_000 };
  const plan = (below: SegmentInfo[], ...withheld: number[]) =>
    summary(
      pickCompaction(new Version([[], upper, below]), wide, {
        ...idle,
        withheld: new Set(withheld),
      }),
    );
  const beside = [segment(1, "a", "b", { sizeBytes: 3000 })]
    .concat(segment(2, "m", "n", { sizeBytes: 3000 }));
  assertEquals(plan(beside)?.inputs, [[1, [5]], [2, [1, 2]]]);
  // Somebody writes elsewhere: 5 is moved, and joined with none.
  assertEquals(plan(beside, 99)?.action, "move");
  // 1 and 2 are about to become one.
  assertEquals(plan(beside, 1, 2), undefined);
  assertEquals(plan(beside.slice(0, 1), 1)?.action, "move");
});

test("A few deletes in level 0 have no large level 1 rewritten", () => {
  const deletes = segment(9, "a", "z", { entries: 10, tombstones: 10 });
  const level1 = (entries: number) => [segment(1, "a", "z", { entries })];
  assertEquals(pick([[deletes], level1(40)])?.reason, "garbage");
  assertEquals(pick([[deletes], level1(41)]), undefined);
});

test("Scans make a merge within level 0 due once they have paid for that alone", () => {
  const level0 = level0Of(1024, 2048);
  const level1 = [segment(1, "a", "z", { sizeBytes: 13_000 })];
  const wide = { ...settings, segmentSize: 4000, levelSize: 20_000 };
  const merged = (level0Reads: number, segments = level0) =>
    summary(pickCompaction(new Version([segments, level1]), wide, {
      ...idle,
      level0Reads,
    }));
  assertEquals(merged(2), undefined);
  assertEquals(merged(3), {
    reason: "reads",
    inputs: [[0, [99, 98]]],
    outputLevel: 0,
    action: "merge",
  });
  // One alone is nothing to be merged until they have paid for what is below it too.
  assertEquals(merged(3, level0Of(1024)), undefined);
  assertEquals(merged(14, level0Of(1024))?.outputLevel, 1);
});

test("A merge within level 0 makes one segment of the usual size at most", () => {
  const level1 = [segment(1, "a", "z", { sizeBytes: 20_000 })];
  const wide = { ...settings, levelSize: 40_000 };
  const outputLevel = (...sizes: number[]) =>
    pickCompaction(new Version([level0Of(...sizes), level1]), wide, idle)
      ?.outputLevel;
  assertEquals(outputLevel(250, 250, 250, 250), 0);
  assertEquals(outputLevel(250, 250, 250, 251), 1);
});

test("A merge within level 0 waits for a file number, but not for ever", () => {
  const level1 = [segment(1, "a", "z", { sizeBytes: 3900 })];
  const context = { mayMergeLevel0: false };
  const merged = (count: number) =>
    pick([level0Of(...Array(count).fill(10)), level1], context)?.outputLevel;
  assertEquals([4, 7, 8].map(merged), [undefined, undefined, 1]);
  const withheld = new Set([98]);
  assertEquals(pick([level0Of(1, 1, 1, 1), level1], { withheld }), undefined);
});

test("What is past its bound goes before what scans have made due", () => {
  const level0 = [segment(9, "c", "d")];
  const level1 = [
    segment(2, "a", "b", { sizeBytes: 3000 }),
    segment(3, "c", "g", { sizeBytes: 3000 }),
  ];
  const plan = pick([level0, level1], { level0Reads: 1_000_000 });
  assertEquals(plan?.reason, "size");
});

test("Level 0 written in key order is moved, not rewritten", () => {
  const level0 = [
    segment(9, "g", "h"),
    segment(8, "e", "f"),
    segment(7, "c", "d"),
    segment(6, "i", "j"),
  ];
  const expected = {
    reason: "level0",
    inputs: [[0, [9, 8, 7, 6]]],
    outputLevel: 1,
    action: "move",
  };
  assertEquals(pick([level0]), expected);
  const inAGap = segment(1, "da", "db");
  assertEquals(pick([level0, [inAGap]]), expected);
  const touching = segment(1, "da", "e");
  assertEquals(pick([level0, [touching]])?.action, "merge");
  const twice = [segment(10, "d", "da"), ...level0];
  assertEquals(pick([twice])?.action, "merge");
});

test("From a level past its target goes the segment that rewrites the least", () => {
  const level1 = [
    segment(1, "a", "c", { sizeBytes: 2000 }),
    segment(2, "d", "f", { sizeBytes: 2000 }),
    segment(3, "g", "i", { sizeBytes: 2000 }),
  ];
  const level2 = [
    segment(4, "a", "b", { sizeBytes: 900 }),
    segment(5, "c", "d", { sizeBytes: 200 }),
    segment(6, "e", "e", { sizeBytes: 300 }),
    segment(7, "h", "z", { sizeBytes: 900 }),
  ];
  assertEquals(pick([[], level1, level2]), {
    reason: "size",
    inputs: [[1, [2]], [2, [5, 6]]],
    outputLevel: 2,
    action: "merge",
  });
  assertEquals(pick([[], level1, level2.slice(0, 3)]), {
    reason: "size",
    inputs: [[1, [3]]],
    outputLevel: 2,
    action: "move",
  });
});

test("The level furthest past its bound goes first", () => {
  const level0 = [9, 8, 7, 6].map((number) => segment(number, "a", "z"));
  const level1 = [segment(1, "a", "c", { sizeBytes: 4001 })];
  const level2 = [segment(2, "a", "c", { sizeBytes: 32_000 })];
  assertEquals(pick([level0, level1, level2])?.inputs, [[2, [2]]]);
  assertEquals(pick([level0, level1])?.inputs, [[1, [1]]]);
  const atTarget = [segment(1, "a", "c", { sizeBytes: 4000 })];
  assertEquals(pick([level0, atTarget])?.reason, "level0");
});

test("The last level has no bound", () => {
  const huge = segment(1, "a", "c", { sizeBytes: 1e15 });
  assertEquals(pick([[], [], [], [], [], [], [huge]]), undefined);
  assertEquals(pick([[], [], [], [], [], [huge]])?.outputLevel, 6);
});

test("No plan touches segments that are withheld", () => {
  const level0 = [9, 8, 7, 6].map((number) => segment(number, "a", "d"));
  const level1 = [
    segment(1, "a", "b", { sizeBytes: 3500 }),
    segment(2, "e", "f", { sizeBytes: 3500 }),
    segment(3, "g", "h", { sizeBytes: 3500 }),
  ];
  assertEquals(pick([level0], { withheld: new Set([7]) }), undefined);
  assertEquals(
    pick([level0, level1.slice(0, 1)], { withheld: new Set([1]) }),
    undefined,
  );
  assertEquals(pick([[], level1], { withheld: new Set([1]) })?.inputs, [[1, [
    2,
  ]]]);
  const below = [segment(4, "e", "e")];
  assertEquals(
    pick([[], level1, below], { withheld: new Set([1, 4]) })?.inputs,
    [[1, [3]]],
  );
  assertEquals(
    pick([[], level1], { withheld: new Set([1, 2]) })?.inputs,
    [[1, [3]]],
  );
  const all = new Set([1, 2, 3]);
  assertEquals(pick([[], level1], { withheld: all }), undefined);
});

test("Older versions are collected once no snapshot can need them", () => {
  const stale = segment(1, "a", "c", { olderVersions: 1, maxSequence: 50 });
  const expected = {
    reason: "garbage",
    inputs: [[1, [1]]],
    outputLevel: 1,
    action: "merge",
  };
  const below = [segment(2, "a", "z")];
  assertEquals(pick([[], [stale], below]), expected);
  assertEquals(pick([[], [stale], below], { oldestSnapshot: 50 }), expected);
  assertEquals(pick([[], [stale], below], { oldestSnapshot: 49 }), undefined);
  assertEquals(
    pick([[], [stale], below], { withheld: new Set([1]) }),
    undefined,
  );
});

test("Tombstones are collected once they have nothing to hide", () => {
  const stale = segment(1, "b", "d", { tombstones: 1 });
  assertEquals(pick([[], [], [stale]])?.reason, "garbage");
  assertEquals(pick([[], [], [stale], [segment(2, "d", "e")]]), undefined);
  assertEquals(pick([[], [], [stale], [], [segment(2, "a", "b")]]), undefined);
  const beside = [segment(2, "a", "a"), segment(3, "e", "e")];
  assertEquals(pick([[], [], [stale], beside])?.inputs, [[2, [1]]]);
});

test("The segment with the largest share of garbage is collected first", () => {
  const level1 = [
    segment(1, "a", "b", { tombstones: 2 }),
    segment(2, "c", "d", { olderVersions: 4 }),
    segment(3, "e", "f", { tombstones: 3 }),
  ];
  assertEquals(pick([[], level1])?.inputs, [[1, [2]]]);
});

test("A segment that is tombstones for the most part goes down early", () => {
  const mostly = segment(1, "b", "d", { tombstones: 6, maxSequence: 9 });
  const half = segment(1, "b", "d", { tombstones: 5, maxSequence: 9 });
  const below = [segment(2, "a", "z")];
  assertEquals(pick([[], [mostly], below]), {
    reason: "garbage",
    inputs: [[1, [1]], [2, [2]]],
    outputLevel: 2,
    action: "merge",
  });
  assertEquals(pick([[], [half], below]), undefined);
  assertEquals(pick([[], [mostly], below], { oldestSnapshot: 8 }), undefined);
  assertEquals(pick([[], [mostly], [], below])?.action, "move");
});

test("A level 0 that is tombstones for the most part goes down early", () => {
  const level0 = [
    segment(9, "a", "c", { tombstones: 10, maxSequence: 9 }),
    segment(8, "a", "d", { tombstones: 1 }),
  ];
  assertEquals(pick([level0])?.inputs, [[0, [9, 8]]]);
  assertEquals(pick([level0], { oldestSnapshot: 8 }), undefined);
  assertEquals(pick([level0], { withheld: new Set([8]) }), undefined);
});

test("Outputs are cut where they would overlap too much of the next level", () => {
  // A plan may overlap 2.5 * 4 * 1000 bytes.
  const level0 = [9, 8, 7, 6].map((number) => segment(number, "a", "z"));
  const level2 = Array.from(
    { length: 8 },
    (_, i) =>
      segment(20 + i, `${"bcdefghi"[i]}`, `${"bcdefghi"[i]}x`, {
        sizeBytes: 4000,
      }),
  );
  const plan = pickCompaction(new Version([level0, [], level2]), {
    ...settings,
    levelSize: 100_000,
  }, idle)!;
  const cuts = plan.splitKeys.map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(cuts, ["d", "f", "h"]);
});

test("What overlaps too much of the next level is rewritten in pieces, not moved", () => {
  const wide = segment(1, "a", "z", { sizeBytes: 4001 });
  const level3 = ["b", "d", "f"].map((name, i) =>
    segment(20 + i, name, `${name}x`, { sizeBytes: 4000 })
  );
  assertEquals(pick([[], [wide], [], level3.slice(1)])?.action, "move");
  const plan = pickCompaction(
    new Version([[], [wide], [], level3]),
    settings,
    idle,
  )!;
  assertEquals([plan.action, plan.splitKeys.length], ["merge", 1]);
});

test("Every view reads the same through flushes and compactions that overlap in time", () => {
  const reasons = new Map<string, number>();
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomNumbers(seed * 7919);
    const store = new SimulatedStore(randomSettings(random));
    runHistory(store, random, (plan) => {
      const { reason, action, outputLevel } = plan;
      const name = reason + (action === "move" ? " move" : "") +
        (outputLevel === 0 ? " within level 0" : "");
      reasons.set(name, (reasons.get(name) ?? 0) + 1);
    });
    assertEquals(store.differences(), []);
    settle(store);
    assertEquals(store.differences(), []);
    assertQuiet(store);
    store.snapshots = [];
    settle(store);
    assertEquals(store.differences(), []);
    assertNoCollectableGarbage(store);
  }
  for (
    const reason of [
      "level0",
      "level0 move",
      "level0 within level 0",
      "reads",
      "reads within level 0",
      "size",
      "size move",
      "garbage",
    ]
  ) {
    assert((reasons.get(reason) ?? 0) > 0, `never saw ${reason}`);
  }
});

test("A full compaction leaves one level, without garbage that nobody needs", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = randomNumbers(seed * 104_729);
    const store = new SimulatedStore(randomSettings(random));
    runHistory(store, random, () => {});
    compactFully(store);
    assertEquals(store.differences(), []);
    const levelsInUse = store.version.levels.filter(({ length }) => length > 0);
    assert(levelsInUse.length <= 1);
    assertEquals(store.needlessEntries(), 0);
    store.snapshots = [];
    compactFully(store);
    assertEquals(store.differences(), []);
    for (const segment of store.version.levels.flat()) {
      assertEquals([segment.tombstones, segment.olderVersions], [0, 0]);
    }
  }
});

test("A full compaction ends while writing goes on", () => {
  const random = randomNumbers(99);
  const store = new SimulatedStore(settings);
  runHistory(store, random, () => {});
  let steps = 0;
  compactFully(store, () => {
    for (let i = 0; i < 10; i++) store.write(random(500), PUT);
    store.flush();
    const plan = pickCompaction(store.version, store.settings, store.context);
    if (plan !== undefined) store.carryOut(plan);
    assert(++steps < 2000, "no end");
  });
  assert(steps > 3);
  assertEquals(store.differences(), []);
});

test("A full compaction moves no garbage: on its way down it is dropped", () => {
  function steps(tombstones: number): unknown {
    const version = new Version([
      [],
      [segment(10, "a", "b", { tombstones })],
      [],
      [segment(2, "x", "y")],
    ]);
    const progress = { level: 1, after: undefined, firstNewNumber: 5 };
    const options = { context: idle, progress };
    const step = planFullCompaction(version, settings, options);
    return step.state === "plan" && summary(step.plan);
  }
  const expected = { reason: "full", inputs: [[1, [10]]], outputLevel: 2 };
  assertEquals(steps(0), { ...expected, action: "move" });
  assertEquals(steps(1), { ...expected, action: "merge" });
});

test("A full compaction waits for segments that are withheld and then goes on", () => {
  const version = new Version([[segment(2, "a", "c")], [segment(1, "a", "b")]]);
  const progress = startFullCompaction(3);
  const withheld = new Set([1]);
  function step(context: typeof idle): FullCompactionStep {
    return planFullCompaction(version, settings, { context, progress });
  }
  assertEquals(step({ ...idle, withheld }).state, "busy");
  assertEquals(step(idle).state, "plan");
  const empty = planFullCompaction(new Version(), settings, {
    context: idle,
    progress,
  });
  assertEquals(empty, { state: "done" });
});

test("Random writes are rewritten a bounded number of times", () => {
  const store = new SimulatedStore({
    threshold: 4,
    levelSize: 400 * ROW_BYTES,
    levelRatio: 10,
    segmentSize: 100 * ROW_BYTES,
  });
  const random = randomNumbers(42);
  for (let i = 0; i < 400; i++) {
    for (let j = 0; j < 100; j++) store.write(random(1_000_000), PUT);
    store.flush();
    settle(store);
  }
  const amplification = 1 + store.bytesCompacted / store.bytesFlushed;
  console.log(`Write amplification of fillrandom: ${amplification.toFixed(2)}`);
  assert(store.version.deepestLevel >= 3, "too few levels to tell");
  assert(amplification < 16, `${amplification}`);
});

test("Writes in key order are never rewritten", () => {
  const store = new SimulatedStore(settings);
  for (let i = 0; i < 2000; i++) {
    store.write(i, PUT);
    if (i % 10 === 9) {
      store.flush();
      settle(store);
    }
  }
  assertEquals(store.bytesCompacted, 0);
  assertQuiet(store);
  assertEquals(store.differences(), []);
});

function randomSettings(random: (below: number) => number): CompactionSettings {
  return {
    threshold: 2 + random(4),
    levelSize: ROW_BYTES * (10 + random(60)),
    levelRatio: 2 + random(4),
    segmentSize: ROW_BYTES * (4 + random(20)),
  };
}

/** Writes, deletes, snapshots and flushes, with up to three compactions under way at once. */
function runHistory(
  store: SimulatedStore,
  random: (below: number) => number,
  onPlan: (plan: CompactionPlan<SimulatedSegment>) => void,
): void {
  const running: ReturnType<SimulatedStore["start"]>[] = [];
  const keys = 50 + random(400);
  const deletesInTen = random(8);
  let nextInOrder = 100_000;
  for (let i = 0; i < 2500; i++) {
    const isInOrder = Math.floor(i / 300) % 3 === 2;
    const kind = random(10) < deletesInTen ? DELETE : PUT;
    if (isInOrder) store.write(nextInOrder++, PUT);
    else store.write(random(keys), kind);
    if (random(60) === 0) store.takeSnapshot();
    if (random(60) === 0) store.snapshots.splice(random(4), 1);
    if (random(20) === 0) store.flush();
    store.level0Reads = random(20) === 0 ? 1_000_000 : 0;
    if (random(6) === 0 && running.length > 0) {
      store.finish(running.splice(random(running.length), 1)[0]!);
    }
    if (random(5) === 0 && running.length < 3) {
      const plan = pickCompaction(store.version, store.settings, store.context);
      if (plan === undefined) continue;
      assertSound(store, plan);
      onPlan(plan);
      running.push(store.start(plan));
    }
  }
  for (const edit of running) store.finish(edit);
  store.flush();
}

function assertSound(
  store: SimulatedStore,
  plan: CompactionPlan<SimulatedSegment>,
): void {
  assert(plan.inputs.length > 0);
  for (const { level, segments } of plan.inputs) {
    assert(segments.length > 0);
    assert(level === plan.outputLevel || level + 1 === plan.outputLevel);
    for (const segment of segments) {
      assert(store.version.levels[level]!.includes(segment));
      assert(!store.withheld.has(segment.number));
    }
    const ofLevel = store.version.levels[level]!;
    if (plan.outputLevel === 0) {
      assert(segments.length > 1);
      assertEquals(segments, ofLevel.slice(0, segments.length));
    } else if (level === 0) assertEquals(segments, ofLevel);
  }
  assert(plan.outputLevel < MAX_LEVELS);
  assert(plan.action !== "move" || plan.inputs.length === 1);
}

/** Carries out what is due until nothing is, with every plan making progress. */
function settle(store: SimulatedStore): void {
  let left = workLeft(store.version);
  for (;;) {
    const plan = pickCompaction(store.version, store.settings, store.context);
    if (plan === undefined) return;
    assertSound(store, plan);
    store.carryOut(plan);
    const next = workLeft(store.version);
    assert(next < left, `${plan.reason} made no progress`);
    left = next;
  }
}

/**
 * Entries times the levels that they can still go down, and then segments of level 0: a plan that
 * makes progress makes it smaller.
 */
function workLeft(version: Version): number {
  const entries = version.levels.reduce(
    (sum, segments, level) =>
      segments.reduce(
        (inner, { entries }) => inner + entries * (MAX_LEVELS - level),
        sum,
      ),
    0,
  );
  return 1000 * entries + version.levels[0]!.length;
}

function compactFully(store: SimulatedStore, between = () => {}): void {
  let progress = startFullCompaction(store.nextNumber);
  for (;;) {
    const step = planFullCompaction(store.version, store.settings, {
      context: store.context,
      progress,
    });
    if (step.state === "done") return;
    assert(step.state === "plan", "nothing runs beside it");
    assertSound(store, step.plan);
    store.carryOut(step.plan);
    progress = step.progress;
    between();
  }
}

function assertQuiet({ version, settings }: SimulatedStore): void {
  assert(version.levels[0]!.length < settings.threshold);
  for (let level = 1; level < MAX_LEVELS - 1; level++) {
    assert(version.levelBytes(level) <= levelTargetBytes(settings, level));
  }
}

function assertNoCollectableGarbage({ version }: SimulatedStore): void {
  for (const segment of version.levels.slice(1).flat()) {
    assertEquals(segment.olderVersions, 0);
  }
  for (const segment of version.levels[version.deepestLevel] ?? []) {
    if (version.deepestLevel > 0) assertEquals(segment.tombstones, 0);
  }
}
