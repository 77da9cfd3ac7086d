import { assertEquals } from "@std/assert";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { test } from "../harness.ts";
import { AsyncStorage } from "../support/async_storage.ts";
import { bytesOf, contentOf, put, testConformance } from "./conformance.ts";

testConformance("MemoryStorage", () => {
  const storage = new MemoryStorage();
  return {
    connect: () => storage,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

testConformance("AsyncStorage", () => {
  const storage = new MemoryStorage();
  return {
    connect: () => new AsyncStorage(storage),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
});

test("MemoryStorage shares nothing with another one", async () => {
  const [first, second] = [new MemoryStorage(), new MemoryStorage()];
  const locks = [first, second].map((it) => it.lock({ shared: false }));
  await put(first, "a", bytesOf(1));
  assertEquals(second.list(), []);
  await put(second, "a", bytesOf(2));
  assertEquals(await contentOf(first, "a"), bytesOf(1));
  for (const lock of locks) await lock.release();
});
