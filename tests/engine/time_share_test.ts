import { assertEquals, assertRejects } from "@std/assert";
import type { Pace } from "../../src/compaction/merge.ts";
import { TimeShare } from "../../src/engine/background/time_share.ts";
import { defer, type Deferred } from "../../src/engine/runtime/deferred.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { test } from "../harness.ts";

/** A pace whose slices end at every unit. */
const eager: Pace = { isDue: () => true, pause: () => Promise.resolve() };
/** A pace whose slices never end. */
const lazy: Pace = { isDue: () => false, pause: () => Promise.resolve() };

function makeShare() {
  const clock = { ms: 0 };
  const rests: { ms: number; end: Deferred }[] = [];
  const share = new TimeShare(() => clock.ms, (ms) => {
    const end = defer();
    rests.push({ ms, end });
    return end.promise;
  });
  return { share, clock, rests };
}

test("What gives way to flushes goes on only when all of them are written", async () => {
  const { share } = makeShare();
  let steps = 0;
  const go = defer();
  const work = share.behindFlushes(lazy, async (pace) => {
    await go.promise;
    assertEquals(pace.isDue(1), true);
    await pace.pause();
    steps++;
    assertEquals(pace.isDue(1), false);
  });
  const first = share.beginFlush();
  const second = share.beginFlush();
  go.resolve();
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  first();
  first();
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assertEquals(steps, 0);
  second();
  await work;
  assertEquals(steps, 1);
});

test("A flush rests for its share of the time, in which others work", async () => {
  const { share, clock, rests } = makeShare();
  const end = share.beginFlush();
  let steps = 0;
  let isWanted = true;
  const work = share.behindFlushes(eager, async (pace) => {
    while (isWanted) {
      await pace.pause();
      steps++;
      await nextTurn();
    }
  });
  const pace = share.paceOfFlush(eager, 0.75);
  clock.ms += 4;
  const paused = pace.pause();
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assertEquals(rests.map(({ ms }) => ms), [12]);
  const before = steps;
  assertEquals(before > 0, true);
  rests[0]!.end.resolve();
  await paused;
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assertEquals(steps - before <= 1, true);

  // What it owes for a moment is added to what it owes for the next.
  clock.ms += 0.5;
  await pace.pause();
  clock.ms += 0.5;
  const again = pace.pause();
  await nextTurn();
  assertEquals(rests.map(({ ms }) => ms), [12, 3]);
  rests[1]!.end.resolve();
  await again;
  isWanted = false;
  end();
  await work;
});

test("A flush does not rest where nobody else has work, or where it owes no time", async () => {
  const { share, clock, rests } = makeShare();
  const alone = share.paceOfFlush(eager, 0.75);
  clock.ms += 100;
  await alone.pause();
  const error = new Error("enough");
  await assertRejects(() =>
    share.behindFlushes(eager, () => Promise.reject(error))
  );
  clock.ms += 100;
  await alone.pause();
  const stop = defer();
  const work = share.behindFlushes(eager, () => stop.promise);
  const first = share.paceOfFlush(eager, 0);
  clock.ms += 100;
  await first.pause();
  assertEquals(rests, []);
  stop.resolve();
  await work;
});
