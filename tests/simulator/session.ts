import {
  type KvBatch,
  type KvEngine,
  KvError,
  open,
  type RangeOptions,
} from "../../mod.ts";
import { nextTurn } from "../../src/engine/runtime/event_loop.ts";
import { KvIoError } from "../../src/errors.ts";
import type { FaultStorage } from "../../src/testing/testing.ts";
import { expectEntries, expectValues } from "./expect.ts";
import { violate } from "./failure.ts";
import type { History } from "./history.ts";
import { BEHIND_ALL, type Operation } from "./operations.ts";
import { parted, withMarkers } from "./parted.ts";
import { Views } from "./views.ts";
import type { Workload } from "./workloads.ts";

export type Db = KvEngine<unknown, unknown>;

/** Where and how a session works. */
export interface SessionOptions {
  readonly storage: FaultStorage;
  readonly workload: Workload;
  readonly history: History;
  /** Whether the storage may refuse calls. Default `false`: then every error is one too many. */
  readonly mayFail?: boolean;
}

/** Calls that reading makes: when they fail nothing is lost. */
const READS = ["lock", "list", "open", "readAt", "close"];

/** Opens the store of a workload. */
export async function openStore(
  storage: FaultStorage,
  { options, face: { keys, values }, isParted }: Workload,
): Promise<Db> {
  return isParted
    ? parted(await open(storage, options))
    : await open(storage, { ...options, keys, values });
}

