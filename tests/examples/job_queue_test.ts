import { assert, assertEquals, assertRejects } from "@std/assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Job, Queue } from "../../examples/job_queue/queue.ts";
import { work } from "../../examples/job_queue/work.ts";
import { json, open, type Storage, type Tuple, tuple } from "../../mod.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { FaultStorage, survivals } from "../../src/testing/testing.ts";
import { test } from "../harness.ts";
import { tempDir } from "../support/temp_dir.ts";
import { exampleRuntimes } from "./runtimes.ts";
import { stop, usingServer } from "./servers.ts";

/** A queue whose clock the test sets. */
async function openQueue(storage: Storage = new MemoryStorage()) {
  const db = await open(storage, {
    keys: tuple,
    values: json<Job<string> | null>(),
  });
  const clock = { ms: 1_000_000_000_000 };
  const queue = new Queue(db, {
    leaseMs: 1000,
    maxAttempts: 3,
    backoffMs: 100,
    now: () => clock.ms,
  });
  return { db, queue, clock };
}

test("Jobs are taken once, the one that has been due for longest first", async () => {
  const { db, queue, clock } = await openQueue();
  await queue.add("third", 20);
  await queue.add("first");
  await queue.add("second", 10);
  assertEquals(queue.waitMs(), 0);
  clock.ms += 20;
  const taken = await Promise.all(
    Array.from({ length: 4 }, () => queue.take()),
  );
  assertEquals(taken.map((job) => job?.payload), [
    "first",
    "second",
    "third",
    undefined,
  ]);
  for (const job of taken) if (job) assert(await queue.complete(job));
  assertEquals([...db.scanSync()], []);
  assertEquals(queue.waitMs(), Infinity);
  await db.close();
});

test("Jobs are taken again once their lease has ended, and then no longer belong to who had them", async () => {
  const { db, queue, clock } = await openQueue();
  await queue.add("job");
  const lost = (await queue.take())!;
  clock.ms += 999;
  assertEquals(await queue.take(), undefined);
  const held = (await queue.extend(lost))!;
  clock.ms += 999;
  assertEquals(await queue.take(), undefined);
  clock.ms += 1;
  const taken = (await queue.take())!;
  assertEquals(taken.attempts, 2);
  assertEquals(await queue.complete(held), false);
  assertEquals(await queue.extend(held), undefined);
  await queue.fail(held, "late");
  assertEquals(await queue.complete(taken), true);
  assertEquals(await queue.size(), 0);
  await db.close();
});

test("Jobs that fail wait longer each time and are dead in the end, and can be revived", async () => {
  const { db, queue, clock } = await openQueue();
  const id = await queue.add("job");
  for (const [atLeast, below] of [[100, 200], [200, 400]] as const) {
    await queue.fail((await queue.take())!, new Error("No luck"));
    assert(queue.waitMs() >= atLeast && queue.waitMs() <= below);
    clock.ms += below;
  }
  await queue.fail((await queue.take())!, "No luck at all");
  assertEquals(await queue.size(), 0);
  const [dead] = await queue.dead();
  assertEquals([dead?.id, dead?.error], [id, "No luck at all"]);
  assertEquals(await queue.revive(id), true);
  assertEquals(await queue.revive(id), false);
  assertEquals((await queue.take())?.attempts, 1);
  await db.close();
});

test("A job is tried five times unless the queue is told otherwise", async () => {
  await using db = await open(new MemoryStorage(), {
    keys: tuple,
    values: json<Job<string> | null>(),
  });
  const clock = { ms: 1_000_000_000_000 };
  const queue = new Queue(db, { now: () => clock.ms });
  await queue.add("job");
  let attempts = 0;
  for (let job = await queue.take(); job; job = await queue.take()) {
    attempts++;
    await queue.fail(job, "No luck");
    if (await queue.size() > 0) clock.ms += queue.waitMs();
  }
  assertEquals([attempts, (await queue.dead()).length], [5, 1]);
});

test("Jobs that end every process that takes them are dead in the end", async () => {
  const { db, queue, clock } = await openQueue();
  await queue.add("poison");
  await queue.add("good", 1);
  for (let i = 0; i < 3; i++) {
    assertEquals((await queue.take())?.payload, "poison");
    clock.ms += 1;
    const good = await queue.take();
    if (good !== undefined) await queue.complete(good);
    clock.ms += 1000;
  }
  assertEquals(await queue.take(), undefined);
  assertEquals((await queue.dead()).map(({ payload }) => payload), ["poison"]);
  await db.close();
});

test("Jobs that were added are there after a crash at any point, and those that are done are not", async () => {
  const storage = new FaultStorage({ seed: 1 });
  const { db, queue } = await openQueue(storage);
  // Of each job, how many calls of the storage there had been when that was promised.
  const added = new Map<string, number>();
  const ending = new Map<string, number>();
  const ended = new Map<string, number>();
  const from = storage.trace.length;
  for (let i = 0; i < 6; i++) {
    added.set(await queue.add(`job ${i}`), storage.trace.length);
    if (i % 2 === 0) continue;
    const job = (await queue.take())!;
    ending.set(job.id, storage.trace.length);
    await queue.complete(job);
    ended.set(job.id, storage.trace.length);
  }
  const to = storage.trace.length;
  await db.close();
  for (let at = from; at <= to; at++) {
    for (const survival of survivals) {
      const { db: left } = await openQueue(storage.crash({ at, survival }));
      const jobs = idsOf(left.scanSync({ prefix: ["job"] }));
      // None without its entry in the index, or it would never be done.
      assertEquals(idsOf(left.scanSync({ prefix: ["due"] })), jobs);
      for (const [id, addedAt] of added) {
        const mustBe = addedAt <= at && at <= (ending.get(id) ?? Infinity);
        const mayNotBe = at >= (ended.get(id) ?? Infinity);
        if (mustBe) assert(jobs.includes(id), `${survival} at ${at}`);
        if (mayNotBe) assert(!jobs.includes(id), `${survival} at ${at}`);
      }
      await left.close();
    }
  }
});

