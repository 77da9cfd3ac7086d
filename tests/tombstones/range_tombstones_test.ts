import { assert, assertEquals } from "@std/assert";
import { newestPerStripe } from "../../src/tombstones/fragment.ts";
import {
  oldestAfter,
  type RangeTombstones,
} from "../../src/tombstones/range_tombstones.ts";
import { test } from "../harness.ts";
import { randomNumbers } from "../manifest/random.ts";
import { key, ranges, rangesOf } from "./samples.ts";

const LETTERS = [..."abcdefghij"];

test("Ranges that overlap are cut where one of them begins or ends", () => {
  const all = ranges(["b", "f", 1]).with(ranges(["d", "h", 2]), [1]);
  assertEquals(rangesOf(all), [
    ["b", "d", 1],
    ["d", "f", 2, 1],
    ["f", "h", 2],
  ]);
});

test("What no snapshot tells apart is one fragment, of the newest delete", () => {
  const old = ranges(["b", "d", 1], ["e", "g", 2], ["g", "h", 3]);
  assertEquals(rangesOf(old.with(ranges(["a", "k", 5]), [])), [["a", "k", 5]]);
  assertEquals(rangesOf(old.with(ranges(["a", null, 5]), [])), [
    ["a", null, 5],
  ]);
  assertEquals(rangesOf(old.with(ranges(["", "c", 5]), [2])), [
    ["", "b", 5],
    ["b", "c", 5, 1],
    ["c", "d", 1],
    ["e", "g", 2],
    ["g", "h", 3],
  ]);
});

test("Neighbours that are covered alike are one fragment", () => {
  const all = ranges(["a", "c", 4]).with(ranges(["c", "e", 4]), []);
  assertEquals(rangesOf(all), [["a", "e", 4]]);
});

test("Of the deletes in one stripe the newest is kept", () => {
  assertEquals(newestPerStripe([9, 7, 5, 3], []), [9]);
  assertEquals(newestPerStripe([9, 7, 5, 3], [6]), [9, 5]);
  assertEquals(newestPerStripe([9, 7, 5, 3], [7]), [9, 7]);
  assertEquals(newestPerStripe([9, 7, 5, 3], [1, 4, 20]), [9, 3]);
  assertEquals(newestPerStripe([], [1]), []);
});

test("The oldest delete after a write is found, if there is one", () => {
  const [fragment] = ranges(["a", "b", 9, 7, 3]).fragments;
  const answers = [0, 2, 3, 6, 7, 8, 9].map((n) => oldestAfter(fragment!, n));
  assertEquals(answers, [3, 3, 7, 7, 9, 9, 0]);
});

test("The newest delete over a key is found as of any write, at the edges of fragments too", () => {
  const all = ranges(["b", "d", 9, 4], ["d", "e", 6], ["g", null, 2]);
  const over = (text: string, most = Infinity) =>
    all.newestOver(key(`..${text}`), 2, text.length, most);
  assertEquals(["a", "b", "c", "cz", "d", "e", "f"].map((k) => over(k)), [
    0,
    9,
    9,
    9,
    6,
    0,
    0,
  ]);
  assertEquals(["g", "zzz"].map((k) => over(k)), [2, 2]);
  assertEquals([8, 4, 3].map((most) => over("b", most)), [4, 4, 0]);
});

test("A reader of the past sees the deletes that were there then", () => {
  const all = ranges(["a", "c", 9, 4], ["c", "e", 9], ["e", "f", 9, 4]);
  assertEquals(rangesOf(all.upTo(8)), [["a", "c", 4], ["e", "f", 4]]);
  assertEquals(all.upTo(9), all);
  assertEquals(rangesOf(all.upTo(3)), []);
});

test("However ranges are laid over one another, every reader sees the newest delete over each key", () => {
  const random = randomNumbers(11);
  for (let round = 0; round < 2_000; round++) {
    const snapshots = Array.from({ length: random(4) }, () => random(30))
      .sort((a, b) => a - b);
    const made = Array.from({ length: 1 + random(12) }, (_, i) => {
      const start = random(LETTERS.length);
      const end = start + 1 + random(4);
      return ranges([
        LETTERS[start]!,
        LETTERS[end] ?? null,
        2 * i + 1 + random(2),
      ]);
    });
    const all = joined(made, snapshots, random);
    assertDisjoint(all);
    for (const view of [...snapshots, Infinity]) {
      for (const letter of LETTERS) {
        const over = (some: RangeTombstones) =>
          some.newestOver(key(letter), 0, 1, view);
        const expected = Math.max(...made.map(over));
        assertEquals(over(all), expected, `${letter} as of ${view}`);
      }
    }
  }
});

/** Lays ranges over one another in random pairs. */
function joined(
  made: readonly RangeTombstones[],
  snapshots: readonly number[],
  random: (below: number) => number,
): RangeTombstones {
  const rest = [...made];
  while (rest.length > 1) {
    const [one] = rest.splice(random(rest.length), 1);
    const at = random(rest.length);
    rest[at] = rest[at]!.with(one!, snapshots);
  }
  return rest[0]!;
}

function assertDisjoint(all: RangeTombstones): void {
  rangesOf(all).forEach(([start, end, ...sequences], i, list) => {
    const next = list[i + 1];
    assert(end === null ? next === undefined : start < end);
    if (next === undefined) return;
    assert(end! <= next[0]);
    const isSame = `${sequences}` === `${next.slice(2)}`;
    assert(end! < next[0] || !isSame, "neighbours that are covered alike");
  });
}
