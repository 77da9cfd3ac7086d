import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type {
  BuildJob,
  CompactionJob,
  FlushJob,
} from "../../compaction/job.ts";
import { KvIoError } from "../../errors.ts";
import { segmentName } from "../../format/file_names.ts";
import { type SegmentInfo, totalBytes } from "../../manifest/segment_info.ts";
import type { MemTable } from "../../memtable/memtable.ts";
import type { WrittenBlocks } from "../../segment/written_blocks.ts";
import { mayRead } from "../../storage/permission.ts";
import type { KvStats } from "../api/stats.ts";
import { InlineRunner, type JobHost, type JobRunner } from "./job_runner.ts";
// Keeps the worker among the modules that the registry makes into JavaScript for npm.
import type {} from "./worker.ts";
import type {
  FromWorker,
  Task,
  ToWorker,
  WorkerSetup,
} from "./worker_messages.ts";

/**
 * Jobs with less input than this, in bytes, are done sooner than a worker is started and told:
 * measured 30-60 ms against 5-15 ms.
 */
const SMALL_JOB_BYTES = 1024 * 1024;

/** How long a worker may take to end when it is told to, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * Room for young garbage in a worker, of which V8 otherwise takes more and more: measured on a load
 * of 1 GB in Deno, 42 MiB of heap against 16, at the same processor time. Bun has no such limit.
 */
const YOUNG_MIB = 6;

/** What the runner needs of the engine that it works for. */
export interface WorkerHost extends JobHost {
  /** Takes what the worker writes into the cache. */
  readonly writtenBlocks: WrittenBlocks;
}

interface PendingJob {
  /** File numbers that the job was given. */
  readonly numbers: number[];
  resolve(segments: readonly SegmentInfo[] | undefined): void;
}

/**
 * Gives jobs to a worker, so that they take no time of the event loop. A job that the worker cannot
 * do, because it cannot be started (a missing permission), has died or has met an error, is run on
 * the event loop after all.
 */
export class WorkerRunner implements JobRunner {
  readonly leastParallelBytes = SMALL_JOB_BYTES;
  /** Those that the worker has done. */
  #jobs = 0;
  readonly #folder: string;
  readonly #host: WorkerHost;
  readonly #inline: InlineRunner;
  readonly #onDirectoryFailure: (error: KvIoError) => void;
  readonly #pending = new Map<number, PendingJob>();
  #worker: Worker | undefined;
  #isBroken = false;
  #nextId = 1;

  /**
   * @param folder Absolute path of the folder with the files of the store.
   * @param onDirectoryFailure Told that a sync of the folder has failed in the worker: it may have
   * let go of names that the engine has made, and the system does not say so again.
   */
  constructor(
    folder: string,
    host: WorkerHost,
    onDirectoryFailure: (error: KvIoError) => void,
  ) {
    this.#folder = folder;
    this.#host = host;
    this.#onDirectoryFailure = onDirectoryFailure;
    this.#inline = new InlineRunner(host);
  }

  async flush(
    table: MemTable,
    job: FlushJob,
    signal: AbortSignal,
  ): Promise<SegmentInfo | undefined> {
    if (table.arena.size >= SMALL_JOB_BYTES) {
      const task: Task = { type: "flush", job };
      const segments = await this.#send(task, signal, job.outputNumbers[0]);
      if (segments !== undefined) return segments[0];
    }
    return await this.#inline.flush(table, job, signal);
  }

  async compact(
    job: CompactionJob,
    signal: AbortSignal,
  ): Promise<SegmentInfo[]> {
    const bytes = totalBytes(job.inputs.flatMap(({ segments }) => segments));
    if (bytes >= SMALL_JOB_BYTES) {
      const task: Task = { type: "compact", job };
      const segments = await this.#send(task, signal, job.outputNumbers?.[0]);
      if (segments !== undefined) return [...segments];
    }
    return await this.#inline.compact(job, signal);
  }

  async build(job: BuildJob, signal: AbortSignal): Promise<SegmentInfo> {
    if (job.length >= SMALL_JOB_BYTES) {
      const segments = await this.#send({ type: "build", job }, signal);
      if (segments !== undefined) return segments[0]!;
    }
    return await this.#inline.build(job, signal);
  }

