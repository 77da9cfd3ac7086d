import { assert, assertEquals } from "@std/assert";
import { Retention } from "../../src/compaction/retention.ts";
import { EntryView } from "../../src/format/entry.ts";
import { DELETE, type EntryKind, PUT } from "../../src/format/kind.ts";
import { test } from "../harness.ts";
import { randomNumbers } from "../manifest/random.ts";

/** An entry as text: key, `+` or `-`, sequence number. */
type Text = string;

function retained(
  entries: readonly Text[],
  { snapshots = [] as number[], below = "" } = {},
): Text[] {
  const retention = new Retention({
    snapshots,
    mayHoldBelow: (buffer, offset, length) =>
      below.includes(textOf(buffer, offset, length) + ","),
  });
  const entry = new EntryView();
  const kept: Text[] = [];
  for (const text of entries) {
    fill(entry, text);
    if (!retention.admit(entry)) continue;
    const { keyBuffer, keyOffset, keyLength } = entry;
    const sign = entry.kind === PUT ? "+" : "-";
    kept.push(textOf(keyBuffer, keyOffset, keyLength) + sign + entry.sequence);
  }
  return kept;
}

/** Fills the view with a key in a buffer that all entries share, at a changing offset. */
const sharedBuffer = new Uint8Array(4096);
let turn = 0;
function fill(entry: EntryView, text: Text): void {
  const [, key, sign, sequence] = /^(.*)([+-])(\d+)$/.exec(text)!;
  const bytes = new TextEncoder().encode(key);
  entry.keyBuffer = sharedBuffer.fill(turn);
  entry.keyOffset = turn = (turn + 1) % 3;
  entry.keyLength = bytes.length;
  sharedBuffer.set(bytes, entry.keyOffset);
  entry.kind = sign === "+" ? PUT : DELETE;
  entry.sequence = Number(sequence);
}

function textOf(buffer: Uint8Array, offset: number, length: number): string {
  return new TextDecoder().decode(buffer.subarray(offset, offset + length));
}

test("Without snapshots only the newest version of a key is kept, visible to all", () => {
  assertEquals(
    retained(["a+9", "a+4", "a-2", "b+3", "b+0"]),
    ["a+0", "b+0"],
  );
});

test("A key is told from its neighbours by all of its bytes", () => {
  const long = "k".repeat(300);
  const keys = ["", "a", "aa", "ab", "b", long, long + "k", long + "l", "z"];
  const entries = keys.map((key) => `${key}+5`);
  assertEquals(retained(entries), keys.map((key) => `${key}+0`));
  assertEquals(retained(entries.flatMap((entry) => [entry, entry])).length, 9);
});

test("Each snapshot keeps the version that it sees", () => {
  const entries = ["a+9", "a+8", "a+5", "a+4", "a+2", "a+1"];
  assertEquals(retained(entries, { snapshots: [4] }), ["a+9", "a+0"]);
  assertEquals(retained(entries, { snapshots: [2, 4] }), ["a+9", "a+4", "a+0"]);
  assertEquals(retained(entries, { snapshots: [2, 4, 8] }), [
    "a+9",
    "a+8",
    "a+4",
    "a+0",
  ]);
  assertEquals(retained(entries, { snapshots: [9] }), ["a+0"]);
  assertEquals(retained(entries, { snapshots: [0] }), ["a+9"]);
});

test("Snapshots without a write between them keep one version together", () => {
  assertEquals(
    retained(["a+9", "a+3"], { snapshots: [4, 5, 6] }),
    ["a+9", "a+0"],
  );
});

test("A tombstone is dropped with all it hides once every snapshot sees it and nothing lies below", () => {
  assertEquals(retained(["a-9", "a+4", "b+5"]), ["b+0"]);
  assertEquals(retained(["a-9", "a+4"], { snapshots: [9] }), []);
  assertEquals(retained(["a+9", "a-5", "a+4"], { snapshots: [6] }), ["a+9"]);
});

test("A tombstone is kept while something below may need it", () => {
  assertEquals(retained(["a-9", "a+4", "b-5"], { below: "a," }), ["a-0"]);
});

