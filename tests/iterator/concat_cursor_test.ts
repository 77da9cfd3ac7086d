import { assertEquals } from "@std/assert";
import {
  ConcatCursor,
  type PartReading,
} from "../../src/iterator/concat_cursor.ts";
import type { Cursor } from "../../src/format/cursor.ts";
import { compareBytes } from "../../src/bytes/compare.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import {
  type Answering,
  answerings,
  ArrayCursor,
  encode,
  type Item,
  itemOf,
  itemsAtOnce,
  itemsFrom,
} from "./array_cursor.ts";

test("Without parts there is nothing", () => {
  const cursor = new ConcatCursor([], reading);
  assertEquals(cursor.seekToFirst(), false);
  assertEquals(cursor.seekToLast(), false);
  assertEquals(cursor.seek(encode("")), false);
  assertEquals(cursor.seekBefore(encode("z")), false);
});

for (const answering of answerings) {
  test(`Parts that answer ${answering} are gone through as one, in both directions and from every key`, async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seeded(seed);
      const items = randomItems(random);
      const parts = cut(items, random).map((part) =>
        // A part may show nothing: all of its keys may be newer than a snapshot.
        random() < 0.2
          ? { range: part, shown: [] }
          : { range: part, shown: part }
      );
      const shown = parts.flatMap((part) => part.shown);
      const cursor = new ConcatCursor(
        parts.map(({ range, shown }) => partOf(range, shown, answering)),
        reading,
      );
      const forward = itemsFrom(cursor, cursor.seekToFirst(), "next");
      assertEquals(await forward, shown, `seed ${seed}`);
      const back = itemsFrom(cursor, cursor.seekToLast(), "prev");
      assertEquals(await back, shown.toReversed(), `seed ${seed}`);
      for (const target of targets(items)) {
        const found = cursor.seek(encode(target));
        assertEquals(
          await itemsFrom(cursor, found, "next"),
          shown.filter(({ key }) => key >= target),
          `seed ${seed} from ${target}`,
        );
        const before = cursor.seekBefore(encode(target));
        assertEquals(
          await itemsFrom(cursor, before, "prev"),
          shown.filter(({ key }) => key < target).toReversed(),
          `seed ${seed} before ${target}`,
        );
      }
    }
  });
}

test("Parts are opened only when they are come to", () => {
  const items = [..."abcdef"].map((key) => ({ key, sequence: 1, value: key }));
  const opened: number[] = [];
  const parts = [0, 2, 4].map((from, number) => {
    const part = partOf(items.slice(from, from + 2), undefined, "at once");
    return {
      ...part,
      cursor: () => {
        opened.push(number);
        return part.cursor();
      },
    };
  });
  const cursor = new ConcatCursor(parts, reading);
  assertEquals(opened, []);
  cursor.seek(encode("c"));
  assertEquals(opened, [1]);
  assertEquals([cursor.next(), opened], [true, [1]]);
  assertEquals([cursor.next(), opened], [true, [1, 2]]);
});

test("The runs of a part are those of the cursor, which goes on behind them", () => {
  const items = [..."abcdef"].map((key) => ({ key, sequence: 1, value: key }));
  const parts = [items.slice(0, 4), items.slice(4)].map((range) => ({
    ...partOf(range, undefined, "at once"),
    cursor: () => new ArrayCursor(range, "at once", 9),
  }));
  const cursor = new ConcatCursor(parts, reading);
  cursor.seek(encode("b"));
  const run = cursor.run(undefined)!;
  assertEquals([run.advance(), itemOf(cursor.entry)], [true, items[2]]);
  assertEquals([run.advance(), itemOf(cursor.entry)], [true, items[3]]);
  assertEquals([run.advance(), itemOf(cursor.entry)], [false, items[3]]);
  assertEquals(
    itemsAtOnce(cursor, cursor.next(), "next"),
    items.slice(4),
  );
});

test("Parts that answer at once are gone through without a promise", () => {
  const items = randomItems(seeded(1));
  const cursor = new ConcatCursor(
    cut(items, seeded(2)).map((part) => partOf(part, undefined, "at once")),
    reading,
  );
  assertEquals(itemsAtOnce(cursor, cursor.seekToFirst(), "next"), items);
});

/** A part as the tests make them. */
interface CursorPart {
  position(key: Uint8Array): number;
  cursor(): Cursor;
}

const reading: PartReading<CursorPart> = {
  position: (part, key) => part.position(key),
  cursor: (part) => part.cursor(),
};

function partOf(
  range: readonly Item[],
  shown: readonly Item[] | undefined,
  answering: Answering,
): CursorPart {
  const smallest = encode(range[0]!.key);
  const largest = encode(range.at(-1)!.key);
  return {
    position: (key) =>
      compareBytes(key, smallest) < 0
        ? -1
        : compareBytes(key, largest) > 0
        ? 1
        : 0,
    cursor: () => new ArrayCursor(shown ?? range, answering),
  };
}

function randomItems(random: () => number): Item[] {
  const numbers = Array.from({ length: 30 }, () => below(random, 99));
  return [...new Set(numbers)].map((n) => `k${String(n).padStart(2, "0")}`)
    .sort().map((key, i) => ({ key, sequence: i + 1, value: `v${i}` }));
}

/** Cuts items into parts, none of which is empty. */
function cut(items: readonly Item[], random: () => number): Item[][] {
  const parts: Item[][] = [];
  for (let at = 0; at < items.length;) {
    const length = 1 + below(random, 8);
    parts.push(items.slice(at, at + length));
    at += length;
  }
  return parts;
}

/** Every key, a place before it and one behind it. */
function targets(items: readonly Item[]): string[] {
  return ["", "z", ...items.flatMap(({ key }) => [key, `${key}\0`])];
}
