import { setTimeout as sleep } from "node:timers/promises";
import type { Job, Queue } from "./queue.ts";

/** Does one job; a rejection says that it has failed. */
export type Handler<P> = (job: Job<P>, signal: AbortSignal) => Promise<void>;

export interface WorkOptions {
  /** How many jobs are under way at the same time. Default 4. */
  readonly concurrency?: number;
  /** Takes no further jobs once it is aborted; those under way are finished. */
  readonly signal: AbortSignal;
}

/** How long to sleep at most, in milliseconds: clocks are set, too. */
const MAX_SLEEP_MS = 60_000;

/** Does the jobs of a queue until it is told to stop. */
export async function work<P>(
  queue: Queue<P>,
  handler: Handler<P>,
  { concurrency = 4, signal }: WorkOptions,
): Promise<void> {
  const lane = async () => {
    while (!signal.aborted) {
      const added = queue.added;
      const job = await queue.take();
      if (job === undefined) await pause(queue.waitMs(), added, signal);
      else await doJob(queue, job, handler);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

async function doJob<P>(
  queue: Queue<P>,
  job: Job<P>,
  handler: Handler<P>,
): Promise<void> {
  const lost = new AbortController();
  const beat = setInterval(async () => {
    const held = await queue.extend(job).catch(() => undefined);
    if (held === undefined) lost.abort(new Error("The lease has ended"));
  }, queue.leaseMs / 3);
  try {
    await handler(job, lost.signal);
  } catch (error) {
    return await queue.fail(job, error);
  } finally {
    clearInterval(beat);
  }
  await queue.complete(job);
}

/** Waits for a time, a new job or the end. */
async function pause(
  waitMs: number,
  added: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([
      sleep(Math.min(waitMs, MAX_SLEEP_MS), undefined, {
        signal: AbortSignal.any([signal, over.signal]),
      }).catch(() => {}),
      added,
    ]);
  } finally {
    over.abort();
  }
}
