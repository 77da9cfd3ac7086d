import { invalidArgument, KvError } from "../../errors.ts";
import type { ResolvedOptions } from "../../options.ts";
import type { BlockCache } from "../../segment/block_cache.ts";
import { type Awaitable, chain, inTurn } from "../../storage/awaitable.ts";
import type { Storage, StorageLock } from "../../storage/storage.ts";
import type { KvStats } from "../api/stats.ts";
import { Background } from "../background/background.ts";
import { Backpressure, backpressureOf } from "../background/backpressure.ts";
import { CommitQueue } from "./commit_queue.ts";
import { CurrentReadState } from "../state/current_read_state.ts";
import { nextTurn } from "../runtime/event_loop.ts";
import { untilAborted } from "../runtime/interruptible.ts";
import type { Catalogue } from "../keyspaces/catalogue.ts";
import { InlineRunner, type JobRunner } from "../background/job_runner.ts";
import { LogCommitter } from "./log_committer.ts";
import { randomUint32 } from "../runtime/random.ts";
import type { ReadState } from "../state/read_state.ts";
import type { Recovered } from "../state/recovery.ts";
import { Snapshots } from "../state/snapshots.ts";
import { closedError, Soundness } from "./soundness.ts";
import { statsOf } from "./store_stats.ts";
import { Tables } from "../state/tables.ts";
import type { VersionSet } from "../state/version_set.ts";
import { WorkerRunner } from "../background/worker_runner.ts";

/** How full a MemTable is when a worker is started for its flush. */
const PREPARE_AT = 0.5;

/** What an opened store is made of. */
export interface StoreParts {
  readonly storage: Storage;
  readonly lock: StorageLock;
  readonly options: ResolvedOptions;
  readonly cache: BlockCache;
  readonly versions: VersionSet;
  readonly recovered: Recovered;
  readonly catalogue: Catalogue;
}

/**
 * The engine below its keys and values: MemTables, logs, segments and the work that goes on between
 * them.
 */
export class Store {
  readonly storage: Storage;
  readonly options: ResolvedOptions;
  readonly snapshots: Snapshots = new Snapshots();
  readonly tables: Tables;
  readonly catalogue: Catalogue;
  readonly #lock: StorageLock;
  readonly cache: BlockCache;
  readonly versions: VersionSet;
  readonly #logs: LogCommitter;
  readonly #queue: CommitQueue;
  readonly runner: JobRunner;
  readonly #backpressure = new Backpressure();
  readonly background: Background;
  readonly #reading: CurrentReadState;
  readonly #soundness = new Soundness();
  /**
   * Resolves when the tables that were read back from logs are in segments. Until then they are
   * only as durable as the system has made the logs of a process that was killed.
   */
  #recovering: Promise<void> | undefined;
  /** Whether a codec is writing into the MemTable: nothing else may then. */
  isEncoding = false;
  #closing: Promise<void> | undefined;
  #underWay = 0;

