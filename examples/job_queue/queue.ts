// A queue of jobs in a store, under tuple keys:
//
//   ["job", id]            the job, while it is to be done
//   ["due", timeMs, id]    an index: the jobs in the order in which they may be taken
//   ["dead", id]           a job that has failed too often
//
// To take a job is to make it due again later, when the lease ends: whoever has
// taken it and then dies, or hangs, loses it by doing nothing. So every job is
// done at least once; what it does should bear being done twice.
import { randomUUID } from "node:crypto";
import type { KvEngine, Tuple } from "../../mod.ts";

/** A job. `payload` is whatever JSON carries. */
export interface Job<P> {
  readonly id: string;
  readonly payload: P;
  /** How often it has been taken. */
  readonly attempts: number;
  /** When it may be taken, or taken again, in Unix milliseconds. */
  readonly dueMs: number;
  /** Why the last attempt failed. */
  readonly error?: string;
}

/** A store of jobs: index entries have no value of their own. */
export type JobEngine<P> = KvEngine<Tuple, Job<P> | null>;

export interface QueueOptions {
  /** How long a job belongs to who has taken it, in milliseconds. Default 30 seconds. */
  readonly leaseMs?: number;
  /** How often a job is tried before it is dead. Default 5. */
  readonly maxAttempts?: number;
  /**
   * How long the second attempt waits at least, in milliseconds; each further one twice as long.
   * Default 1 second.
   */
  readonly backoffMs?: number;
  /** The time, for tests. */
  readonly now?: () => number;
}

const MAX_BACKOFF_MS = 3_600_000;

export class Queue<P> {
  readonly leaseMs: number;
  readonly #db: JobEngine<P>;
  readonly #maxAttempts: number;
  readonly #backoffMs: number;
  readonly #now: () => number;
  #wake = Promise.withResolvers<void>();

  constructor(db: JobEngine<P>, options: QueueOptions = {}) {
    this.#db = db;
    this.leaseMs = options.leaseMs ?? 30_000;
    this.#maxAttempts = options.maxAttempts ?? 5;
    this.#backoffMs = options.backoffMs ?? 1000;
    this.#now = options.now ?? Date.now;
  }

  /** Adds a job; it is on disk when the promise resolves. Returns its id. */
  async add(payload: P, delayMs = 0): Promise<string> {
    const id = randomUUID();
    const dueMs = this.#now() + delayMs;
    await this.#db.batch()
      .put(["job", id], { id, payload, attempts: 0, dueMs })
      .put(["due", dueMs, id], null)
      .commit();
    this.#wakeUp();
    return id;
  }

  /** Takes the job that has been due for longest, if there is one. */
  async take(): Promise<Job<P> | undefined> {
    for (;;) {
      // No `await` from here up to the batch: nobody else takes the same job.
      const now = this.#now();
      const [found] = [...this.#db.scanSync({ prefix: ["due"], limit: 1 })];
      if (found === undefined || Number(found[0][1]) > now) return undefined;
      const job = this.#db.getSync(["job", found[0][2]!])!;
      if (job.attempts >= this.#maxAttempts) {
        // Nobody has said that it failed: it takes the process with it.
        await this.#bury(job, "Nobody came back from it");
        continue;
      }
      const attempts = job.attempts + 1;
      const taken = { ...job, attempts, dueMs: now + this.leaseMs };
      // Unsynced: if the power fails, the job is taken again, as it would be anyway.
      await this.#move(job, taken, { sync: false });
      return taken;
    }
  }

  /** Keeps a job that takes long. Answers `undefined` if it is somebody else's by now. */
  async extend(job: Job<P>): Promise<Job<P> | undefined> {
    const current = this.#current(job);
    if (current === undefined) return undefined;
    const extended = { ...current, dueMs: this.#now() + this.leaseMs };
    await this.#move(current, extended, { sync: false });
    return extended;
  }

  /**
   * Removes a job that is done. Answers `false` if it is somebody else's by now: then it is done
   * twice.
   */
  async complete(job: Job<P>): Promise<boolean> {
    const current = this.#current(job);
    if (current === undefined) return false;
    await this.#db.batch()
      .del(["job", job.id])
      .del(["due", current.dueMs, job.id])
      .commit();
    return true;
  }

  /** Says that a job has failed: it is tried again later, or is dead. */
  async fail(job: Job<P>, reason: unknown): Promise<void> {
    const current = this.#current(job);
    if (current === undefined) return;
    const error = reason instanceof Error ? reason.message : String(reason);
    if (job.attempts >= this.#maxAttempts) {
      return await this.#bury(current, error);
    }
    const dueMs = this.#now() + this.#backoff(job.attempts);
    await this.#move(current, { ...current, dueMs, error });
  }

  /** The jobs that have failed too often. */
  async dead(): Promise<Job<P>[]> {
    const jobs: Job<P>[] = [];
    for await (const [, job] of this.#db.scan({ prefix: ["dead"] })) {
      if (job) jobs.push(job);
    }
    return jobs;
  }

  /** Gives a dead job another life. Answers `false` if there is no such job. */
  async revive(id: string): Promise<boolean> {
    const job = this.#db.getSync(["dead", id]);
    if (!job) return false;
    const dueMs = this.#now();
    await this.#db.batch()
      .del(["dead", id])
      .put(["job", id], { ...job, attempts: 0, dueMs })
      .put(["due", dueMs, id], null)
      .commit();
    this.#wakeUp();
    return true;
  }

  /** How many jobs are to be done, those that are taken among them. */
  async size(): Promise<number> {
    let count = 0;
    for await (const _key of this.#db.keys({ prefix: ["job"] })) count++;
    return count;
  }

  /** In how many milliseconds the next job is due: 0 if one is, `Infinity` if there is none. */
  waitMs(): number {
    const [next] = [...this.#db.scanSync({ prefix: ["due"], limit: 1 })];
    return next === undefined
      ? Infinity
      : Math.max(0, Number(next[0][1]) - this.#now());
  }

  /** Resolves when a job is added. */
  get added(): Promise<void> {
    return this.#wake.promise;
  }

  /** The job as it is now, unless its lease has ended and somebody else has taken it. */
  #current(job: Job<P>): Job<P> | undefined {
    const current = this.#db.getSync(["job", job.id]);
    return current?.attempts === job.attempts ? current : undefined;
  }

  #bury(job: Job<P>, error: string): Promise<void> {
    return this.#db.batch()
      .del(["job", job.id])
      .del(["due", job.dueMs, job.id])
      .put(["dead", job.id], { ...job, error })
      .commit();
  }

  #move(
    from: Job<P>,
    to: Job<P>,
    options?: { readonly sync: boolean },
  ): Promise<void> {
    return this.#db.batch()
      .del(["due", from.dueMs, from.id])
      .put(["due", to.dueMs, to.id], null)
      .put(["job", to.id], to)
      .commit(options);
  }

  /**
   * Twice as long after every attempt, and up to as much again by chance, so that jobs which failed
   * together do not come back together.
   */
  #backoff(attempts: number): number {
    const base = Math.min(
      MAX_BACKOFF_MS,
      this.#backoffMs * 2 ** (attempts - 1),
    );
    return base * (1 + Math.random());
  }

  #wakeUp(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }
}
