import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { MergingCursor } from "../../src/iterator/merging_cursor.ts";
import { isPending } from "../../src/storage/awaitable.ts";
import { below, pick, seeded } from "../codec/random.ts";
import { test } from "../harness.ts";
import {
  answerings,
  ArrayCursor,
  encode,
  type Item,
  itemsAtOnce,
  itemsFrom,
} from "./array_cursor.ts";

test("Without sources, or with empty ones, there is nothing", () => {
  for (const sources of [[], [new ArrayCursor([]), new ArrayCursor([])]]) {
    const cursor = new MergingCursor(sources);
    assertEquals(cursor.seekToFirst(), false);
    assertEquals(cursor.seekToLast(), false);
    assertEquals(cursor.seek(encode("")), false);
    assertEquals(cursor.seekBefore(encode("z")), false);
  }
});

test("Of a key that several sources have, the newest source is shown, whatever its sequence numbers", () => {
  // Flush and compaction set sequence numbers to 0: their order says nothing.
  const newest: Item[] = [{ key: "k", sequence: 0, value: "newest" }];
  const older: Item[] = [{ key: "k", sequence: 9, value: "older" }];
  const oldest: Item[] = [{ key: "k", sequence: 0, value: "oldest" }];
  const cursor = new MergingCursor(
    [newest, older, oldest].map((items) => new ArrayCursor(items)),
  );
  assertEquals(itemsAtOnce(cursor, cursor.seekToFirst(), "next"), newest);
  assertEquals(itemsAtOnce(cursor, cursor.seekToLast(), "prev"), newest);
});

test("A newer delete hides an older value, and shows as a delete", () => {
  const cursor = new MergingCursor([
    new ArrayCursor([{ key: "b", sequence: 2, value: null }]),
    new ArrayCursor([
      { key: "a", sequence: 1, value: "1" },
      { key: "b", sequence: 1, value: "1" },
    ]),
  ]);
  assertEquals(itemsAtOnce(cursor, cursor.seekToFirst(), "next"), [
    { key: "a", sequence: 1, value: "1" },
    { key: "b", sequence: 2, value: null },
  ]);
});

for (const answering of answerings) {
  test(`Sources that answer ${answering} are merged as a model merges them, in both directions`, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seeded(seed);
      const layers = randomLayers(random);
      const merged = newestOfEachKey(layers);
      const cursor = new MergingCursor(
        layers.map((items) => new ArrayCursor(items, answering)),
      );
      const forward = itemsFrom(cursor, cursor.seekToFirst(), "next");
      assertEquals(await forward, merged, `seed ${seed}`);
      const back = itemsFrom(cursor, cursor.seekToLast(), "prev");
      assertEquals(await back, merged.toReversed(), `seed ${seed}`);
      for (let i = 0; i < 12; i++) {
        const target = randomKey(random);
        const from = itemsFrom(cursor, cursor.seek(encode(target)), "next");
        const behind = merged.filter(({ key }) => key >= target);
        assertEquals(await from, behind, `seed ${seed} from ${target}`);
        const found = cursor.seekBefore(encode(target));
        const before = merged.filter(({ key }) => key < target).toReversed();
        assertEquals(await itemsFrom(cursor, found, "prev"), before);
      }
    }
  });

  test(`All versions of sources that answer ${answering} come by key, those of newer sources first`, async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const layers = randomLayers(seeded(seed), 3);
      const cursor = new MergingCursor(
        layers.map((items) => new ArrayCursor(items, answering)),
        true,
      );
      const all = itemsFrom(cursor, cursor.seekToFirst(), "next");
      const keys = [...new Set(layers.flat().map(({ key }) => key))].sort();
      const expected = keys.flatMap((key) =>
        layers.flatMap((items) => items.filter((item) => item.key === key))
      );
      assertEquals(await all, expected, `seed ${seed}`);
    }
  });
}