test("Work does all jobs, several at a time, and finishes those under way when it is told to stop", async () => {
  const db = await open(new MemoryStorage(), {
    keys: tuple,
    values: json<Job<number> | null>(),
  });
  const queue = new Queue(db, { backoffMs: 1 });
  const stopped = new AbortController();
  const done: number[] = [];
  let underWay = 0;
  let most = 0;
  const all = Promise.withResolvers<void>();
  const working = work<number>(queue, async ({ payload, attempts }) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 1));
    underWay--;
    if (payload % 5 === 0 && attempts === 1) throw new Error("Once");
    done.push(payload);
    if (done.length === 20) all.resolve();
  }, { concurrency: 3, signal: stopped.signal });
  for (let i = 0; i < 20; i++) await queue.add(i);
  await all.promise;
  stopped.abort();
  await working;
  assertEquals(
    done.sort((a, b) => a - b),
    Array.from({ length: 20 }, (_, i) => i),
  );
  assertEquals([await queue.size(), underWay, most <= 3], [0, 0, true]);
  await db.close();
  await assertRejects(() => queue.add(1));
});

const bun = exampleRuntimes().find(({ name }) => name === "bun");

if (bun !== undefined) {
  test("Example job_queue/webhooks.ts delivers everything that it has accepted, also when it is killed", async () => {
    await using dir = tempDir();
    const app = "job_queue/webhooks.ts";
    // A server that stands still for longer than its lease loses an attempt of what it has taken.
    const env = {
      LEASE_MS: "400",
      BACKOFF_MS: "5",
      TIMEOUT_MS: "120000",
      MAX_ATTEMPTS: "8",
    };
    await using receiver = await startReceiver();
    const accepted: string[] = [];
    async function post(url: string, body: string): Promise<void> {
      const response = await fetch(`${url}/deliveries`, {
        method: "POST",
        body: JSON.stringify({ url: receiver.url, body }),
      });
      assertEquals(response.status, 202);
      accepted.push(body);
      await response.body?.cancel();
    }
    for (let kill = 0; kill < 3; kill++) {
      await usingServer(bun, app, dir.path, async ({ url, script }) => {
        for (let i = 0; i < 8; i++) {
          await post(url, i === 0 ? `slow ${kill}` : `good ${kill} ${i}`);
        }
        script.kill();
        await script.result;
      }, env);
    }
    await usingServer(bun, app, dir.path, async ({ url, script }) => {
      await post(url, "bad");
      await receiver.until(() => accepted.every((body) => receiver.has(body)));
      await receiver.until(() => receiver.attempts("bad") === 8);
      let dead: Job<{ body: string }>[] = [];
      await receiver.until(async () => {
        dead = await (await fetch(`${url}/dead`)).json();
        const { waiting } = await (await fetch(`${url}/deliveries`)).json();
        return dead.length === 1 && waiting === 0;
      });
      assertEquals(dead[0]!.payload.body, "bad");
      assertEquals(dead[0]!.error, "Answered with 500");
      receiver.forgive();
      const revive = `${url}/dead/${dead[0]!.id}/revive`;
      assertEquals((await fetch(revive, { method: "POST" })).status, 204);
      await receiver.until(() => receiver.attempts("bad") === 9);
      await stop(script);
      // Nobody is killed any more: who is only slow keeps what it has taken.
    }, { ...env, LEASE_MS: "30000" });
    // Every attempt of a delivery says that it is the same one.
    for (const body of accepted) {
      assertEquals(receiver.keys(body).size, 1, body);
    }
  });
}

if (bun !== undefined) {
  test("Example job_queue/webhooks.ts answers what is no delivery with 400", async () => {
    await using dir = tempDir();
    const app = "job_queue/webhooks.ts";
    await usingServer(bun, app, dir.path, async ({ url, script }) => {
      for (const body of ["", "nonsense", "{", "null", "7", '{"url":"x"}']) {
        const response = await fetch(`${url}/deliveries`, {
          method: "POST",
          body,
        });
        assertEquals(response.status, 400, body);
        assertEquals(await response.json(), { error: "Expected url and body" });
      }
      await stop(script);
    });
  });
}

function idsOf(entries: Iterable<[Tuple, unknown]>): unknown[] {
  return Array.from(entries, ([key]) => key.at(-1)).sort();
}

/** A server that takes deliveries: refuses "bad" ones, and is slow with "slow" ones. */
async function startReceiver() {
  const seen = new Map<string, string[]>();
  let isStrict = true;
  const server = createServer(async (request, response) => {
    let body = "";
    try {
      for await (const part of request) body += part;
    } catch {
      // The sender was killed in the middle of it.
      return;
    }
    const keys = seen.get(body) ?? [];
    seen.set(body, [...keys, String(request.headers["idempotency-key"])]);
    if (body.startsWith("slow")) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    response.statusCode = body === "bad" && isStrict ? 500 : 204;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    has: (body: string) => seen.has(body),
    attempts: (body: string) => seen.get(body)?.length ?? 0,
    keys: (body: string) => new Set(seen.get(body)),
    forgive: () => {
      isStrict = false;
    },
    async until(isSo: () => boolean | Promise<boolean>): Promise<void> {
      while (!await isSo()) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
