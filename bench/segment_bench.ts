/**
 * Segments: 1,000,000 entries of 16-byte keys and 100-byte values in segments of 12 MiB, everything
 * in the cache. Run with `deno bench bench/segment_bench.ts`. Each iteration does 1,000 entries, so
 * that the clock costs nothing: read µs as ns an entry.
 */
import { compareBytes } from "../src/bytes/compare.ts";
import { hashSpan } from "../src/bytes/hash.ts";
import type { Cursor } from "../src/format/cursor.ts";
import { EntryView } from "../src/format/entry.ts";
import { PUT } from "../src/format/kind.ts";
import { BlockCache } from "../src/segment/block_cache.ts";
import { checkBlock } from "../src/segment/block_check.ts";
import { BlockBuilder, NEW_KEY } from "../src/segment/block_builder.ts";
import { SegmentReader } from "../src/segment/reader.ts";
import {
  SegmentWriter,
  type SegmentWriterOptions,
} from "../src/segment/writer.ts";
import { MemoryStorage } from "../src/storage/memory.ts";
import type { WritableFile } from "../src/storage/storage.ts";

const ENTRIES = 1_000_000;
const BATCH = 1_000;
const KEY_BYTES = 16;
const VALUE_BYTES = 100;
const SEGMENT_BYTES = 12 << 20;
const OPTIONS: SegmentWriterOptions = {
  salt: 1,
  blockSize: 4096,
  compression: "none",
};

/** A segment and the range of keys in it. */
interface Part {
  readonly reader: SegmentReader;
  readonly smallest: Uint8Array;
}

/** Pseudo-random 32-bit numbers, the same in each run. */
let state = 1;
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

const values = Uint8Array.from({ length: 1 << 20 }, random);
const view = new EntryView();

/** Fills the view with entry `i`: even numbers are keys that are there, odd ones are absent. */
function setEntry(keys: Uint8Array, i: number): void {
  view.keyBuffer = keys;
  view.keyOffset = i * KEY_BYTES;
  view.keyLength = KEY_BYTES;
  view.kind = PUT;
  view.sequence = 0;
  view.valueBuffer = values;
  view.valueOffset = (i * 37) % (values.length - VALUE_BYTES);
  view.valueLength = VALUE_BYTES;
}

/** Keys of 16 decimal digits: one for each number, in its order. */
function makeKeys(numbers: Iterable<number>): Uint8Array {
  const keys = new Uint8Array(ENTRIES * KEY_BYTES);
  const encoder = new TextEncoder();
  let at = 0;
  for (const number of numbers) {
    const digits = String(number).padStart(KEY_BYTES, "0");
    encoder.encodeInto(digits, keys.subarray(at));
    at += KEY_BYTES;
  }
  return keys;
}

function keyAt(keys: Uint8Array, i: number): Uint8Array {
  return keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES);
}