for (const answering of answerings) {
  test(`Sources that answer ${answering} and tell of runs are merged as those that tell of none`, async () => {
    let movesInRuns = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const random = seeded(seed);
      for (const allVersions of [false, true]) {
        const layers = randomDepths(random, allVersions ? 3 : 1);
        const sources = layers.map((items) =>
          new ArrayCursor(items, answering, below(random, 20))
        );
        const plain = layers.map((items) => new ArrayCursor(items));
        const cursor = new MergingCursor(sources, allVersions);
        const model = new MergingCursor(plain, allVersions);
        const all = itemsFrom(cursor, cursor.seekToFirst(), "next");
        const expected = itemsAtOnce(model, model.seekToFirst(), "next");
        assertEquals(await all, expected, `seed ${seed}`);
        for (let i = 0; i < 5; i++) {
          const target = encode(pick(random, expected).key);
          // From the midst of a run, for one or the other.
          if (await cursor.seek(target)) await cursor.next();
          const from = itemsFrom(cursor, cursor.seek(target), "next");
          const rest = itemsAtOnce(model, model.seek(target), "next");
          assertEquals(await from, rest, `seed ${seed}`);
          if (allVersions) continue;
          const back = itemsFrom(cursor, cursor.seekBefore(target), "prev");
          const before = itemsAtOnce(model, model.seekBefore(target), "prev");
          assertEquals(await back, before, `seed ${seed}`);
        }
        for (const source of sources) movesInRuns += source.movesInRuns;
      }
    }
    assert(movesInRuns > 10_000, `${movesInRuns}`);
  });
}

test("Bytes that all keys are said to begin with are not compared", () => {
  const named = (...keys: string[]) =>
    new ArrayCursor(keys.map((key) => ({ key, sequence: 1, value: "" })));
  // That they differ is against the contract, and shows it.
  const sources = [named("x1", "x3", "x30"), named("y", "y2", "y3")];
  const cursor = new MergingCursor(sources, true, 1);
  const all = itemsAtOnce(cursor, cursor.seekToFirst(), "next");
  const keys = all.map(({ key }) => key);
  assertEquals(keys, ["y", "x1", "y2", "x3", "y3", "x30"]);
});

/** Of a thousand keys every so manyth. */
function items(step: number, from: number): Item[] {
  return Array.from({ length: 1_000 / step }, (_, i) => ({
    key: String(from + step * i).padStart(4, "0"),
    sequence: 1,
    value: "",
  }));
}

test("A source that stays first is compared with one other after each move, however many there are", () => {
  const others = [1, 2, 3, 4, 5].map((i) => new ArrayCursor(items(500, i)));
  let looks = 0;
  for (const { entry } of others) {
    let buffer = entry.keyBuffer;
    Object.defineProperty(entry, "keyBuffer", {
      get: () => (looks++, buffer),
      set: (value) => buffer = value,
    });
  }
  const cursor = new MergingCursor([new ArrayCursor(items(1, 0)), ...others]);
  cursor.seek(encode("0006"));
  looks = 0;
  for (let i = 0; i < 400; i++) cursor.next();
  assertEquals(looks, 400);
});

test("A source that tells of no runs is not asked for one at each step", () => {
  const source = new ArrayCursor(items(1, 0));
  const cursor = new MergingCursor([source, new ArrayCursor(items(500, 0))]);
  itemsAtOnce(cursor, cursor.seekToFirst(), "next");
  assert(source.runsAsked > 100 && source.runsAsked < 300);
});

test("A source that has most entries to itself comes in runs, sources that interleave do not", () => {
  const movesInRuns = (...layers: Item[][]): number => {
    const sources = layers.map((layer) =>
      new ArrayCursor(layer, "at once", 50)
    );
    const cursor = new MergingCursor(sources);
    itemsAtOnce(cursor, cursor.seekToFirst(), "next");
    return sources.reduce((moves, source) => moves + source.movesInRuns, 0);
  };
  assert(movesInRuns(items(50, 0), items(1, 0)) > 800);
  assertEquals(movesInRuns(items(2, 0), items(2, 1)), 0);
});

test("Sources that answer at once are merged without a promise", () => {
  const layers = randomLayers(seeded(1));
  const cursor = new MergingCursor(
    layers.map((items) => new ArrayCursor(items)),
  );
  const items = itemsAtOnce(cursor, cursor.seekToFirst(), "next");
  assertEquals(items, newestOfEachKey(layers));
});

test("A cursor may be turned round by a seek at any place", () => {
  const layers = randomLayers(seeded(2));
  const merged = newestOfEachKey(layers);
  const cursor = new MergingCursor(
    layers.map((items) => new ArrayCursor(items)),
  );
  cursor.seekToFirst();
  merged.forEach(({ key }, i) => {
    const back = itemsAtOnce(cursor, cursor.seekBefore(encode(key)), "prev");
    assertEquals(back, merged.slice(0, i).toReversed());
    const forward = itemsAtOnce(cursor, cursor.seek(encode(key)), "next");
    assertEquals(forward, merged.slice(i));
  });
});

