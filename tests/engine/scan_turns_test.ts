import { Buffer } from "node:buffer";
import { assertEquals } from "@std/assert";
import { bytes, open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";

const COUNT = 20;

/** A store whose every entry has a block of its own that has to be waited for. */
async function openWaiting() {
  const db = await open(new AsyncStorage(new MemoryStorage()), {
    cacheSize: 0,
    blockSize: 256,
  });
  const batch = db.batch();
  for (let i = 0; i < COUNT; i++) batch.put(key(i), "x".repeat(1000));
  await batch.commit();
  await db.flush();
  return db;
}

function key(i: number): string {
  return `k${String(i).padStart(4, "0")}`;
}

test("Steps of a scan are answered in the order in which they were asked for, whenever that was", async () => {
  await using db = await openWaiting();
  const scan = db.scan();
  const [first, second] = [scan.next(), scan.next()];
  const seen = [(await first).value?.[0]];
  const third = scan.next();
  seen.push((await second).value?.[0], (await third).value?.[0]);
  assertEquals(seen, [key(0), key(1), key(2)]);
});

test("The end of a scan waits for the steps that were asked for before it", async () => {
  await using db = await openWaiting();
  const scan = db.scan();
  const [first, second] = [scan.next(), scan.next()];
  await first;
  const end = scan.return!();
  assertEquals((await second).value?.[0], key(1));
  assertEquals((await end).done, true);
  assertEquals((await scan.next()).done, true);
});

test("A bound that is changed after the scan was asked for is what it was, a Buffer of Node too", async () => {
  await using db = await open(new MemoryStorage(), { keys: bytes });
  for (const k of ["a", "b", "c"]) await db.put(Buffer.from(k), k);
  const bound = Buffer.from("b");
  const scans = [
    db.scanSync({ gte: bound }),
    db.scanSync({ lte: bound, reverse: true }),
  ];
  bound[0] = 0x7a;
  const values = scans.map((scan) => [...scan].map(([, value]) => value));
  assertEquals(values, [["b", "c"], ["b", "a"]]);
});
