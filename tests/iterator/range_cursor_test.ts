import { assertEquals } from "@std/assert";
import { RangeCursor } from "../../src/iterator/range_cursor.ts";
import { isPending } from "../../src/storage/awaitable.ts";
import { below, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import {
  type Answering,
  answerings,
  ArrayCursor,
  encode,
  type Item,
  itemOf,
} from "./array_cursor.ts";

/** What is asked of a range cursor, in strings. */
interface Asked {
  readonly lower?: string | undefined;
  readonly upper?: string | undefined;
  readonly isReverse?: boolean;
  readonly limit?: number;
}

const items: readonly Item[] = [
  { key: "", sequence: 1, value: "empty key" },
  { key: "a", sequence: 2, value: "1" },
  { key: "b", sequence: 3, value: null },
  { key: "c", sequence: 4, value: "3" },
  { key: "c\0", sequence: 5, value: "" },
  { key: "d", sequence: 6, value: null },
  { key: "e", sequence: 7, value: "5" },
];

test("A range begins with its lower bound and ends before its upper bound", async () => {
  assertEquals(await keys({ lower: "a", upper: "c" }), ["a"]);
  assertEquals(await keys({ lower: "c", upper: "e" }), ["c", "c\0"]);
  assertEquals(await keys({ lower: "c", upper: "c\0" }), ["c"]);
  assertEquals(await keys({ lower: "aa" }), ["c", "c\0", "e"]);
  assertEquals(await keys({ upper: "c" }), ["", "a"]);
});

test("Without bounds a range has every key, the empty one too", async () => {
  assertEquals(await keys({}), ["", "a", "c", "c\0", "e"]);
  assertEquals(await keys({ isReverse: true }), ["e", "c\0", "c", "a", ""]);
});

test("Deleted keys are not shown, and do not count for the limit", async () => {
  assertEquals(await keys({ lower: "b", limit: 1 }), ["c"]);
  assertEquals(await keys({ upper: "e", isReverse: true, limit: 1 }), ["c\0"]);
});

test("A range without keys, or with bounds the wrong way round, is empty", async () => {
  for (const isReverse of [false, true]) {
    assertEquals(await keys({ lower: "f", isReverse }), []);
    assertEquals(await keys({ upper: "", isReverse }), []);
    assertEquals(await keys({ lower: "b", upper: "b", isReverse }), []);
    assertEquals(await keys({ lower: "c", upper: "a", isReverse }), []);
    assertEquals(await keys({ lower: "d", upper: "e", isReverse }), []);
    assertEquals(await keys({ limit: 0, isReverse }), []);
  }
});

for (const answering of answerings) {
  test(`Ranges over a source that answers ${answering} agree with a model`, async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const bound = () =>
        random() < 0.2
          ? undefined
          : ["", "a", "a\0", "b", "c", "c\0", "cc", "d", "e", "f"][
            below(random, 10)
          ];
      const asked = {
        lower: bound(),
        upper: bound(),
        isReverse: random() < 0.5,
        limit: random() < 0.5 ? Infinity : below(random, 5),
      };
      const note = JSON.stringify(asked);
      assertEquals(await keys(asked, answering), model(asked), note);
    }
  });
}

test("At its end a range cursor stays at its end", async () => {
  for (const answering of answerings) {
    for (const asked of [{ limit: 2 }, { upper: "b" }, {}, { lower: "x" }]) {
      const cursor = open(asked, answering);
      while (await cursor.advance());
      for (let i = 0; i < 3; i++) assertEquals(await cursor.advance(), false);
    }
  }
});

test("A source that answers at once is gone through without a promise", () => {
  const cursor = open({ upper: "e" }, "at once");
  for (;;) {
    const has = cursor.advance();
    if (isPending(has)) throw new Error("a promise");
    if (!has) break;
  }
});

test("Thirty thousand deleted keys in a row are passed without running out of stack", async () => {
  const many = Array.from({ length: 30_000 }, (_, i) => ({
    key: String(i).padStart(6, "0"),
    sequence: i + 1,
    value: i === 29_999 ? "the only one" : null,
  }));
  for (const answering of answerings) {
    const cursor = new RangeCursor(new ArrayCursor(many, answering), {
      range: { lower: undefined, upper: undefined },
      isReverse: false,
      limit: Infinity,
    });
    assertEquals(await cursor.advance(), true);
    assertEquals(itemOf(cursor.entry).key, "029999");
    assertEquals(await cursor.advance(), false);
  }
});

function open(asked: Asked, answering: Answering): RangeCursor {
  const { lower, upper, isReverse = false, limit = Infinity } = asked;
  return new RangeCursor(new ArrayCursor(items, answering), {
    range: {
      lower: lower === undefined ? undefined : encode(lower),
      upper: upper === undefined ? undefined : encode(upper),
    },
    isReverse,
    limit,
  });
}

async function keys(
  asked: Asked,
  answering: Answering = "at once",
): Promise<string[]> {
  const cursor = open(asked, answering);
  const found: string[] = [];
  while (await cursor.advance()) found.push(itemOf(cursor.entry).key);
  return found;
}

function model(asked: Asked): string[] {
  const { lower = "", upper = "\uffff", isReverse, limit = Infinity } = asked;
  const found = items
    .filter(({ key, value }) => value !== null && key >= lower && key < upper)
    .map(({ key }) => key);
  return (isReverse ? found.reverse() : found).slice(0, limit);
}