test("A tombstone is kept while a snapshot sees what it hides", () => {
  assertEquals(
    retained(["a-9", "a+4"], { snapshots: [5] }),
    ["a-9", "a+0"],
  );
  assertEquals(retained(["a-9"], { snapshots: [5] }), ["a-9"]);
});

test("An entry that is visible to all hides older ones that still have a sequence number", () => {
  // The upper level was written when no snapshot was left, the lower one while there was one.
  assertEquals(retained(["a+0", "a+5", "a+0"]), ["a+0"]);
  assertEquals(retained(["a+0", "a+5"], { snapshots: [9] }), ["a+0"]);
  assertEquals(retained(["a-0", "a+5"], { below: "a," }), ["a-0"]);
  assertEquals(retained(["a-0", "a+5", "a+0"]), []);
  // No engine stores this, and no order of numbers may bring the older one back.
  assertEquals(retained(["a+0", "a+5"], { snapshots: [3] }), ["a+0"]);
});

test("The same write from two sources is kept once", () => {
  assertEquals(
    retained(["a+9", "a+9", "a+2", "a+2"], { snapshots: [4] }),
    ["a+9", "a+0"],
  );
});

interface Write {
  readonly key: number;
  readonly kind: EntryKind;
  sequence: number;
  readonly value: number;
}

test("Every view reads the same before and after any merge of neighbouring layers", () => {
  let dropped = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomNumbers(seed * 65_537);
    const history = randomHistory(random);
    // Newest layer first, as memtable and levels lie above one another.
    let layers: Write[][] = [];
    let snapshots: number[] = [];
    let written = 0;
    while (written < history.length || layers.length > 1) {
      const fresh = history.slice(written, written += 1 + random(12));
      layers.unshift(fresh.map((write) => ({ ...write })).reverse());
      if (random(2) === 0) {
        snapshots.push(history[written - 1]?.sequence ?? 999);
      }
      snapshots = [...new Set(snapshots)].filter(() => random(5) > 0);
      const from = random(layers.length);
      const to = written < history.length
        ? from + 1 + random(layers.length - from)
        : layers.length;
      const merged = layers.slice(from, to).flat();
      const kept = merge(merged, {
        snapshots,
        below: layers.slice(to),
        random,
      });
      dropped += merged.length - kept.length;
      layers = [...layers.slice(0, from), kept, ...layers.slice(to)];
      assertViews(layers, history.slice(0, written), [...snapshots, 1000]);
    }
  }
  assert(dropped > 1000);
});

function randomHistory(random: (below: number) => number): Write[] {
  return Array.from({ length: 20 + random(60) }, (_, i) => ({
    key: random(6),
    kind: random(3) === 0 ? DELETE : PUT,
    sequence: i + 1,
    value: i + 1,
  }));
}

interface Surroundings {
  readonly snapshots: readonly number[];
  readonly below: readonly (readonly Write[])[];
  readonly random: (below: number) => number;
}

function merge(writes: readonly Write[], around: Surroundings): Write[] {
  const { snapshots, below, random } = around;
  const retention = new Retention({
    snapshots,
    // Key ranges may claim more than there is, never less.
    mayHoldBelow: (buffer, offset) =>
      random(4) === 0 || below.flat().some(({ key }) => key === buffer[offset]),
  });
  const entry = new EntryView();
  entry.keyBuffer = new Uint8Array(1);
  entry.keyLength = 1;
  return writes.toSorted((a, b) => a.key - b.key).filter((write) => {
    entry.keyBuffer[0] = write.key;
    entry.kind = write.kind;
    entry.sequence = write.sequence;
    const isKept = retention.admit(entry);
    if (isKept) write.sequence = entry.sequence;
    return isKept;
  });
}

function assertViews(
  layers: readonly (readonly Write[])[],
  history: readonly Write[],
  views: readonly number[],
): void {
  for (const view of views) {
    for (let key = 0; key < 6; key++) {
      const isSeen = (write: Write) =>
        write.key === key && write.sequence <= view;
      assertEquals(
        valueOf(layers.flat().find(isSeen)),
        valueOf(history.findLast(isSeen)),
        `key ${key} at ${view}`,
      );
    }
  }
}

function valueOf(write: Write | undefined): number | undefined {
  return write?.kind === PUT ? write.value : undefined;
}
