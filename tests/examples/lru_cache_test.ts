import { assert, assertEquals } from "@std/assert";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LruCache } from "../../examples/lru_cache/cache.ts";
import { bytes, json, open, tuple } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { runScript } from "../support/runtimes.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";

const options = { sync: false };

test("Cache behaves as a map in the order of use, and never holds more than it may", async () => {
  const maxBytes = 2000;
  const storage = new MemoryStorage();
  let db = await open(storage, options);
  let cache = await LruCache.open(db, maxBytes);
  // Maps keep the order in which keys were set.
  const model = new Map<string, number>();
  const random = numbersFrom(7);
  for (let step = 0; step < 3000; step++) {
    const key = `key ${random(60)}`;
    const size = model.get(key);
    switch (random(4)) {
      case 0: {
        const length = random(300);
        await cache.set(key, new Uint8Array(length).fill(length));
        model.delete(key);
        model.set(key, length);
        let total = totalOf(model);
        for (const [oldest, length] of model) {
          if (total <= maxBytes) break;
          model.delete(oldest);
          total -= oldest.length + length;
        }
        break;
      }
      case 1:
        assertEquals(await cache.delete(key), model.delete(key));
        break;
      default: {
        const value = await cache.get(key);
        assertEquals(value?.length, size);
        assert(value?.every((byte) => byte === size! % 256) ?? true);
        if (size === undefined) break;
        model.delete(key);
        model.set(key, size);
      }
    }
    const { bytes, entries } = cache.stats();
    assertEquals([bytes, entries], [totalOf(model), model.size], `${step}`);
    assert(bytes <= maxBytes);
    if (step % 500 !== 499) continue;
    await db.close();
    db = await open(storage, options);
    cache = await LruCache.open(db, maxBytes);
  }
  const { size } = model;
  assertEquals(db.keyspaces(), ["turns", "uses", "values"]);
  const sizes = [
    db.keyspace("turns", { keys: tuple }).countSync(),
    db.keyspace("uses", { values: json() }).countSync(),
    db.keyspace("values", { values: bytes }).countSync(),
  ];
  assertEquals(sizes, [size, size, size]);
  await db.close();
});

test("Cache that is opened with a lower bound keeps what was used last", async () => {
  const db = await open(new MemoryStorage(), options);
  const cache = await LruCache.open(db, 1000);
  for (const key of ["a", "b", "c"]) await cache.set(key, new Uint8Array(99));
  await cache.get("a");
  const smaller = await LruCache.open(db, 200);
  assertEquals(await smaller.get("b"), undefined);
  assertEquals((await smaller.get("a"))?.length, 99);
  await smaller.set("huge", new Uint8Array(200));
  assertEquals(await smaller.get("huge"), undefined);
  assertEquals(smaller.stats(), {
    entries: 2,
    bytes: 200,
    hits: 1,
    misses: 2,
    evictions: 1,
  });
  await db.close();
});

test("Cache makes a value once, however many ask for it, and again after a failure", async () => {
  const db = await open(new MemoryStorage(), options);
  const cache = await LruCache.open(db, 1000);
  let loads = 0;
  const load = () => {
    loads++;
    return loads === 1
      ? Promise.reject(new Error("No luck"))
      : Promise.resolve(new Uint8Array([1, 2]));
  };
  const first = await Promise.allSettled(
    ["a", "a"].map((key) => cache.getOrLoad(key, load)),
  );
  assertEquals(first.map(({ status }) => status), ["rejected", "rejected"]);
  const values = await Promise.all(
    ["a", "a", "a"].map((key) => cache.getOrLoad(key, load)),
  );
  assertEquals(values, values.map(() => new Uint8Array([1, 2])));
  assertEquals(loads, 2);
  await db.close();
});

for (const runtime of exampleRuntimes()) {
  test(`Example lru_cache/compress.ts compresses a file once in ${runtime.name}`, async () => {
    await using dir = tempDir();
    const folder = join(dir.path, "files");
    mkdirSync(folder);
    for (const name of ["a", "b"]) {
      writeFileSync(join(folder, name), name.repeat(5000));
    }
    const args = [folder, join(dir.path, "store"), "1"];
    const script = new URL(
      "../../examples/lru_cache/compress.ts",
      import.meta.url,
    );
    for (const expected of ["0 from the cache, 2", "2 from the cache, 0"]) {
      const { code, stdout, stderr } = await runScript(runtime, script, {
        args,
      });
      assertEquals([code, stderr], [0, ""]);
      const lines = stdout.split("\n");
      assert(lines[0]!.startsWith("10000 bytes became "));
      assertEquals(lines[1], `${expected} compressed`);
    }
  });
}

function totalOf(model: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const [key, length] of model) total += key.length + length;
  return total;
}

/** Numbers below a bound, always the same ones. */
function numbersFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
}
