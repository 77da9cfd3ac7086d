import { type Awaitable, chain, isPending } from "../../storage/awaitable.ts";
import type { Storage } from "../../storage/storage.ts";
import type { LoggedTable } from "../state/logged_table.ts";
import type { Tables } from "../state/tables.ts";
import type { VersionSet } from "../state/version_set.ts";

/**
 * How often it is asked whether the lock is held while nothing is synced, in milliseconds: it takes
 * as long as an append of one record, on a slow machine 3 to 5 us.
 */
const LOCK_CHECK_MS = 10;

/** What a {@linkcode LogCommitter} works on. */
export interface LogCommitterOptions {
  readonly storage: Storage;
  readonly tables: Tables;
  readonly versions: VersionSet;
  /** Sequence number of the last write that was recovered. */
  readonly lastSequence: number;
  /** Throws if another engine has the files by now. */
  readonly assertHeld: () => void;
}

/** Brings the records of MemTables to their logs, and logs to the medium. */
export class LogCommitter {
  /** What has been done so far. */
  readonly counts = { bytesWritten: 0, commits: 0, syncs: 0 };
  #takenBytes = 0;
  readonly #storage: Storage;
  readonly #tables: Tables;
  readonly #versions: VersionSet;
  readonly #assertHeld: () => void;
  #lockCheckedMs = -Infinity;
  /** Whether another engine has the files: what was written last may be in none of its own. */
  isLockLost = false;
  /** Writes up to this one are in logs. */
  #appendedSequence: number;
  /** Writes up to this one are durable. */
  #durableSequence: number;

  constructor(options: LogCommitterOptions) {
    this.#storage = options.storage;
    this.#tables = options.tables;
    this.#versions = options.versions;
    this.#assertHeld = options.assertHeld;
    this.#appendedSequence = options.lastSequence;
    this.#durableSequence = options.versions.flushedSequence;
  }

  /**
   * Creates the log of a table and names it in the manifest, before anything is appended: if the
   * file is ever missing or empty, that is damage, and not the end of the history.
   */
  createLog(table: LoggedTable): Awaitable<void> {
    const logs = () => this.#tables.liveLogs(0);
    return chain(
      table.createLog(this.#storage),
      () => this.#versions.change({ logs }),
    );
  }

  /** Bytes that were appended since this was asked last. */
  takeAppendedBytes(): number {
    const taken = this.#takenBytes;
    this.#takenBytes = this.counts.bytesWritten;
    return this.#takenBytes - taken;
  }

  /** Appends all records that are not yet in a log. */
  append(): Awaitable<void> {
    const unwritten = this.#tables.all.filter(({ table }) =>
      table.arena.hasUnwritten
    );
    if (unwritten.length === 0) return;
    const appended = this.#appendEach(unwritten, 0);
    return isPending(appended)
      ? appended.then(() => this.#checkLock())
      : this.#checkLock();
  }

  #checkLock(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lockCheckedMs < LOCK_CHECK_MS) return;
    this.#lockCheckedMs = nowMs;
    this.#assertLock();
  }

  #assertLock(): void {
    try {
      this.#assertHeld();
    } catch (error) {
      this.isLockLost = true;
      throw error;
    }
  }

  #appendEach(tables: readonly LoggedTable[], index: number): Awaitable<void> {
    const table = tables[index];
    if (table === undefined) return;
    if (!table.hasLog) {
      return chain(
        this.createLog(table),
        () => this.#appendEach(tables, index),
      );
    }
    const { lastSequence } = table.table;
    const bytesBefore = table.logBytes;
    const durable = Math.max(
      this.#durableSequence,
      this.#versions.flushedSequence,
    );
    return chain(table.appendUnwritten(durable), () => {
      this.#appendedSequence = lastSequence;
      this.counts.commits++;
      this.counts.bytesWritten += table.logBytes - bytesBefore;
      return this.#appendEach(tables, index + 1);
    });
  }

  /**
   * Makes durable all that was appended; older logs first: a newer write is never durable without
   * the older ones.
   */
  sync(): Awaitable<void> {
    const upTo = this.#appendedSequence;
    const unsynced = this.#tables.all.filter((table) => !table.isSynced);
    return chain(this.#syncEach(unsynced, 0), () => {
      // Only now: whoever takes the files after this reads what was synced.
      if (unsynced.length > 0) this.#assertLock();
      this.#durableSequence = upTo;
    });
  }

  #syncEach(tables: readonly LoggedTable[], index: number): Awaitable<void> {
    const table = tables[index];
    if (table === undefined) return;
    this.counts.syncs++;
    return chain(table.sync(), () => this.#syncEach(tables, index + 1));
  }
}
