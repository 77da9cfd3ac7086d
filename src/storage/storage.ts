/**
 * The storage adapter: all that the engine asks of the place where its files lie.
 *
 * @module
 */
import type { Awaitable } from "./awaitable.ts";

export type { Awaitable };

/**
 * A flat, named set of files that one engine owns while it holds the lock.
 *
 * Rules that hold for every method:
 * - It answers with a value or with a promise of it, and reports failure by throwing or rejecting
 *   with a {@linkcode KvIoError} (`failure` says why: a missing file is `"missing"`, an existing
 *   one `"exists"`, no space left `"full"`, no permission `"denied"`).
 * - Names are plain file names: no separators, never empty, and always made by the engine.
 * - Calls for different files may overlap; on one file the engine waits for each answer before it
 *   writes again.
 *
 * @example A storage of your own
 * ```ts
 * import { open, type Storage } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assert } from "@std/assert";
 *
 * // Tells what is made durable, and leaves the rest to another storage.
 * let syncs = 0;
 * const inner = new MemoryStorage();
 * const storage: Storage = {
 *   location: "counted memory",
 *   synchronous: true,
 *   lock: (options) => inner.lock(options),
 *   list: () => inner.list(),
 *   open: (name) => inner.open(name),
 *   create(name) {
 *     const file = inner.create(name);
 *     return {
 *       get size() {
 *         return file.size;
 *       },
 *       append: (bytes) => file.append(bytes),
 *       sync() {
 *         syncs++;
 *         return file.sync();
 *       },
 *       close: () => file.close(),
 *     };
 *   },
 *   rename: (from, to) => inner.rename(from, to),
 *   remove: (name) => inner.remove(name),
 *   syncDirectory: () => inner.syncDirectory(),
 * };
 * await using db = await open(storage);
 * await db.put("a", "1");
 * assert(syncs > 0);
 * ```
 */
export interface Storage {
  /** Where the files lie, for messages, for example the path of the folder. */
  readonly location: string;

  /**
   * Whether `list`, `open`, `readAt` and `close` always answer with a value, never with a promise.
   * `getSync` and `scanSync` need that. Writing methods may answer with a promise all the same.
   */
  readonly synchronous: boolean;

  /**
   * Absolute path of the folder, where the files are plain files in one: then a worker can open
   * them by itself, and flush and compaction leave the event loop.
   */
  readonly localFolder?: string;

  /**
   * Takes the store for this engine alone, or, with `shared`, together with other readers.
   *
   * An exclusive lock creates the location if it is missing, durably. It is refused with
   * {@linkcode KvLockedError} while any other engine of any process or runtime holds a lock; a
   * shared one while an exclusive one is held. A process that dies, however it dies, lets go of its
   * locks. A shared lock writes nothing and works on read-only file systems.
   */
  lock(options: LockOptions): Awaitable<StorageLock>;

  /**
   * Names of the files there are, in no order, without those that the lock itself needs. Empty if
   * the location does not exist.
   */
  list(): Awaitable<string[]>;

  /**
   * Opens an existing file for reading. Refuses what is not a regular file, such as a symbolic
   * link.
   */
  open(name: string): Awaitable<ReadableFile>;

  /**
   * Creates a file for appending; it must not exist. Its name is durable only after
   * {@linkcode Storage.syncDirectory}.
   */
  create(name: string): Awaitable<WritableFile>;

  /**
   * Gives a file that is never written to again a second name, the same one, in another storage: a
   * hard link. Answers false, and has changed nothing, where that cannot be done: the file has to
   * be copied then. Durable only after `syncDirectory` of `target`.
   */
  linkTo?(name: string, target: Storage): Awaitable<boolean>;

  /**
   * Renames a file atomically, replacing the target if it exists. Durable only after
   * {@linkcode Storage.syncDirectory}.
   */
  rename(from: string, to: string): Awaitable<void>;

  /**
   * Removes a file. Readers that have it open may go on reading. Durable only after
   * {@linkcode Storage.syncDirectory}.
   */
  remove(name: string): Awaitable<void>;

  /**
   * Makes durable every create, rename and remove that came before. A no-op where the platform
   * cannot.
   */
  syncDirectory(): Awaitable<void>;
}

/** What kind of lock an engine asks for. */
export interface LockOptions {
  /** `true`: any number of readers at once, and no writer; `false`: one engine alone. */
  readonly shared: boolean;
}

/** A lock that is held until it is released. */
export interface StorageLock {
  /**
   * Optional: throws {@linkcode KvError} `KV_LOCKED` if somebody else has taken the lock although
   * it was not let go of. An engine asks before it changes names and before it acknowledges writes.
   * For storage that answers at once.
   */
  assertHeld?(): void;

  /** Lets go. A second call does nothing. */
  release(): Awaitable<void>;
}

/** A file opened for reading. Any number of reads may be under way at once. */
export interface ReadableFile {
  /** Size of the file in bytes when it was opened. */
  readonly size: number;

  /**
   * Fills `target` whole with the bytes from `position` on. Reading past the end is refused with a
   * {@linkcode KvIoError}: nothing is ever filled in part and reported as success.
   */
  readAt(target: Uint8Array, position: number): Awaitable<void>;

  /** Lets go of the file. A second call does nothing. */
  close(): Awaitable<void>;
}

/** A file opened for appending. */
export interface WritableFile {
  /** Bytes appended so far. */
  readonly size: number;

  /**
   * Appends all of `bytes`, looping over short writes. When it fails, any part of them may have
   * reached the file. Afterwards the bytes survive this process, but not yet a loss of power.
   * `bytes` must not change until the answer.
   */
  append(bytes: Uint8Array): Awaitable<void>;

  /**
   * Makes room for the next appends: `bytes` zeros behind the end, which appends then take the
   * place of, from the end on. A sync has less to do where the file does not grow. `size` does not
   * count the room; a size that is found when the file is opened does. That it fails is no harm.
   * Leave it out where files cannot be written in place, or where no sooner than a sync is it told
   * that a disk is full.
   */
  reserve?(bytes: number): Awaitable<void>;

  /**
   * Makes durable all that was appended before the call. After a failure nothing can be said of
   * those bytes, and no later call may claim otherwise.
   */
  sync(): Awaitable<void>;

  /** Lets go of the file without syncing it. A second call does nothing. */
  close(): Awaitable<void>;
}
