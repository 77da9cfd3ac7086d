import { assertEquals } from "@std/assert";
import { UncoveredCursor } from "../../src/iterator/uncovered_cursor.ts";
import { test } from "../harness.ts";
import { randomNumbers } from "../manifest/random.ts";
import { key, ranges } from "../tombstones/samples.ts";
import {
  answerings,
  ArrayCursor,
  type Item,
  itemOf,
  itemsFrom,
} from "./array_cursor.ts";

const LETTERS = [..."abcdefghijkl"];

function itemsWith(sequence: number, letters: string | string[]): Item[] {
  return [...letters].map((key) => ({ key, sequence, value: key }));
}

async function shown(
  cursor: UncoveredCursor,
  [move, target]: [
    move: "seekToFirst" | "seekToLast" | "seek" | "seekBefore",
    string,
  ],
): Promise<string> {
  const step = move === "seekToFirst" || move === "seek" ? "next" : "prev";
  const found = cursor[move](key(target));
  const items = await itemsFrom(cursor, found, step);
  return items.map((item) => item.key).join("");
}

test("Every way into and through covered stretches shows what is not covered, in both directions", async () => {
  const random = randomNumbers(3);
  for (let round = 0; round < 1_500; round++) {
    // A segment, or a table whose writes lie around the range deletes.
    const ceiling = 10 + random(3);
    const above = random(2) === 0 ? ceiling : 5;
    const items: Item[] = LETTERS.filter(() => random(3) > 0).map((key) => ({
      key,
      sequence: above === ceiling ? 0 : above + 1 + random(ceiling - above),
      value: key,
    }));
    if (items.length === 0) continue;
    const covering = randomRanges(random);
    const uncovered = items.filter((item) => {
      const newest = covering.newestOver(key(item.key), 0, 1, Infinity);
      return newest <= (above === ceiling ? ceiling : item.sequence);
    }).map((item) => item.key);
    const bounds = random(2) === 0 ? {} : {
      smallestKey: key(items[0]!.key),
      largestKey: key(items.at(-1)!.key),
    };
    const target = LETTERS[random(LETTERS.length)]!;
    const answering = answerings[random(3)]!;
    const expected = {
      seekToFirst: uncovered,
      seekToLast: uncovered.toReversed(),
      seek: uncovered.filter((letter) => letter >= target),
      seekBefore: uncovered.filter((letter) => letter < target).toReversed(),
    };
    for (const move of Object.keys(expected) as (keyof typeof expected)[]) {
      const source = new ArrayCursor(items, answering);
      const cursor = new UncoveredCursor(source, covering, {
        above,
        ceiling,
        ...bounds,
      });
      const found = await shown(cursor, [move, target]);
      assertEquals(found, expected[move].join(""), `round ${round}: ${move}`);
    }
  }
});

function randomRanges(random: (below: number) => number) {
  const all: [string, string | null, number][] = [];
  for (let at = random(3); at < LETTERS.length;) {
    const end = at + 1 + random(3);
    all.push([LETTERS[at]!, LETTERS[end] ?? null, 6 + random(9)]);
    at = end + random(3);
  }
  return ranges(...all);
}

test("A source that is covered as a whole is not asked", () => {
  const nothing = () => {
    throw new Error("it was asked");
  };
  const source = Object.assign(new ArrayCursor(itemsWith(0, "bcd")), {
    seek: nothing,
    seekBefore: nothing,
    seekToFirst: nothing,
    seekToLast: nothing,
  });
  const cursor = new UncoveredCursor(
    source,
    ranges(["aa", "c", 8], ["c", "f", 9]),
    { above: 7, ceiling: 7, smallestKey: key("b"), largestKey: key("d") },
  );
  assertEquals(cursor.seekToFirst(), false);
  assertEquals(cursor.seekToLast(), false);
  assertEquals(cursor.seek(key("a")), false);
  assertEquals(cursor.seekBefore(key("z")), false);
});

test("A covered stretch is left with one move, whatever the number of its keys and of the range deletes", () => {
  let moves = 0;
  class Counting extends ArrayCursor {
    override seek(target: Uint8Array) {
      moves++;
      return super.seek(target);
    }
    override next() {
      moves++;
      return super.next();
    }
  }
  const cursor = new UncoveredCursor(
    new Counting(itemsWith(0, LETTERS)),
    ranges(["b", "d", 8], ["d", "g", 9], ["g", "k", 8]),
    { above: 7, ceiling: 7 },
  );
  const letters = [];
  for (let has = cursor.seekToFirst(); has === true; has = cursor.next()) {
    letters.push(itemOf(cursor.entry).key);
  }
  assertEquals([letters.join(""), moves], ["akl", 4]);
});
