import { assert, assertEquals } from "@std/assert";
import { AppliedTombstones } from "../../src/compaction/applied_tombstones.ts";
import { Retention } from "../../src/compaction/retention.ts";
import type { Cursor } from "../../src/format/cursor.ts";
import { MergingCursor } from "../../src/iterator/merging_cursor.ts";
import { newestPerStripe } from "../../src/tombstones/fragment.ts";
import { RangeTombstones } from "../../src/tombstones/range_tombstones.ts";
import { test } from "../harness.ts";
import {
  answerings,
  ArrayCursor,
  type Item,
  itemOf,
  itemsFrom,
} from "../iterator/array_cursor.ts";
import { randomNumbers } from "../manifest/random.ts";
import { ranges } from "../tombstones/samples.ts";

/** An entry as text: key, `+` or `-`, sequence number. */
type Text = string;

function itemOfText(text: Text): Item {
  const [, key, sign, sequence] = /^(.*)([+-])(\d+)$/.exec(text)!;
  const value = sign === "+" ? "value" : null;
  return { key: key!, sequence: Number(sequence), value };
}

function textOf({ key, sequence, value }: Item): Text {
  return `${key}${value === null ? "-" : "+"}${sequence}`;
}

async function applied(
  entries: readonly Text[],
  { fragments }: RangeTombstones,
  { ceiling, snapshots = [] }: {
    readonly ceiling?: number;
    readonly snapshots?: readonly number[];
  },
): Promise<Text[]> {
  const results = [];
  for (const answering of answerings) {
    const cursor = new AppliedTombstones(
      new ArrayCursor(entries.map(itemOfText), answering),
      { rangeTombstones: fragments, snapshots, ceiling },
    );
    const items = await itemsFrom(cursor, cursor.seekToFirst(), "next");
    results.push(items.map(textOf));
  }
  const [first, ...others] = results;
  for (const other of others) assertEquals(other, first);
  return first!;
}

test("What range tombstones past the ceiling cover is dropped, and nothing else", async () => {
  const entries = ["a+3", "b+4", "b+1", "c-2", "d+0", "e+5"];
  const covering = ranges(["b", "e", 9]);
  assertEquals(await applied(entries, covering, { ceiling: 8 }), [
    "a+3",
    "e+5",
  ]);
  assertEquals(await applied(entries, covering, { ceiling: 9 }), entries);
  assertEquals(
    await applied(entries, ranges(["", null, 9]), { ceiling: 5 }),
    [],
  );
});

test("In a table a range delete covers what came before it", async () => {
  const entries = ["a+7", "a+5", "a+2", "b+6", "c-4"];
  assertEquals(await applied(entries, ranges(["", null, 6]), {}), [
    "a+7",
    "b+6",
  ]);
});

test("What a snapshot sees is kept below a tombstone of its key", async () => {
  const snapshots = [4];
  const entries = ["a+3", "b+0", "c+5"];
  const covering = ranges(["a", "z", 9]);
  assertEquals(await applied(entries, covering, { ceiling: 8, snapshots }), [
    "a-9",
    "a+3",
    "b-9",
    "b+0",
  ]);
});

test("The oldest range tombstone after an entry decides", async () => {
  const covering = ranges(["a", "z", 9, 6]);
  const at = (...snapshots: number[]) =>
    applied(["a+5"], covering, { ceiling: 5, snapshots });
  assertEquals(await at(), []);
  assertEquals(await at(5), ["a-6", "a+5"]);
  assertEquals(await at(6), []);
  assertEquals(await at(4, 7), []);
});

test("A stretch that nobody sees is not read", async () => {
  let moves = 0;
  class Counting extends ArrayCursor {
    override next() {
      moves++;
      return super.next();
    }
  }
  const entries = Array.from("abcdefghij", (key) => itemOfText(`${key}+1`));
  const { fragments } = ranges(["b", "i", 9]);
  const options = { rangeTombstones: fragments, ceiling: 8, snapshots: [9] };
  const cursor = new AppliedTombstones(new Counting(entries), options);
  const items = await itemsFrom(cursor, cursor.seekToFirst(), "next");
  assertEquals(items.map(textOf), ["a+1", "i+1", "j+1"]);
  assertEquals(moves, 3);
});