  get stats(): KvStats["worker"] {
    return { jobs: this.#jobs, running: this.#worker !== undefined };
  }

  /**
   * Starts the worker, if it will be given the jobs: that takes as long as the records of a segment
   * take to be gathered.
   */
  prepare(bytes: number): void {
    if (bytes >= SMALL_JOB_BYTES) this.#startedWorker();
  }

  /**
   * Has the worker do a job; answers with nothing if it could not.
   *
   * @param givenNumber The number of its first file, if that is not to be the next there is.
   */
  async #send(
    task: Task,
    signal: AbortSignal,
    givenNumber?: number,
  ): Promise<readonly SegmentInfo[] | undefined> {
    const number = givenNumber ?? await this.#host.takeFileNumber();
    signal.throwIfAborted();
    const worker = this.#startedWorker();
    if (worker === undefined) return undefined;
    const numbers = [number];
    const id = this.#nextId++;
    const cancel = () => post(worker, { type: "cancel", id });
    signal.addEventListener("abort", cancel);
    // A process may end while its worker is idle, but not while somebody waits for a job.
    if (this.#pending.size === 0) worker.ref();
    try {
      const segments = await new Promise<readonly SegmentInfo[] | undefined>(
        (resolve) => {
          this.#pending.set(id, { numbers, resolve });
          post(worker, { ...task, id, number });
        },
      );
      // The signal may come when the worker has done the job already.
      if (segments === undefined || signal.aborted) {
        await this.#discard(numbers);
      }
      signal.throwIfAborted();
      if (segments !== undefined) this.#jobs++;
      return segments;
    } finally {
      signal.removeEventListener("abort", cancel);
      this.#pending.delete(id);
      if (this.#pending.size === 0) worker.unref();
    }
  }

  #startedWorker(): Worker | undefined {
    if (this.#isBroken || this.#worker !== undefined) return this.#worker;
    try {
      const url = workerUrl();
      if (url.protocol === "file:" && !mayRead(fileURLToPath(url))) {
        throw new Error("the module of the worker may not be read");
      }
      const workerData: WorkerSetup = { folder: this.#folder };
      // Without an environment of its own it would get a copy of this one, for which Deno wants a
      // permission.
      const worker = new Worker(url, {
        workerData,
        env: {},
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
      });
      worker.on("message", (message: FromWorker) => this.#receive(message));
      worker.on("error", () => this.#giveUp());
      worker.on("exit", () => this.#giveUp());
      worker.unref();
      this.#worker = worker;
    } catch {
      this.#giveUp();
    }
    return this.#worker;
  }

  #receive(message: FromWorker): void {
    const job = this.#pending.get(message.id);
    // A worker that has died may be heard still, when its jobs are left to the event loop.
    if (job === undefined || this.#worker === undefined) return;
    if (message.type === "takeNumber") void this.#giveNumber(message.id, job);
    else if (message.type === "blocks") {
      this.#host.writtenBlocks.keep(message.piece);
    } else if (message.type === "done") job.resolve(message.segments);
    else {
      this.#noteFailure(message.directoryFailure);
      job.resolve(undefined);
    }
  }

  #noteFailure(directoryFailure: string | undefined): void {
    if (directoryFailure === undefined) return;
    const cause = new Error(directoryFailure);
    this.#onDirectoryFailure(
      new KvIoError("syncDirectory", "", "other", { cause }),
    );
  }

  async #giveNumber(id: number, job: PendingJob): Promise<void> {
    const number = await this.#host.takeFileNumber();
    job.numbers.push(number);
    if (this.#worker) post(this.#worker, { type: "number", id, number });
  }

  /** Leaves all jobs, those under way among them, to the event loop. */
  #giveUp(): void {
    this.#isBroken = true;
    this.#worker = undefined;
    for (const { resolve } of this.#pending.values()) resolve(undefined);
  }

  /** Removes what a failed job may have left. */
  async #discard(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      this.#host.writtenBlocks.discard(number);
      try {
        await this.#host.storage.remove(segmentName(number));
      } catch {
        // Most often the job has removed it already; if not, the next open sweeps it.
      }
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#giveUp();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    const exit = new Promise<void>((resolve) => {
      worker.once("exit", () => resolve());
    });
    worker.ref();
    post(worker, { type: "close" });
    await Promise.race([exit, timeout]);
    clearTimeout(timer);
    await worker.terminate();
  }
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

/**
 * Where a program of one file that Bun has made has its modules. All are in the first of them but
 * the worker, if it was among those to be compiled.
 */
const IN_BUN_FILE = /\/(?:\$bunfs|~BUN)\/root\//;

/**
 * The module of the worker: `.ts` as published on JSR, `.js` in its form for npm. Deno's
 * `node:worker_threads` takes only files and `data:` URLs, so a module from the web goes by way of
 * a one-line module that imports it.
 */
function workerUrl(): URL {
  const url = new URL("./worker.ts", import.meta.url);
  if (IN_BUN_FILE.test(import.meta.url)) {
    url.pathname = url.pathname
      .replace(/worker\.ts$/, "engine/background/worker.js");
  }
  if (import.meta.url.endsWith(".js")) {
    url.pathname = url.pathname.replace(/\.ts$/, ".js");
  }
  if (url.protocol === "file:") return url;
  const code = encodeURIComponent(`import ${JSON.stringify(url.href)}`);
  return new URL(`data:text/javascript,${code}`);
}
