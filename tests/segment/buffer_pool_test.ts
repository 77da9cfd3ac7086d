import { assert, assertEquals } from "@std/assert";
import { BufferPool } from "../../src/segment/buffer_pool.ts";
import { test } from "../harness.ts";

test("BufferPool hands a buffer out again for another length of about the same size", () => {
  const pool = new BufferPool();
  const first = pool.take(4000);
  const { buffer } = first;
  pool.give(first);
  const second = pool.take(4096);
  assert(second.buffer === buffer);
  assertEquals(second.length, 4096);
  assert(pool.take(4096).buffer !== buffer);
});

test("BufferPool gives memory back at once that it has no use for", () => {
  const pool = new BufferPool();
  const large = pool.take(100_000);
  assertEquals(large.length, 100_000);
  pool.give(large);
  assertEquals(large.length, 0);
  const arrays = Array.from({ length: 200 }, () => pool.take(512));
  for (const array of arrays) pool.give(array);
  assertEquals(arrays.filter(({ length }) => length > 0).length, 64);
});