// From here on histories of one key: what happened at each sequence number, and who looks on.

type Event = "put" | "del" | "range" | "none";
const EVENTS: readonly Event[] = ["put", "del", "range", "none"];

/** A segment, as a list of versions from new to old, and its ceiling. */
interface Flushed {
  readonly entries: readonly Text[];
  readonly ceiling: number;
}

/** The value that a view sees: the sequence number of its put. */
function visible(events: readonly Event[], view: number): number {
  for (let sequence = Math.min(view, events.length); sequence > 0; sequence--) {
    const event = events[sequence - 1]!;
    if (event === "put") return sequence;
    if (event !== "none") return 0;
  }
  return 0;
}

function tombstonesOf(
  events: readonly Event[],
  snapshots: readonly number[],
): RangeTombstones {
  const all = events.flatMap((event, i) => event === "range" ? [i + 1] : []);
  const sequences = newestPerStripe(all.reverse(), snapshots);
  if (sequences.length === 0) return RangeTombstones.none;
  return ranges(["k", "l", ...sequences]);
}

/**
 * Merges as flush and compaction do; entries are told by values, which are their sequence numbers.
 */
function merged(
  source: Cursor | AppliedTombstones,
  { snapshots, below }: { snapshots: readonly number[]; below: boolean },
): Item[] {
  const retention = new Retention({ snapshots, mayHoldBelow: () => below });
  const kept: Item[] = [];
  for (let has = source.seekToFirst(); has === true; has = source.next()) {
    if (retention.admit(source.entry)) kept.push(itemOf(source.entry));
  }
  return kept;
}

test("A flush of any history of a key leaves every view what it was", () => {
  const LENGTH = 5;
  for (let number = 0; number < EVENTS.length ** LENGTH; number++) {
    const events = Array.from(
      { length: LENGTH },
      (_, i) => EVENTS[Math.floor(number / EVENTS.length ** i) % 4]!,
    );
    for (let mask = 0; mask < 2 ** LENGTH; mask++) {
      const snapshots = events.map((_, i) => i + 1)
        .filter((sequence) => mask & (1 << (sequence - 1)));
      const { items } = flush(events, 0, { snapshots, below: false });
      for (const view of [...snapshots, Infinity]) {
        const found = items.find(({ sequence }) => sequence <= view);
        const value = Number(found?.value ?? 0);
        assert(
          value === visible(events, view),
          `${events} with ${snapshots} as of ${view}: ${items.map(textOf)}`,
        );
      }
    }
  }
});

function flush(
  events: readonly Event[],
  after: number,
  { snapshots, below }: { snapshots: readonly number[]; below: boolean },
): { items: Item[]; tombstones: RangeTombstones } {
  const items: Item[] = events.flatMap((event, i) => {
    const sequence = i + 1;
    if (sequence <= after || event === "range" || event === "none") return [];
    return {
      key: "k",
      sequence,
      value: event === "put" ? `${sequence}` : null,
    };
  });
  const own = events.map((event, i) => i < after ? "none" : event);
  const tombstones = tombstonesOf(own, snapshots);
  const source = new AppliedTombstones(new ArrayCursor(items.reverse()), {
    rangeTombstones: tombstones.fragments,
    snapshots,
    ceiling: undefined,
  });
  return { items: merged(source, { snapshots, below }), tombstones };
}

test("Flushes and compactions in any order, while snapshots come and go, leave every view what it was", () => {
  const random = randomNumbers(5);
  for (let round = 0; round < 30_000; round++) runHistory(random, round);
});

interface Store {
  readonly segments: readonly { items: readonly Item[]; ceiling: number }[];
  readonly tombstones: RangeTombstones;
}

