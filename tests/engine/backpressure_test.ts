import { assert, assertEquals } from "@std/assert";
import { open } from "../../mod.ts";
import {
  Backpressure,
  backpressureOf,
} from "../../src/engine/background/backpressure.ts";
import { defer } from "../../src/engine/runtime/deferred.ts";
import { FaultStorage } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";

/** A flush of 1,000 bytes takes a millisecond, a compaction twice as long. */
function flushing(): { backpressure: Backpressure; clock: { ms: number } } {
  const clock = { ms: 0 };
  const backpressure = new Backpressure(() => clock.ms);
  for (const _ of ["first", "second"]) {
    backpressure.noteRate("flush", 10_000, 10);
    backpressure.noteRate("compaction", 5_000, 10);
  }
  return { backpressure, clock };
}

test("Writers do not wait while little is behind, nor before it is known how fast flushes are", () => {
  const { backpressure } = flushing();
  const debts = { flush: 0.5, compaction: -1 };
  assertEquals(backpressure.delayMs(1e9, debts), 0);
  const unknown = new Backpressure(() => 0);
  assertEquals(unknown.delayMs(1e9, { flush: 0.9, compaction: 0 }), 0);
});

test("The first flush, in which code is compiled, says nothing about the rate of flushes", () => {
  const backpressure = new Backpressure(() => 0);
  const delay = () =>
    backpressure.delayMs(10_000, { flush: 0.75, compaction: 0 });
  backpressure.noteRate("flush", 10_000, 1_000);
  assertEquals(delay(), 0);
  backpressure.noteRate("flush", 10_000, 10);
  assertEquals(delay(), 8);
});

test("The first compaction says how fast they are: the second may be the one that writers wait for", () => {
  const backpressure = new Backpressure(() => 0);
  backpressure.noteRate("compaction", 10_000, 10);
  const debts = { flush: 0, compaction: 0.999 };
  assertEquals(backpressure.delayMs(10_000, debts), 96);
});

test("Writers are let through at half the rate of flushes at the least, and at a tenth of that of compactions", () => {
  const { backpressure } = flushing();
  const almost = 0.9999;
  const flush = { flush: almost, compaction: 0 };
  assertEquals(backpressure.delayMs(10_000, flush), 19);
  const { backpressure: other } = flushing();
  const compaction = { flush: 0, compaction: almost };
  assertEquals(other.delayMs(10_000, compaction), 199);
});

test("Writers wait the longer the more is behind, without a leap", () => {
  const delays = Array.from({ length: 50 }, (_, i) => {
    const { backpressure } = flushing();
    return backpressure.delayMs(1e6, { flush: 0.5 + i / 100, compaction: 0 });
  });
  for (let i = 2; i < delays.length; i++) {
    assert(delays[i]! > delays[i - 1]!, `at ${i}`);
    assert(delays[i]! < 1.1 * delays[i - 1]!, `at ${i}`);
  }
  assertEquals(delays[1]! < 550, true);
  assertEquals(delays.at(-1)! > 1_800, true);
});

test("What commits owe adds up, and time that has passed pays for it", () => {
  const { backpressure, clock } = flushing();
  // Halfway between the bounds writers go on at 1.05 times the rate of compactions.
  const debts = { flush: 0.1, compaction: 0.75 };
  const delay = () => backpressure.delayMs(250, debts);
  assertEquals([delay(), delay(), delay(), delay(), delay()], [0, 0, 1, 1, 2]);
  assertEquals(backpressure.stats(debts).slowed, 3);
  clock.ms = 100;
  assertEquals(delay(), 0);
});

test("A clock that is set back makes nobody wait for it", () => {
  const { backpressure, clock } = flushing();
  const debts = { flush: 0.75, compaction: 0 };
  clock.ms = 1e6;
  backpressure.delayMs(10_000, debts);
  clock.ms = 0;
  assert(backpressure.delayMs(10_000, debts) <= 2000);
  clock.ms = 3000;
  assert(backpressure.delayMs(10_000, debts) < 20);
});

test("Writers stop where too much is behind", () => {
  const { backpressure } = flushing();
  assertEquals(backpressure.delayMs(1, { flush: 1, compaction: 0 }), Infinity);
  assertEquals(backpressure.stats({ flush: 0, compaction: 0 }), {
    state: "none",
    slowed: 0,
    stopped: 1,
  });
});

test("backpressureOf names what is behind the most", () => {
  assertEquals(backpressureOf({ flush: 0.2, compaction: -1 }), {
    state: "none",
  });
  assertEquals(backpressureOf({ flush: 0.6, compaction: 0.7 }), {
    state: "slowed",
    reason: "compaction",
  });
  assertEquals(backpressureOf({ flush: 1.1, compaction: 0.7 }), {
    state: "stopped",
    reason: "flush",
  });
});

test("Stats tell why writers wait, and they go on when the flush does", async () => {
  const storage = new FaultStorage();
  const gate = defer();
  await using db = await open(storage, {
    memtableSize: 64 * 1024,
    sync: false,
  });
  storage.onCall = ({ operation, file }) =>
    operation === "create" && file.endsWith(".seg") ? gate.promise : undefined;
  const value = "x".repeat(10_000);
  const writes: Promise<void>[] = [];
  while (db.stats().backpressure.state !== "stopped") {
    writes.push(db.put(`key ${writes.length}`, value));
  }
  const { backpressure } = db.stats();
  assertEquals(backpressure.reason, "flush");
  gate.resolve();
  await Promise.all(writes);
  assertEquals(db.stats().backpressure.stopped > 0, true);
  await db.flush();
  assertEquals(db.stats().backpressure.state, "none");
});
