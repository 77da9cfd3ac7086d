import { chain, isPending } from "../../src/storage/awaitable.ts";
import type {
  Awaitable,
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../src/storage/storage.ts";

/**
 * Holds an engine to its side of the storage contract: whatever it does that the contract forbids
 * throws where it does it and is kept in {@linkcode WatchedStorage.violations}, so that an engine
 * that swallows errors does not hide it.
 */
export class WatchedStorage implements Storage {
  readonly location: string;
  readonly synchronous: boolean;
  readonly localFolder?: string;
  /** What the engine should not have done. */
  readonly violations: string[] = [];
  readonly #inner: Storage;
  readonly #open = new Set<WatchedFile>();
  #locks = 0;

  /** @param localFolder Lets workers open the files of this folder, unwatched. */
  constructor(inner: Storage, localFolder?: string) {
    this.#inner = inner;
    this.location = inner.location;
    this.synchronous = inner.synchronous;
    if (localFolder !== undefined) this.localFolder = localFolder;
  }

  /** Names of the files that are open, one for each time. */
  get openFiles(): string[] {
    return [...this.#open].map(({ name }) => name).sort();
  }

  lock(options: LockOptions): Awaitable<StorageLock> {
    return chain(this.#inner.lock(options), (lock) => {
      this.#locks++;
      let isReleased = false;
      const release = () => {
        if (!isReleased) this.#locks--;
        isReleased = true;
        return lock.release();
      };
      return { release };
    });
  }

  list(): Awaitable<string[]> {
    return this.#inner.list();
  }

  open(name: string): Awaitable<ReadableFile> {
    this.#assertLocked(`open ${name}`);
    return chain(
      this.#inner.open(name),
      (file) => this.#watch(new WatchedReadableFile(name, this, file)),
    );
  }

  create(name: string): Awaitable<WritableFile> {
    this.#assertLocked(`create ${name}`);
    return chain(
      this.#inner.create(name),
      (file) => this.#watch(new WatchedWritableFile(name, this, file)),
    );
  }

  rename(from: string, to: string): Awaitable<void> {
    this.#assertLocked(`rename ${from}`);
    return this.#inner.rename(from, to);
  }

  remove(name: string): Awaitable<void> {
    this.#assertLocked(`remove ${name}`);
    return this.#inner.remove(name);
  }

  syncDirectory(): Awaitable<void> {
    this.#assertLocked("sync the directory");
    return this.#inner.syncDirectory();
  }

  /** Notes and throws what the contract forbids. */
  refuse(what: string): never {
    this.violations.push(what);
    throw new Error(`Storage contract broken: ${what}`);
  }

  /** Counts a file as closed. */
  forget(file: WatchedFile): void {
    this.#open.delete(file);
  }

  #watch<F extends WatchedFile>(file: F): F {
    this.#open.add(file);
    return file;
  }

  #assertLocked(what: string): void {
    if (this.#locks === 0) this.refuse(`${what} without the lock`);
  }
}

abstract class WatchedFile {
  readonly name: string;
  protected readonly storage: WatchedStorage;
  #isClosed = false;
  #pending = 0;

  constructor(name: string, storage: WatchedStorage) {
    this.name = name;
    this.storage = storage;
  }

  protected begin<T>(what: string, work: () => Awaitable<T>): Awaitable<T> {
    if (this.#isClosed) this.refuse(`${what} after close`);
    this.#pending++;
    const answer = work();
    if (isPending(answer)) return answer.finally(() => this.#pending--);
    this.#pending--;
    return answer;
  }

  protected refuseOverlap(what: string): void {
    if (this.#pending > 0) this.refuse(`${what} before an earlier answer`);
  }

  protected end(work: () => Awaitable<void>): Awaitable<void> {
    if (this.#isClosed) return;
    this.refuseOverlap("close");
    this.#isClosed = true;
    this.storage.forget(this);
    return work();
  }

  protected refuse(what: string): never {
    return this.storage.refuse(`${what} of ${this.name}`);
  }
}

class WatchedReadableFile extends WatchedFile implements ReadableFile {
  readonly size: number;
  readonly #inner: ReadableFile;

  constructor(name: string, storage: WatchedStorage, inner: ReadableFile) {
    super(name, storage);
    this.#inner = inner;
    this.size = inner.size;
  }

  readAt(target: Uint8Array, position: number): Awaitable<void> {
    return this.begin("read", () => this.#inner.readAt(target, position));
  }

  close(): Awaitable<void> {
    return this.end(() => this.#inner.close());
  }
}

class WatchedWritableFile extends WatchedFile implements WritableFile {
  readonly #inner: WritableFile;

  constructor(name: string, storage: WatchedStorage, inner: WritableFile) {
    super(name, storage);
    this.#inner = inner;
  }

  get size(): number {
    return this.#inner.size;
  }

  append(bytes: Uint8Array): Awaitable<void> {
    this.refuseOverlap("append");
    return this.begin("append", () => {
      const answer = this.#inner.append(bytes);
      if (!isPending(answer)) return answer;
      const before = bytes.slice();
      return answer.then(() => {
        if (bytes.some((byte, i) => byte !== before[i])) {
          this.refuse("change of bytes that wait to be appended");
        }
      });
    });
  }

  reserve(bytes: number): Awaitable<void> {
    this.refuseOverlap("reserve");
    return this.begin("reserve", () => this.#inner.reserve?.(bytes));
  }

  sync(): Awaitable<void> {
    this.refuseOverlap("sync");
    return this.begin("sync", () => this.#inner.sync());
  }

  close(): Awaitable<void> {
    return this.end(() => this.#inner.close());
  }
}