/**
 * A user of a store: carries out operations, compares every answer and notes in the history what
 * was promised when.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #mayFail: boolean;
  #db: Db;
  #views: Views;
  readonly #underWay = new Set<Promise<void>>();
  #violation: unknown;
  /** Whether a write has failed: nothing that is issued from then on may be acknowledged. */
  #hasFailed = false;
  /** Whether nothing more is to be done. */
  #isOver = false;
  /** Whether the store is closed, or could not be opened again. */
  #isClosed = false;

  constructor(db: Db, options: SessionOptions) {
    this.#options = options;
    this.#mayFail = options.mayFail ?? false;
    this.#db = db;
    this.#views = new Views(db, options.workload.face);
  }

  /**
   * Opens the store and carries out all operations, then closes it. Answers whether nothing has
   * failed.
   */
  static async run(
    operations: readonly Operation[],
    options: SessionOptions,
  ): Promise<boolean> {
    let db: Db;
    try {
      db = await openStore(options.storage, options.workload);
    } catch (error) {
      if (!options.mayFail) violate(`opening failed: ${error}`, error);
      assertIoError(error);
      assertAllClosed(options.storage);
      return false;
    }
    const session = new Session(db, options);
    await session.finish(operations);
    return !session.#hasFailed;
  }

  /** Carries out operations and closes the store, also one that has done what it should not. */
  async finish(operations: readonly Operation[]): Promise<void> {
    try {
      await this.#carryOutAll(operations);
      await this.#closeForGood();
    } finally {
      await this.#db.close().catch(() => {});
    }
  }

  /** Carries out operations, those at the same time that are not waited for. */
  async #carryOutAll(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      const done = this.#carryOut(operation).catch((error) => {
        this.#violation ??= error;
      });
      this.#underWay.add(done);
      void done.then(() => this.#underWay.delete(done));
      if (operation.isAwaited) await done;
      if (this.#violation !== undefined || this.#isClosed || this.#isOver) {
        break;
      }
    }
    await Promise.all(this.#underWay);
    if (this.#violation !== undefined) throw this.#violation;
  }

  async #closeForGood(): Promise<void> {
    await this.#close();
    await Promise.all(this.#underWay);
    if (this.#violation !== undefined) throw this.#violation;
    assertAllClosed(this.#options.storage);
  }

  async #close(): Promise<void> {
    const { history } = this.#options;
    await this.#attempt(() => this.#views.close(), true);
    this.#isClosed = true;
    const { last } = history;
    const isDone = await this.#attempt(() => this.#db.close());
    // A store that may be poisoned closes without a promise.
    if (isDone && !this.#mayFail) history.acknowledgeSync(last, this.#call);
  }

  /** Calls of the storage so far. */
  get #call(): number {
    return this.#options.storage.trace.length;
  }

  async #carryOut(operation: Operation): Promise<void> {
    const { history } = this.#options;
    switch (operation.kind) {
      case "write":
        return await this.#write(operation);
      case "import":
        return await this.#import(operation);
      case "sync":
      case "flush":
      case "compact":
        return await this.#settle(operation.kind);
      case "reopen":
        return await this.#reopen();
      case "pause":
        for (let i = 0; i < 3; i++) await nextTurn();
        return;
      case "takeSnapshot":
        this.#views.takeSnapshot(history.entries);
        return;
      case "openScan":
        this.#views.openScan(history.entries);
        return;
      default:
        await this.#attempt(() => this.#read(operation), true);
    }
  }

  #read(operation: Operation): Promise<void> {
    const { workload: { face, synchronous }, history } = this.#options;
    const how = { face, what: operation.kind };
    // What is seen is what had been written when the call was made.
    const { entries } = history;
    switch (operation.kind) {
      case "get": {
        const keys = [operation.key];
        const sync = synchronous && operation.isAwaited;
        return expectValues(this.#db, entries, { ...how, keys, sync });
      }
      case "scan": {
        const { reverse } = operation;
        const sync = synchronous;
        return expectEntries(this.#db, entries, { ...how, reverse, sync });
      }
      case "readSnapshot":
        return this.#views.readSnapshot();
      case "stepScan":
        return this.#views.stepScan();
      default:
        return this.#views.endScan();
    }
  }

  async #write(operation: Operation & { kind: "write" }): Promise<void> {
    const { history } = this.#options;
    const { writes, sync } = operation;
    const before = this.#db.stats().lastSequence;
    const hadFailed = this.#hasFailed;
    const existed = history.value(writes[0]![0]) !== undefined;
    const { isParted } = this.#options.workload;
    const all = isParted ? withMarkers(writes, history) : writes;
    const answer = this.#issue(operation);
    const { lastSequence } = this.#db.stats();
    const isTaken = lastSequence > before;
    const commit = isTaken
      ? history.issue(all, { lastSequence, call: this.#call })
      : -1;
    let found: boolean | undefined;
    const isDone = await this.#attempt(async () => found = await answer);
    if (!isDone) return;
    if (!isTaken) violate("a write was acknowledged that was not taken");
    if (hadFailed) violate("a write was acknowledged after one had failed");
    if (found !== undefined && found !== existed) {
      violate(`a delete answered with ${found}`);
    }
    if (sync) history.acknowledgeSync(commit, this.#call);
    else history.acknowledge(commit, this.#call);
  }

  /** Answers with what a delete answers with. */
  #issue(
    { writes, sync }: Operation & { kind: "write" },
  ): Promise<boolean | undefined> {
    const { face } = this.#options.workload;
    const [key, value, end] = writes[0]!;
    if (writes.length === 1) {
      if (end !== undefined) return this.#issueRange(key, end, sync);
      return value === undefined
        ? this.#db.del(face.key(key), { sync })
        : this.#db.put(face.key(key), face.value(value), { sync })
          .then(() => undefined);
    }
    let batch: KvBatch<unknown, unknown>;
    try {
      batch = this.#db.batch();
    } catch (error) {
      return Promise.reject(error);
    }
    for (const [key, value, end] of writes) {
      if (end !== undefined) batch.delRange(this.#range(key, end));
      else if (value === undefined) batch.del(face.key(key));
      else batch.put(face.key(key), face.value(value));
    }
    return batch.commit({ sync }).then(() => undefined);
  }

  #issueRange(key: string, end: string, sync: boolean): Promise<undefined> {
    const answer = key === "k00" && end === BEHIND_ALL
      ? this.#db.clear({ sync })
      : this.#db.delRange(this.#range(key, end), { sync });
    return answer.then(() => undefined);
  }

  #range(key: string, end: string): RangeOptions<unknown> {
    const { face } = this.#options.workload;
    return { gte: face.key(key), lt: face.key(end) };
  }

  /**
   * Imports entries, which may take no sequence number, one, or one for each. What was written
   * before comes before them.
   */
  async #import(
    { entries }: Operation & { kind: "import" },
  ): Promise<void> {
    const { history, workload: { face } } = this.#options;
    const before = this.#db.stats().lastSequence;
    const source = entries.map(([key, value]) =>
      [face.key(key), face.value(value)] as const
    );
    const commit = history.issue(entries, {
      lastSequence: [before, before + 1, before + entries.length],
      call: this.#call,
    });
    let segments = 0;
    const isDone = await this.#attempt(async () => {
      const result = await this.#db.importFrom(source, { sorted: true });
      segments = result.segments;
    });
    if (!isDone) {
      // Whether it is there only the next open tells.
      this.#isOver = true;
      return;
    }
    const { lastSequence } = this.#db.stats();
    // The number that segments take is for snapshots: it need not last.
    history.setLastSequences(
      commit,
      segments > 0 ? [before, lastSequence] : [lastSequence],
    );
    history.acknowledgeSync(commit, this.#call);
  }

  /** Makes durable, in one way or another, all that was issued before. */
  async #settle(kind: "sync" | "flush" | "compact"): Promise<void> {
    const { history } = this.#options;
    const { last } = history;
    const hadFailed = this.#hasFailed;
    const isDone = await this.#attempt(() => this.#db[kind]());
    if (!isDone) return;
    if (hadFailed) violate(`${kind} succeeded after a write had failed`);
    history.acknowledgeSync(last, this.#call);
  }

  /** Closes the store, with what is under way, and opens it again. */
  async #reopen(): Promise<void> {
    const { history, storage, workload } = this.#options;
    await this.#close();
    if (this.#hasFailed) return;
    const isOpen = await this.#attempt(async () => {
      this.#db = await openStore(storage, workload);
    });
    if (!isOpen) return;
    this.#isClosed = false;
    this.#views = new Views(this.#db, workload.face);
    const { lastSequence } = this.#db.stats();
    if (
      !history.commitsAt(lastSequence).includes(history.last) && !this.#mayFail
    ) {
      violate(`reopening found write ${lastSequence} to be the last`);
    }
  }

  /**
   * Does something that may fail where the storage may, and says whether it has not. Reads go on
   * whatever became of writes.
   */
  async #attempt(work: () => unknown, isRead = false): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (this.#isExpected(error, isRead)) return false;
      throw error;
    }
  }

  #isExpected(error: unknown, isRead: boolean): boolean {
    const isClosed = error instanceof KvError && error.code === "KV_CLOSED";
    if (isClosed && this.#isClosed) return true;
    if (!this.#mayFail) return false;
    assertIoError(error);
    const hasFailedToRead = error instanceof KvIoError &&
      READS.includes(error.operation);
    if (isRead && !hasFailedToRead) violate(`a read was refused: ${error}`);
    if (!hasFailedToRead) this.#hasFailed = true;
    return true;
  }
}

function assertIoError(error: unknown): void {
  const isIoError = error instanceof KvError &&
    (error.code === "KV_IO" || error.code === "KV_POISONED");
  if (!isIoError) throw error;
}

function assertAllClosed({ openFiles }: FaultStorage): void {
  if (openFiles.length > 0) violate(`open after close: ${openFiles}`);
}