const numbers = Float64Array.from(
  { length: ENTRIES },
  () => (random() * 0x8_0000 + (random() >>> 13)) * 2,
).sort();
const sortedKeys = makeKeys(numbers);
const shuffled = numbers.slice();
for (let i = ENTRIES - 1; i > 0; i--) {
  const j = random() % (i + 1);
  [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
}
const presentKeys = makeKeys(shuffled);
const absentKeys = makeKeys(shuffled.map((number) => number + 1));

const cache = new BlockCache(1 << 30);
const parts = await writeParts();
/**
 * Which segment each of the shuffled keys lies in: finding that out is the business of the engine.
 */
const partOf = Uint8Array.from({ length: ENTRIES }, (_, i) => {
  const key = keyAt(presentKeys, i);
  return parts.findLastIndex(({ smallest }) =>
    compareBytes(smallest, key) <= 0
  );
});
for (const { reader } of parts) scanAll(reader.cursor({ maxSequence: 0 }));

async function writeParts(): Promise<Part[]> {
  const storage = new MemoryStorage();
  const parts: Part[] = [];
  let bytes = 0;
  for (let i = 0; i < ENTRIES;) {
    const name = `${parts.length}.seg`;
    const file = storage.create(name);
    const writer = new SegmentWriter(file, OPTIONS);
    const smallest = keyAt(sortedKeys, i);
    while (i < ENTRIES && writer.sizeBytes < SEGMENT_BYTES) {
      setEntry(sortedKeys, i++);
      await writer.add(view);
    }
    await writer.finish();
    bytes += file.size;
    const reader = await SegmentReader.open(storage.open(name), {
      name,
      cache,
    });
    parts.push({ reader, smallest });
  }
  const raw = ENTRIES * (KEY_BYTES + VALUE_BYTES);
  console.log(`${parts.length} segments, ${(bytes / raw).toFixed(4)} x raw`);
  return parts;
}

function scanAll(cursor: Cursor): void {
  for (let more = cursor.seekToFirst(); more;) more = cursor.next();
}

/** Looks up a thousand keys and answers how many were found. */
function findBatch(keys: Uint8Array, from: number): number {
  let found = 0;
  for (let i = from; i < from + BATCH; i++) {
    const offset = i * KEY_BYTES;
    const hash = hashSpan(keys, offset, KEY_BYTES);
    const { reader } = parts[partOf[i]!]!;
    if (reader.find(keys, offset, KEY_BYTES, hash, 0, view) === true) found++;
  }
  return found;
}

/** Calls `fn` with the start of one batch after another, round and round. */
function overBatches(fn: (from: number) => void): () => void {
  let from = 0;
  return () => {
    fn(from);
    from = (from + BATCH) % ENTRIES;
  };
}

function check(condition: boolean): void {
  if (!condition) throw new Error("Cannot go on: a read was wrong");
}

Deno.bench(
  "find, present",
  overBatches((from) => check(findBatch(presentKeys, from) === BATCH)),
);

Deno.bench(
  "find, absent",
  overBatches((from) => check(findBatch(absentKeys, from) === 0)),
);

for (
  const [name, start, step] of [
    ["next", "seekToFirst", "next"],
    ["prev", "seekToLast", "prev"],
  ] as const
) {
  const cursor = parts[0]!.reader.cursor({ maxSequence: 0 });
  cursor[start]();
  Deno.bench(`cursor, ${name}`, () => {
    for (let i = 0; i < BATCH; i++) {
      if (cursor[step]() !== true) cursor[start]();
    }
  });
}

{
  const cursors = parts.map(({ reader }) => reader.cursor({ maxSequence: 0 }));
  Deno.bench(
    "cursor, seek",
    overBatches((from) => {
      for (let i = from; i < from + BATCH; i++) {
        check(cursors[partOf[i]!]!.seek(keyAt(presentKeys, i)) === true);
      }
    }),
  );
}

/** A file that forgets: what is measured is the writer. */
class NullFile implements WritableFile {
  size = 0;
  append(bytes: Uint8Array): void {
    this.size += bytes.length;
  }
  sync(): void {}
  close(): void {}
}

for (const compression of ["none", "deflate"] as const) {
  let writer = new SegmentWriter(new NullFile(), { ...OPTIONS, compression });
  let next = 0;
  Deno.bench(`add, compression ${compression}`, async () => {
    for (let i = 0; i < BATCH; i++) {
      setEntry(sortedKeys, next++);
      writer.add(view);
    }
    if (writer.sizeBytes < SEGMENT_BYTES && next < ENTRIES) return;
    await writer.finish();
    writer = new SegmentWriter(new NullFile(), { ...OPTIONS, compression });
    if (next === ENTRIES) next = 0;
  });
}

{
  const builder = new BlockBuilder(OPTIONS.blockSize);
  let entries = 0;
  for (; !builder.isFull; entries++) {
    setEntry(sortedKeys, entries);
    builder.relate(view);
    builder.add(view, NEW_KEY);
  }
  const { payload } = builder.finish();
  Deno.bench(`check of a block of ${payload.length} bytes, 1000 times`, () => {
    for (let i = 0; i < BATCH; i++) checkBlock(payload, "bench", 0);
  });
}
