import { assertEquals } from "@std/assert";
import { type Codec, type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text whose `encodeInto` looks at no length, and answers what `count` makes of it. */
function careless(count: (bytes: number) => number): Codec<string> {
  return {
    name: "careless",
    encode: (text) => encoder.encode(text),
    encodeInto(text, target, offset) {
      // Past the end of the array these stores do nothing.
      for (let i = 0; i < text.length; i++) {
        target[offset + i] = text.charCodeAt(i);
      }
      return count(text.length);
    },
    decode: (source, start, end) => decoder.decode(source.subarray(start, end)),
  };
}

type Entry = readonly [string, string];

/** A key too long for the buffers that look-ups and batches begin with, and a longer value. */
const ENTRIES: readonly Entry[] = [
  ["k".repeat(3000), "v".repeat(100_000)],
  ["short", "value"],
];

const WRITES: Record<
  string,
  (db: KvEngine<string, string>) => Promise<unknown>
> = {
  put: (db) => Promise.all(ENTRIES.map(([k, v]) => db.put(k, v))),
  "batch().put": (db) => {
    const batch = db.batch();
    for (const [key, value] of ENTRIES) batch.put(key, value);
    return batch.commit();
  },
  importFrom: (db) => db.importFrom(ENTRIES),
  "importFrom with sorted": (db) => db.importFrom(ENTRIES, { sorted: true }),
};

const COUNTS: Record<string, (bytes: number) => number> = {
  "more than there was room for": (bytes) => bytes,
  "no length": () => undefined as unknown as number,
  "a part of a byte": (bytes) => bytes - 0.5,
};

for (const [what, count] of Object.entries(COUNTS)) {
  for (const [name, write] of Object.entries(WRITES)) {
    test(`${name} keeps every byte though encodeInto of a codec answers ${what}`, async () => {
      const codec = careless(count);
      await using db = await open(new MemoryStorage(), {
        keys: codec,
        values: codec,
      });
      await write(db);
      assertEquals([...db.scanSync()], ENTRIES);
      for (const [key, value] of ENTRIES) {
        assertEquals(db.getSync(key), value);
        assertEquals(await db.del(key), true);
        assertEquals(db.hasSync(key), false);
      }
    });
  }
}

test("A MemTable with little room left takes no key whose end lies past it", async () => {
  const codec = careless((bytes) => bytes);
  await using db = await open(new MemoryStorage(), {
    keys: codec,
    values: codec,
    memtableSize: 64 * 1024,
  });
  const entries: Entry[] = [];
  for (let i = 0; i < 300; i++) {
    const key = `${String(i).padStart(4, "0")}${"k".repeat((i * 97) % 2000)}`;
    entries.push([key, "v".repeat((i * 61) % 1500)]);
  }
  for (const [key, value] of entries) await db.put(key, value, { sync: false });
  assertEquals([...db.scanSync()], entries);
  for (const [key] of entries) await db.del(key, { sync: false });
  assertEquals([...db.scanSync()], []);
});
