/**
 * Scans: how fast entries come out of several sources at once, and what is gained by compaction.
 * Run with `deno bench bench/scan_bench.ts`. Keys of 16 bytes, values of 100 bytes, 100,000 entries
 * in all.
 *
 * - merge: cursors over 1, 2, 4 and 8 MemTables that share the entries at random, without decoding
 *   anything.
 * - scan: `scanSync` of an engine in memory, strings and all, over the segments that a random fill
 *   left in level 0 and over what a full compaction makes of them; and 1,000 scans of 100 entries
 *   each, which is mostly seeking.
 */
import { open } from "../mod.ts";
import { PUT } from "../src/format/kind.ts";
import { RECORD_HEADER_BYTES } from "../src/format/record.ts";
import { MergingCursor } from "../src/iterator/merging_cursor.ts";
import { MemTable } from "../src/memtable/memtable.ts";
import { newTableMemory } from "../src/memtable/table_memory.ts";
import { MemoryStorage } from "../src/storage/memory.ts";
import type { KvEngine } from "../mod.ts";
import { Data } from "./common/data.ts";

const COUNT = 100_000;
const LENGTH = 100;
const SCANS = COUNT / LENGTH;
const VALUE_BYTES = 100;

const data = new Data({
  num: COUNT,
  keySize: 16,
  valueSize: VALUE_BYTES,
  seed: 1,
});
const order = data.shuffled(COUNT, 1);
const keys = data.keys(order);

for (const sources of [1, 2, 4, 8]) {
  const tables = makeTables(sources);
  Deno.bench(`merge ${COUNT} entries of ${sources} sources`, {
    group: "merge",
  }, () => {
    const cursors = tables.map((table) => table.cursor(Infinity));
    const merged = new MergingCursor(cursors);
    let passed = 0;
    for (let has = merged.seekToFirst(); has; has = merged.next()) passed++;
    if (passed !== COUNT) throw new Error(`The cursor passed ${passed} keys`);
  });
}

const filled = await fill();
const compacted = await fill();
await compacted.compact();
const level0 = filled.stats().levels[0]!.segments;

for (
  const [state, db] of [
    [`${level0} segments of level 0`, filled],
    ["compacted", compacted],
  ] as const
) {
  for (const reverse of [false, true]) {
    const direction = reverse ? "backwards" : "forwards";
    Deno.bench(`scan ${COUNT} entries ${direction}, ${state}`, {
      group: `scan ${direction}`,
    }, () => {
      let passed = 0;
      for (const _entry of db.scanSync({ reverse })) passed++;
      if (passed !== COUNT) throw new Error(`The scan passed ${passed} keys`);
    });
  }
  Deno.bench(`${SCANS} scans of ${LENGTH} entries, ${state}`, {
    group: "short scans",
  }, () => {
    for (let i = 0; i < SCANS; i++) {
      for (const _entry of db.scanSync({ gte: keys[i]!, limit: LENGTH }));
    }
  });
}

/** Tables that share all entries. */
function makeTables(count: number): MemTable[] {
  const capacity = 200 * COUNT;
  const tables = Array.from(
    { length: count },
    () =>
      MemTable.create(
        { salt: 1, number: 1, firstSequence: 1 },
        newTableMemory(capacity),
      ),
  );
  const encoder = new TextEncoder();
  keys.forEach((key, i) => {
    const table = tables[i % count]!;
    const { bytes, recordStart } = table.arena;
    const at = recordStart + RECORD_HEADER_BYTES;
    const { written } = encoder.encodeInto(key, bytes.subarray(at));
    table.commitRecord(PUT, written, VALUE_BYTES);
  });
  return tables;
}

/** An engine with all entries in segments of level 0, which nothing merges. */
async function fill(): Promise<KvEngine<string, string>> {
  const db = await open<string, string>(new MemoryStorage(), {
    memtableSize: 2 << 20,
    compaction: { threshold: 64 },
  });
  for (let i = 0; i < COUNT; i++) {
    const written = db.put(keys[i]!, data.value(order[i]!, 1), { sync: false });
    if (i % 1_000 === 999) await written;
  }
  await db.flush();
  return db;
}
