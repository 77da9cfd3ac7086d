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
  const [first, second] = [held(share), held(share)];
  go.resolve();
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  first.onWritten!();
  first.onWritten!();
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assertEquals(steps, 0);
  second.onWritten!();
  await work;
  assertEquals(steps, 1);
  first.end.resolve();
  second.end.resolve();
  await Promise.all([first.done, second.done]);
});

/** A flush that says and does what it is told to. */
function held(share: TimeShare, pace = lazy, part = 0) {
  const end = defer();
  const flush = {
    end,
    onWritten: undefined as (() => void) | undefined,
    pace: undefined as Pace | undefined,
    done: Promise.resolve(),
  };
  flush.done = share.flush(pace, part, (own, onWritten) => {
    flush.pace = own;
    flush.onWritten = onWritten;
    return end.promise;
  });
  return flush;
}

test("A flush begins when the one before is written or has failed, though that is not done", async () => {
  const { share } = makeShare();
  const [first, second, third] = [held(share), held(share), held(share)];
  await nextTurn();
  assertEquals([!!first.pace, !!second.pace], [true, false]);
  first.onWritten!();
  await nextTurn();
  assertEquals([!!second.pace, !!third.pace], [true, false]);
  const error = new Error("enough");
  second.end.reject(error);
  assertEquals(await assertRejects(() => second.done), error);
  await nextTurn();
  assertEquals(!!third.pace, true);
  third.end.resolve();
  await third.done;
  let isDone = false;
  await share.behindFlushes(lazy, async (pace) => {
    await pace.pause();
    isDone = true;
  });
  assertEquals(isDone, true);
  first.end.resolve();
  await first.done;
});

test("A flush rests for its share of the time, in which others work", async () => {
  const { share, clock, rests } = makeShare();
  const flush = held(share, eager, 0.75);
  let steps = 0;
  let isWanted = true;
  const work = share.behindFlushes(eager, async (pace) => {
    while (isWanted) {
      await pace.pause();
      steps++;
      await nextTurn();
    }
  });
  await nextTurn();
  const pace = flush.pace!;
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
  flush.end.resolve();
  await flush.done;
  await work;
});

test("A flush does not rest where nobody else has work, or where it owes no time", async () => {
  const { share, clock, rests } = makeShare();
  const alone = held(share, eager, 0.75);
  await nextTurn();
  clock.ms += 100;
  await alone.pace!.pause();
  const error = new Error("enough");
  await assertRejects(() =>
    share.behindFlushes(eager, () => Promise.reject(error))
  );
  clock.ms += 100;
  await alone.pace!.pause();
  alone.end.resolve();
  await alone.done;
  const stop = defer();
  const work = share.behindFlushes(eager, () => stop.promise);
  const first = held(share, eager, 0);
  await nextTurn();
  clock.ms += 100;
  await first.pace!.pause();
  assertEquals(rests, []);
  first.end.resolve();
  stop.resolve();
  await Promise.all([first.done, work]);
});