test("Keys longer than those seen before are passed like others", () => {
  const layers = [0, 1].map((age) =>
    Array.from({ length: 20 }, (_, i) => ({
      key: "k".repeat(1 + 30 * i),
      sequence: 2 - age,
      value: `${age}`,
    }))
  );
  const cursor = new MergingCursor(
    layers.map((items) => new ArrayCursor(items)),
  );
  const items = itemsAtOnce(cursor, cursor.seekToFirst(), "next");
  assertEquals(items, layers[0]);
});

test("The failure of a source is the failure of the move", async () => {
  class Broken extends ArrayCursor {
    override next(): Promise<boolean> {
      return Promise.reject(new Error("cannot read"));
    }
  }
  const [a, b, c] = [..."abc"].map((key) => ({ key, sequence: 1, value: "" }));
  const cursor = new MergingCursor([
    new ArrayCursor([a!, c!], "later"),
    new Broken([b!]),
  ]);
  assert(await cursor.seekToFirst());
  assert(await cursor.next());
  const moved = cursor.next();
  assert(isPending(moved));
  await assertRejects(() => moved, Error, "cannot read");
});

test("A failure at the start is told when no source is read any more, and leaves no rejection behind", async () => {
  const item = { key: "a", sequence: 1, value: "" };
  let isRead = true;
  class Slow extends ArrayCursor {
    override async seekToFirst(): Promise<boolean> {
      await new Promise((resolve) => setTimeout(resolve, 5));
      isRead = false;
      throw new Error("read too late");
    }
  }
  class Broken extends ArrayCursor {
    override seekToFirst(): boolean {
      throw new Error("cannot read");
    }
  }
  class Rejecting extends ArrayCursor {
    override seekToFirst(): Promise<boolean> {
      return Promise.reject(new Error("cannot read"));
    }
  }
  for (const Failing of [Broken, Rejecting]) {
    isRead = true;
    const cursor = new MergingCursor([new Failing([item]), new Slow([item])]);
    if (Failing === Broken) {
      assertThrows(() => cursor.seekToFirst(), Error, "cannot read");
    } else {
      await assertRejects(
        async () => await cursor.seekToFirst(),
        Error,
        "cannot read",
      );
      assert(!isRead);
    }
    isRead = true;
    const other = new MergingCursor([new Slow([item]), new Failing([item])]);
    await assertRejects(
      async () => await other.seekToFirst(),
      Error,
      "read too late",
    );
    assert(!isRead);
  }
});

/** Layers of items from the newest to the oldest, with up to `versions` of a key in each. */
function randomLayers(random: () => number, versions = 1): Item[][] {
  let sequence = 1_000;
  return Array.from({ length: 1 + below(random, 12) }, () => {
    const keys = Array.from(
      { length: below(random, 25) },
      () => randomKey(random),
    );
    return [...new Set(keys)].sort().flatMap((key) =>
      Array.from({ length: 1 + below(random, versions) }, () => {
        const isDelete = random() < 0.3;
        sequence--;
        return { key, sequence, value: isDelete ? null : `${sequence}` };
      })
    );
  });
}

/** A layer with many keys under some that have few, as a level is under new segments. */
function randomDepths(random: () => number, versions: number): Item[][] {
  let sequence = 10_000;
  return [...Array.from({ length: below(random, 4) }, () => 4), 150].map(
    (most) => {
      const keys = Array.from(
        { length: 1 + most },
        () => String(below(random, 300)).padStart(3, "0"),
      );
      return [...new Set(keys)].sort().flatMap((key) =>
        Array.from({ length: 1 + below(random, versions) }, () => {
          sequence--;
          return { key, sequence, value: `${sequence}` };
        })
      );
    },
  );
}

function randomKey(random: () => number): string {
  return pick(random, ["", "a", "k", "key"]) + "\0".repeat(below(random, 3)) +
    String(below(random, 12));
}

function newestOfEachKey(layers: readonly Item[][]): Item[] {
  const newest = new Map<string, Item>();
  for (const items of layers.toReversed()) {
    for (const item of items) newest.set(item.key, item);
  }
  return [...newest.keys()].sort().map((key) => newest.get(key)!);
}
