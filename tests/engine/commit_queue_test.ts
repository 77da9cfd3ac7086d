import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CommitQueue,
  type CommitTarget,
} from "../../src/engine/store/commit_queue.ts";
import { defer, type Deferred } from "../../src/engine/runtime/deferred.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { test } from "../harness.ts";

test("All unsynced writers of a task share one append and wait for no turn of the event loop", async () => {
  const { queue, target } = makeQueue();
  const writes = [queue.join(false), queue.join(false), queue.join(false)];
  assertEquals(target.log, []);
  await Promise.all(writes);
  assertEquals(target.log, ["append"]);
});

test("Synced writers of several tasks of a turn share one append and one sync", async () => {
  const { queue, target } = makeQueue();
  const writes = [queue.join(true)];
  await Promise.resolve();
  writes.push(queue.join(true));
  await Promise.resolve().then(() => writes.push(queue.join(true)));
  await Promise.all(writes);
  assertEquals(target.log, ["append", "sync"]);
});

test("An unsynced write is acknowledged after the append, a synced one only after the sync", async () => {
  const { queue, target } = makeQueue();
  const append = target.hold("append");
  const sync = target.hold("sync");
  const synced = watch(queue.join(true));
  await turns(3);
  const unsynced = watch(queue.join(false));
  await turns(3);
  assertEquals(states(unsynced, synced), ["waiting", "waiting"]);
  append.resolve();
  await turns(3);
  assertEquals(target.log, ["append", "sync"]);
  assertEquals(states(unsynced, synced), ["waiting", "waiting"]);
  sync.resolve();
  await turns(3);
  assertEquals(target.log, ["append", "sync", "append"]);
  assertEquals(states(unsynced, synced), ["done", "done"]);
});

test("Unsynced and synced writers of a task share the append, and only the synced wait for the sync", async () => {
  const { queue, target } = makeQueue();
  const sync = target.hold("sync");
  const unsynced = watch(queue.join(false));
  const synced = watch(queue.join(true));
  await turns(3);
  // The microtask has appended for both; the turn finds nothing new to append.
  assertEquals(states(unsynced, synced), ["done", "waiting"]);
  assertEquals(target.count("sync"), 1);
  sync.resolve();
  await turns(3);
  assertEquals(states(unsynced, synced), ["done", "done"]);
});

test("Writers that come while a commit waits for the storage gather for the next one", async () => {
  const { queue, target } = makeQueue();
  const sync = target.hold("sync");
  const first = watch(queue.join(true));
  await turns(3);
  const late = [queue.join(true), queue.join(true), queue.join(true)].map(
    watch,
  );
  await turns(3);
  assertEquals(target.log, ["append", "sync"]);
  sync.resolve();
  await turns(3);
  assertEquals(states(first, ...late), Array(4).fill("done"));
  assertEquals(target.log, ["append", "sync", "append", "sync"]);
});

test("A write that came after the append is not acknowledged by the sync that was under way", async () => {
  const { queue, target } = makeQueue();
  const first = target.hold("sync");
  const early = watch(queue.join(true));
  await turns(3);
  const second = target.hold("sync");
  const late = watch(queue.join(true));
  first.resolve();
  await turns(3);
  assertEquals(states(early, late), ["done", "waiting"]);
  second.resolve();
  await turns(3);
  assertEquals(states(early, late), ["done", "done"]);
});

for (const isLater of [false, true]) {
  const when = isLater ? "later" : "at once";

  test(`An append that fails ${when} rejects all who waited for it, is told once, and no sync follows`, async () => {
    const { queue, target } = makeQueue();
    target.failAt("append", isLater);
    const waiting = [queue.join(false), queue.join(true)].map(watch);
    await turns(4);
    assertEquals(states(...waiting), ["disk is gone", "disk is gone"]);
    assertEquals(target.failures, ["disk is gone"]);
    assertEquals(target.count("sync"), 0);
  });

  test(`A sync that fails ${when} rejects the synced writers, and is never tried again for them`, async () => {
    const { queue, target } = makeQueue();
    target.failAt("sync", isLater);
    const synced = [queue.join(true), queue.join(true)].map(watch);
    await turns(4);
    assertEquals(states(...synced), ["disk is gone", "disk is gone"]);
    assertEquals(target.log, ["append", "sync"]);
    assertEquals(target.failures, ["disk is gone"]);
  });
}

test("Writers that come after a failure are rejected by the target, which refuses to append", async () => {
  const { queue, target } = makeQueue();
  target.failAt("sync", false);
  const first = watch(queue.join(true));
  await turns(3);
  const later = [queue.join(false), queue.join(true)].map(watch);
  await turns(4);
  assertEquals(states(first, ...later), [
    "disk is gone",
    "poisoned",
    "poisoned",
  ]);
  assertEquals(target.count("sync"), 1);
});

test("A writer that joins during an append that fails is not forgotten", async () => {
  const { queue, target } = makeQueue();
  const append = target.hold("append");
  const first = watch(queue.join(true));
  await turns(2);
  const during = [queue.join(false), queue.join(true)].map(watch);
  append.reject(new Error("disk is gone"));
  await turns(4);
  assertEquals(states(first, ...during), [
    "disk is gone",
    "poisoned",
    "poisoned",
  ]);
});