function runHistory(random: (below: number) => number, round: number): void {
  const events: Event[] = [];
  const log: string[] = [];
  let snapshots: number[] = [];
  let store: Store = { segments: [], tombstones: RangeTombstones.none };
  for (let step = 0; step < 5; step++) {
    const after = events.length;
    const count = 1 + random(4);
    for (let i = 0; i < count; i++) {
      events.push(EVENTS[random(3)]!);
      if (random(3) === 0) snapshots.push(events.length);
    }
    log.push(`${events.slice(after)} with ${snapshots}`);
    store = afterFlush(store, events, after, snapshots);
    snapshots = snapshots.filter(() => random(4) > 0);
    if (random(2) === 0) {
      const first = random(store.segments.length);
      const number = 1 + random(store.segments.length - first);
      log.push(`compact ${number} from ${first} with ${snapshots}`);
      store = afterCompaction(
        store,
        { first, number, snapshots },
        after + count,
      );
    }
    for (const view of [...snapshots, Infinity]) {
      const segments = store.segments.map(({ items, ceiling }) => ({
        entries: items.map(({ sequence, value }) =>
          value === null ? `k-${sequence}` : `${value}+${sequence}`
        ),
        ceiling,
      }));
      const value = readValue(segments, store.tombstones, view);
      assert(
        value === visible(events, view),
        `round ${round}, as of ${view}: ${value} and not ${
          visible(events, view)
        }\n${log.join("\n")}`,
      );
    }
    // A snapshot that is gone may never be asked for again.
    snapshots = snapshots.filter(() => random(4) > 0);
  }
}

function readValue(
  segments: readonly Flushed[],
  tombstones: RangeTombstones,
  view: number,
): number {
  const key = new TextEncoder().encode("k");
  const newest = tombstones.newestOver(key, 0, 1, view);
  for (const { entries, ceiling } of segments) {
    if (ceiling < newest) continue;
    const items = entries.map(itemOfText);
    const found = items.find(({ sequence }) => sequence <= view);
    if (found === undefined) continue;
    return found.value === null ? 0 : Number(found.key);
  }
  return 0;
}

function afterFlush(
  { segments, tombstones }: Store,
  events: readonly Event[],
  after: number,
  snapshots: readonly number[],
): Store {
  const below = segments.length > 0;
  const flushed = flush(events, after, { snapshots, below });
  const own = flushed.items.length > 0
    ? [{ items: flushed.items, ceiling: events.length }]
    : [];
  const all = [...own, ...segments];
  return {
    segments: all,
    tombstones: needed(all, tombstones.with(flushed.tombstones, snapshots)),
  };
}

function afterCompaction(
  { segments, tombstones }: Store,
  { first, number, snapshots }: {
    readonly first: number;
    readonly number: number;
    readonly snapshots: readonly number[];
  },
  ceiling: number,
): Store {
  const inputs = segments.slice(first, first + number);
  if (inputs.length === 0) return { segments, tombstones };
  const source = new MergingCursor(
    inputs.map((input) =>
      new AppliedTombstones(new ArrayCursor(input.items), {
        rangeTombstones: tombstones.fragments,
        snapshots,
        ceiling: input.ceiling,
      })
    ),
    true,
  );
  const below = first + number < segments.length;
  const items = merged(source, { snapshots, below });
  const output = items.length > 0 ? [{ items, ceiling }] : [];
  const all = [
    ...segments.slice(0, first),
    ...output,
    ...segments.slice(first + number),
  ];
  return { segments: all, tombstones: needed(all, tombstones) };
}

/** Those that a segment still needs. */
function needed(
  segments: readonly { readonly ceiling: number }[],
  tombstones: RangeTombstones,
): RangeTombstones {
  const lowest = Math.min(...segments.map(({ ceiling }) => ceiling));
  return tombstones.filter(({ sequences }) =>
    sequences.filter((sequence) => sequence > lowest)
  );
}
