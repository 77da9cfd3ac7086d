import { assertEquals } from "@std/assert";
import { type Codec, type KvEngine, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";

const RECORDS = 5000;

const nameOf = (i: number) => `k${String(i).padStart(6, "0")}`;
const valueOf = (i: number) => `${i}`.padEnd(60, "v");

test("A codec may read the store while it decodes, whatever the cache has room for", async () => {
  let isNested = false;
  let random = 1;
  const decoder = new TextDecoder();
  /** Looks something else up before it reads what it was given. */
  const curious: Codec<string> = {
    name: "curious",
    encode: (value) => new TextEncoder().encode(value),
    decode(source, start, end) {
      if (!isNested) {
        isNested = true;
        random = Math.imul(random, 1664525) + 1013904223 >>> 0;
        db.getSync(nameOf(random % RECORDS));
        isNested = false;
      }
      return decoder.decode(source.slice(start, end));
    },
  };
  const db: KvEngine<string, string> = await open(new MemoryStorage(), {
    values: curious,
    cacheSize: 64 * 1024,
    blockSize: 1024,
    sync: false,
  });
  const batch = db.batch();
  for (let i = 0; i < RECORDS; i++) batch.put(nameOf(i), valueOf(i));
  await batch.commit();
  await db.compact();
  for (let i = 0; i < RECORDS; i++) {
    const at = (i * 2311) % RECORDS;
    assertEquals(db.getSync(nameOf(at)), valueOf(at));
  }
  const names = Array.from({ length: 500 }, (_, i) => (i * 97) % RECORDS);
  assertEquals(await db.getMany(names.map(nameOf)), names.map(valueOf));
  const scanned = [...db.scanSync({ gte: nameOf(100), limit: 300 })];
  assertEquals(
    scanned,
    Array.from({ length: 300 }, (_, i) => [nameOf(100 + i), valueOf(100 + i)]),
  );
  await db.close();
});

test("A codec may read the store while it encodes a key", async () => {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let depth = 0;
  /** Looks the key without its last letter up, in the middle of its own work. */
  const dictionary: Codec<string> = {
    name: "dictionary",
    encode: (text) => encoder.encode(text),
    encodeInto(text, target, offset) {
      const bytes = encoder.encode(text);
      if (bytes.length > target.length - offset) return -1;
      const half = bytes.length >> 1;
      target.set(bytes.subarray(0, half), offset);
      if (depth++ === 0) {
        db.getSync(text.slice(0, -1));
        db.getSync("another key, which is longer".repeat(20));
      }
      depth--;
      target.set(bytes.subarray(half), offset + half);
      return bytes.length;
    },
    decode: (source, start, end) => decoder.decode(source.slice(start, end)),
  };
  const storage = new MemoryStorage();
  const names = Array.from({ length: 200 }, (_, i) => nameOf(i));
  const db = await open(storage, { keys: dictionary, sync: false });
  await db.importFrom(names.map((name) => [name, `of ${name}`] as const));
  for (const isFlushed of [false, true]) {
    if (isFlushed) await db.compact();
    for (const name of names) {
      assertEquals(db.getSync(name), `of ${name}`);
      assertEquals(await db.get(name), `of ${name}`);
      assertEquals(db.hasSync(name), true);
    }
  }
  assertEquals(await db.del(names[7]!), true);
  assertEquals(db.hasSync(names[7]!), false);
  await db.close();
});