test("While background work is behind, finished writes are held back until they are released", async () => {
  const { queue, target } = makeQueue();
  target.isBehind = true;
  const writes = [queue.join(false), queue.join(true)].map(watch);
  await turns(4);
  assertEquals(target.count("append") > 0, true);
  assertEquals(states(...writes), ["waiting", "waiting"]);
  target.isBehind = false;
  await turns(2);
  assertEquals(states(...writes), ["waiting", "waiting"]);
  queue.releaseHeldBack();
  await turns(1);
  assertEquals(states(...writes), ["done", "done"]);
});

test("A write that is slowed is acknowledged after its time, or when nothing is waited for any more", async () => {
  const { queue, target } = makeQueue();
  target.slowMs = 1;
  await queue.join(false);
  target.slowMs = 1e9;
  const write = watch(queue.join(false));
  try {
    // On a busy machine only after everybody else has had a turn.
    while (target.count("append") < 2) await nextTurn();
    queue.releaseHeldBack();
    await turns(4);
    assertEquals(states(write), ["waiting"]);
  } finally {
    // Its timer would keep the process.
    queue.releaseAll();
  }
  await turns(1);
  assertEquals(states(write), ["done"]);
});

test("A write that was held back is not rejected by the failure of a later one", async () => {
  const { queue, target } = makeQueue();
  target.isBehind = true;
  const early = watch(queue.join(true));
  await turns(3);
  target.failAt("append", false);
  const late = watch(queue.join(true));
  await turns(3);
  queue.releaseHeldBack();
  await turns(1);
  assertEquals(states(early, late), ["done", "disk is gone"]);
});

test("settle waits for all that is under way, and for nothing where nothing is", async () => {
  const { queue, target } = makeQueue();
  await queue.settle();
  assertEquals(target.log, []);
  const sync = target.hold("sync");
  const write = watch(queue.join(true));
  await turns(2);
  const settled = watch(queue.settle());
  await turns(3);
  assertEquals(states(settled), ["waiting"]);
  sync.resolve();
  await turns(6);
  assertEquals(states(write, settled), ["done", "done"]);
});

test("settle resolves after a failure too", async () => {
  const { queue, target } = makeQueue();
  target.failAt("append", true);
  const write = watch(queue.join(true));
  await queue.settle();
  assertEquals(states(write), ["disk is gone"]);
});

test("A writer that awaits one unsynced write after the other leaves the event loop its turns", async () => {
  const { queue } = makeQueue();
  let isTimerDone = false;
  setTimeout(() => {
    isTimerDone = true;
  });
  while (!isTimerDone) await queue.join(false);
});

test("Rejections reach every writer, and nobody else", async () => {
  const { queue, target } = makeQueue();
  target.failAt("append", true);
  const writes = Array.from({ length: 5 }, () => queue.join(true));
  for (const write of writes) {
    await assertRejects(() => write, Error, "disk is gone");
  }
  assert(target.failures.length === 1);
});

type Step = "append" | "sync";

/** Stands for logs: notes what is asked of it, and answers when and how it is told to. */
class FakeTarget implements CommitTarget {
  readonly log: Step[] = [];
  readonly failures: string[] = [];
  isBehind = false;
  slowMs = 0;
  readonly #answers: Record<Step, (() => void | Promise<void>)[]> = {
    append: [],
    sync: [],
  };

  append(): void | Promise<void> {
    // As the store does once it is poisoned.
    if (this.failures.length > 0) throw new Error("poisoned");
    return this.#do("append");
  }

  sync(): void | Promise<void> {
    return this.#do("sync");
  }

  delayMs(): number {
    return this.isBehind ? Infinity : this.slowMs;
  }

  fail(error: unknown): void {
    if (this.failures.length === 0) this.failures.push(messageOf(error));
  }

  count(step: Step): number {
    return this.log.filter((done) => done === step).length;
  }

  /** Lets the next step of a kind wait for the answer. */
  hold(step: Step): Deferred {
    const answer = defer();
    this.#answers[step].push(() => answer.promise);
    return answer;
  }

  failAt(step: Step, isLater: boolean): void {
    const error = new Error("disk is gone");
    this.#answers[step].push(() => {
      if (isLater) return Promise.reject(error);
      throw error;
    });
  }

  #do(step: Step): void | Promise<void> {
    this.log.push(step);
    return this.#answers[step].shift()?.();
  }
}

function makeQueue() {
  const target = new FakeTarget();
  return { queue: new CommitQueue(target), target };
}

/** A promise whose state can be looked at. */
interface Watched {
  state: string;
}

function watch(promise: Promise<void>): Watched {
  const watched = { state: "waiting" };
  promise.then(
    () => watched.state = "done",
    (error) => watched.state = messageOf(error),
  );
  return watched;
}

function states(...watched: Watched[]): string[] {
  return watched.map(({ state }) => state);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await nextTurn();
}
