import { KvIoError } from "../../errors.ts";
import { type Awaitable, isPending } from "../../storage/awaitable.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../storage/storage.ts";

/**
 * A storage of which two things are made sure:
 *
 * - No name is changed once the lock is lost: the files are those of another engine then.
 * - Its directory is not synced again once a sync of it has failed. Logs, flushes, compactions and
 *   the manifest share the directory: the sync that fails for one of them may have let go of names
 *   that the others have made and not synced yet, and theirs would succeed without them.
 */
export class GuardedStorage implements Storage {
  readonly location: string;
  readonly synchronous: boolean;
  readonly localFolder?: string;
  readonly linkTo?: NonNullable<Storage["linkTo"]>;
  readonly #inner: Storage;
  readonly #lock: StorageLock;
  #failure: { readonly error: unknown } | undefined;

  constructor(inner: Storage, lock: StorageLock) {
    this.#inner = inner;
    this.#lock = lock;
    this.location = inner.location;
    this.synchronous = inner.synchronous;
    if (inner.localFolder !== undefined) this.localFolder = inner.localFolder;
    if (inner.linkTo !== undefined) this.linkTo = inner.linkTo.bind(inner);
  }

  /** Why a sync of the directory has failed, if one has. */
  get directoryFailure(): unknown {
    return this.#failure?.error;
  }

  lock(options: LockOptions): Awaitable<StorageLock> {
    return this.#inner.lock(options);
  }

  list(): Awaitable<string[]> {
    return this.#inner.list();
  }

  open(name: string): Awaitable<ReadableFile> {
    return this.#inner.open(name);
  }

  create(name: string): Awaitable<WritableFile> {
    this.#lock.assertHeld?.();
    return this.#inner.create(name);
  }

  rename(from: string, to: string): Awaitable<void> {
    this.#lock.assertHeld?.();
    return this.#inner.rename(from, to);
  }

  remove(name: string): Awaitable<void> {
    this.#lock.assertHeld?.();
    return this.#inner.remove(name);
  }

  syncDirectory(): Awaitable<void> {
    this.#assertSound();
    let answer: Awaitable<void>;
    try {
      answer = this.#inner.syncDirectory();
    } catch (error) {
      return this.#fail(error);
    }
    if (!isPending(answer)) return;
    // Another one may have failed meanwhile.
    return answer.then(() => this.#assertSound(), (error) => this.#fail(error));
  }

  #fail(error: unknown): never {
    this.#failure ??= { error };
    throw error;
  }

  #assertSound(): void {
    if (this.#failure === undefined) return;
    const cause = new Error("an earlier sync of it failed", {
      cause: this.#failure.error,
    });
    throw new KvIoError("syncDirectory", "", "other", { cause });
  }
}
