/**
 * The storage adapter: everything the engine needs from the place that holds its files.
 *
 * @module
 */
import type { Awaitable } from "./awaitable.ts";

export type { Awaitable };

/**
 * A flat, named set of files that one engine owns while it holds the lock.
 *
 * Rules for every method:
 * - It returns a value or a promise of one, and reports failure by throwing or rejecting with a
 *   {@linkcode KvIoError} (`failure` says why: a missing file is `"missing"`, an existing one
 *   `"exists"`, no space left `"full"`, no permission `"denied"`).
 * - Names are plain file names: no separators, never empty, and always made by the engine.
 * - Calls for different files may overlap; on one file the engine waits for each result before it
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
  /** Where the files are, for error messages, such as the path of the folder. */
  readonly location: string;

  /**
   * Whether `list`, `open`, `readAt` and `close` always return a value, never a promise. `getSync`
   * and `scanSync` need that. Writing methods may return a promise regardless.
   */
  readonly synchronous: boolean;

  /**
   * Absolute path of the folder, if the files are plain files in one: a worker can then open them
   * itself, which takes flush and compaction off the event loop.
   */
  readonly localFolder?: string;

  /**
   * Locks the store for this engine alone or, with `shared`, together with other readers.
   *
   * An exclusive lock creates the location durably if it is missing. It is refused with
   * {@linkcode KvLockedError} while any other engine of any process or runtime holds a lock; a
   * shared one while an exclusive one is held. A process that dies, however it dies, releases its
   * locks. A shared lock writes nothing and works on read-only file systems.
   */
  lock(options: LockOptions): Awaitable<StorageLock>;

  /**
   * Names of all files, in no particular order, without those that the lock itself needs. Empty if
   * the location does not exist.
   */
  list(): Awaitable<string[]>;

  /**
   * Opens an existing file for reading. Refuses anything but a regular file, such as a symbolic
   * link.
   */
  open(name: string): Awaitable<ReadableFile>;

  /**
   * Creates a file for appending; it must not exist. Its name is durable only after
   * {@linkcode Storage.syncDirectory}.
   */
  create(name: string): Awaitable<WritableFile>;

  /**
   * Hard-links a file that is never written to again into another storage, under the same name.
   * Returns false, having changed nothing, if that is not possible; the file must then be copied.
   * Durable only after `syncDirectory` of `target`.
   */
  linkTo?(name: string, target: Storage): Awaitable<boolean>;

  /**
   * Renames a file atomically, replacing the target if it exists. Durable only after
   * {@linkcode Storage.syncDirectory}.
   */
  rename(from: string, to: string): Awaitable<void>;

  /**
   * Removes a file. Readers that have it open can continue reading. Durable only after
   * {@linkcode Storage.syncDirectory}.
   */
  remove(name: string): Awaitable<void>;

  /** Makes all earlier creates, renames and removes durable. A no-op where the platform cannot. */
  syncDirectory(): Awaitable<void>;
}

/** The kind of lock requested. */
export interface LockOptions {
  /** `true`: any number of readers and no writer; `false`: a single engine. */
  readonly shared: boolean;
}

/** A lock, held until it is released. */
export interface StorageLock {
  /**
   * Optional: throws {@linkcode KvError} `KV_LOCKED` if somebody else has taken the lock although
   * it was not let go of. An engine asks before it changes names and before it acknowledges writes.
   * For storage that answers at once.
   */
  assertHeld?(): void;

  /** Releases the lock. A second call does nothing. */
  release(): Awaitable<void>;
}

/** A file opened for reading. Any number of reads may be in progress at once. */
export interface ReadableFile {
  /** Size of the file in bytes when it was opened. */
  readonly size: number;

  /**
   * Fills all of `target` with the bytes from `position` on. Reading past the end fails with a
   * {@linkcode KvIoError}: a partial read is never reported as success.
   */
  readAt(target: Uint8Array, position: number): Awaitable<void>;

  /** Closes the file. A second call does nothing. */
  close(): Awaitable<void>;
}

/** A file opened for appending. */
export interface WritableFile {
  /** Bytes appended so far. */
  readonly size: number;

  /**
   * Appends all of `bytes`, looping over short writes. If it fails, any part of them may have
   * reached the file. Afterwards the bytes survive this process, but not yet a power failure.
   * `bytes` must not change until the call has finished.
   */
  append(bytes: Uint8Array): Awaitable<void>;

  /**
   * Preallocates space for the next appends: `bytes` zeros after the end, which appends then
   * overwrite. A sync is cheaper if the file does not grow. `size` does not count this space; the
   * size found when the file is opened does. Failure is harmless. Omit it if files cannot be
   * overwritten in place, or a full disk is reported only by sync.
   */
  reserve?(bytes: number): Awaitable<void>;

  /**
   * Makes everything appended before the call durable. After a failure the state of those bytes is
   * unknown, and no later call may claim otherwise.
   */
  sync(): Awaitable<void>;

  /** Closes the file without syncing it. A second call does nothing. */
  close(): Awaitable<void>;
}
