import { assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";

test("Batches that are filled while others are committed hold what was put into them, whichever had their memory before", async () => {
  await using db = await open(new MemoryStorage());
  const expected: [string, string][] = [];
  let current = db.batch();
  for (let i = 0; i < 50; i++) {
    const next = db.batch();
    for (let j = 0; j < 20; j++) {
      const key = `${String(i).padStart(2, "0")}:${String(j).padStart(2, "0")}`;
      // Of very different lengths: memory is taken over that is too large, or too small.
      const value = `${i}${"x".repeat((i * 37 + j * 11) % 900)}`;
      (j % 2 === 0 ? current : next).put(key, value);
      expected.push([key, value]);
    }
    await current.commit();
    current = next;
  }
  await current.commit();
  assertEquals([...db.scanSync()], expected);
});