  constructor(parts: StoreParts) {
    const { storage, options, versions, recovered } = parts;
    this.storage = storage;
    this.options = options;
    this.catalogue = parts.catalogue;
    this.#lock = parts.lock;
    this.cache = parts.cache;
    this.versions = versions;
    const takeFileNumber = () => versions.takeFileNumber();
    const host = { storage, takeFileNumber, randomUint32 };
    const isInline = options.background === "inline";
    this.runner = storage.localFolder === undefined || isInline
      ? new InlineRunner(host)
      : new WorkerRunner(
        storage.localFolder,
        { ...host, writtenBlocks: versions.writtenBlocks },
        (error) => this.#poison(error, false),
      );
    this.tables = new Tables(recovered.tables, recovered.lastSequence, {
      memtableSize: options.memtableSize,
      memtableEntries: options.memtableEntries,
      snapshots: () => this.snapshots.sorted(),
      takeFileNumber,
      randomUint32,
    });
    this.#logs = new LogCommitter({
      storage,
      tables: this.tables,
      versions,
      lastSequence: recovered.lastSequence,
      assertHeld: () => parts.lock.assertHeld?.(),
    });
    this.#reading = new CurrentReadState(
      this.tables,
      versions,
      () => this.wakeBackground(),
    );
    this.#queue = new CommitQueue({
      append: () => this.#whileSound(() => this.#logs.append()),
      sync: () => this.#whileSound(() => this.#logs.sync()),
      delayMs: () =>
        this.#backpressure.delayMs(
          this.#logs.takeAppendedBytes(),
          this.background.debts,
        ),
      // Those whose writes fail are told, but for those of the store itself while it closes.
      fail: (error) => this.#poison(error, this.#closing === undefined),
    });
    this.background = new Background({
      tables: this.tables,
      versions,
      snapshots: this.snapshots,
      runner: this.runner,
      backpressure: this.#backpressure,
      blockSize: options.blockSize,
      compression: options.compression,
      compaction: options.compaction,
      removeLog: (name) => this.#removeLog(name),
      onChange: () => this.onBackgroundChange(),
      assertSound: () => this.assertSound(),
      onFailure: (error) => this.#poison(error, false),
    });
  }

  /** What a read that begins now goes through. */
  get readState(): ReadState {
    return this.#reading.state;
  }

  /** Sequence number of the last write. */
  get lastSequence(): number {
    return this.tables.active.table.lastSequence;
  }

  /** Creates the first log and names it in the manifest. */
  async start(): Promise<void> {
    if (this.options.background === "worker") this.runner.prepare(Infinity);
    await this.#logs.createLog(this.tables.active);
  }

  /** Begins with what background work there is. */
  beginWork(): void {
    if (this.tables.waiting.length > 0) this.#flushRecovered();
    this.background.wake();
  }

  #flushRecovered(): void {
    const recovering = this.background.flushAll();
    this.#recovering = recovering;
    recovering.then(() => {
      this.#recovering = undefined;
    }, () => {
      // The store is poisoned or being closed: whoever waits is told.
    });
  }

  /** Throws once a write or a sync has failed. */
  assertSound(): void {
    this.#soundness.assert();
  }

  /** Throws `KV_CLOSED` once the store is closed or being closed. */
  assertOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  /** Throws if the store takes no writes. */
  assertWritable(): void {
    this.assertOpen();
    if (this.options.readOnly) {
      throw new KvError(
        "KV_READ_ONLY",
        "Cannot write: the store was opened with readOnly",
      );
    }
    this.#soundness.assertToCaller();
    if (this.isEncoding) {
      throw invalidArgument(
        "Cannot write from within a codec or toJSON: a value is being encoded for another write",
      );
    }
  }

  /**
   * Acknowledges the writes so far: a promise that they are in the log, or durable if `sync`. Lets
   * a fresh MemTable take over from a full one.
   */
  commit(sync: boolean): Promise<void> {
    const { fullness } = this.tables;
    const { memtableSize } = this.options;
    if (fullness >= 1) this.makeRoom(0);
    else if (fullness >= PREPARE_AT) this.runner.prepare(memtableSize);
    return sync ? this.sync() : this.#queue.join(false);
  }

  /** Lets a fresh MemTable with room for `roomBytes` take over. */
  makeRoom(roomBytes: number): void {
    this.tables.rotate(roomBytes);
    this.#reading.renew();
    this.background.wake();
  }

  /** Lets reads look at range tombstones, once there are any. */
  showRanges(): void {
    this.#reading.showRanges();
  }

  /** Keeps `work`, which waits for storage, from being overtaken by `close`. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#underWay++;
    return work.finally(() => this.#underWay--);
  }

  /** Does work of a commit, which is not acknowledged if anything has failed by its end. */
  #whileSound(work: () => Awaitable<void>): Awaitable<void> {
    this.#soundness.assert();
    return chain(work(), () => this.#soundness.assert());
  }

  /** Removes a log that is not needed any more. */
  async #removeLog(name: string): Promise<void> {
    try {
      await this.storage.remove(name);
    } catch {
      // The manifest does not need the file any more: the next open sweeps it.
    }
  }

  /** Shows tables and segments that have changed to reads, and lets writers go on. */
  onBackgroundChange(): void {
    this.#reading.renew();
    this.background.wake();
    const { state } = backpressureOf(this.background.debts);
    // Those that were told to wait have no reason to any more, however long that was to be by a
    // clock or a rate that was wrong.
    if (state === "none") this.#queue.releaseAll();
    else if (state === "slowed") this.#queue.releaseHeldBack();
  }

  #poison(error: unknown, isTold: boolean): void {
    this.#soundness.poison(error, isTold);
    void this.background.stop(this.#soundness.poisonedError());
    this.#queue.releaseAll();
  }

  /** Resolves when all writes so far are durable. */
  sync(): Promise<void> {
    if (this.#recovering === undefined) return this.#queue.join(true);
    const appended = this.#queue.join(false);
    return Promise.all([appended, this.#recovering])
      .then(() => this.#queue.join(true));
  }

  /**
   * Resolves when all writes so far are in segments. It looks as if no more came for now: unused
   * memory is given back.
   */
  async flush(): Promise<void> {
    this.tables.releaseSpare();
    this.makeRoom(0);
    await this.background.flushAll();
    this.tables.releaseSpare();
  }

  /** Merges everything into the deepest level. */
  async compact(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    await untilAborted(this.flush(), signal);
    await this.background.compactAll(signal);
  }

  /** Begins compactions that have become possible, for example because a snapshot was let go. */
  wakeBackground(): void {
    if (this.#closing !== undefined || this.options.readOnly) return;
    this.background.wake();
  }

  /** Closes the store; a second call waits for the first. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    try {
      await this.#queue.settle();
      if (!this.options.readOnly && this.#soundness.isSound) {
        await this.#flushAtClose();
      }
    } finally {
      await this.#letGo();
    }
    // What was acknowledged without a sync may be lost now, and nobody else will hear of it.
    const isDurable = !this.#logs.isLockLost &&
      this.tables.all.every((table) => table.isSynced);
    if (this.#soundness.isUntold && !isDurable) {
      throw this.#soundness.poisonedError();
    }
  }

  /**
   * A store that was closed replays no log when it is opened. If this fails all is still in the
   * logs, as durable as it was.
   */
  async #flushAtClose(): Promise<void> {
    await this.sync();
    this.tables.rotate();
    await this.background.flushAll();
  }

  /** Lets go of files and lock without writing anything. */
  abandon(): Promise<void> {
    return this.#closing ??= this.#letGo();
  }

  async #letGo(): Promise<void> {
    await this.background.stop(closedError());
    await this.runner.close();
    this.#queue.releaseAll();
    while (this.#underWay > 0) await nextTurn();
    await inTurn([
      ...this.tables.all.map((table) => () => table.closeLog()),
      () => this.versions.close(),
      () => this.#lock.release(),
    ]);
  }

  stats(): KvStats {
    return statsOf({
      tables: this.tables,
      version: this.versions.version,
      cache: this.cache,
      snapshots: this.snapshots,
      keyspaces: this.catalogue.size,
      counts: this.background.counts,
      worker: this.runner.stats,
      wal: this.#logs.counts,
      backpressure: this.#backpressure.stats(this.background.debts),
      lastSequence: this.lastSequence,
    });
  }
}
