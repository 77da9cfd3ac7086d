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
