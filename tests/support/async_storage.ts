import type {
  Awaitable,
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../src/storage/storage.ts";

/** Answers every call of another storage later, with a promise, as a remote one does. */
export class AsyncStorage implements Storage {
  readonly synchronous = false;
  readonly location: string;
  readonly #inner: Storage;

  constructor(inner: Storage) {
    this.#inner = inner;
    this.location = inner.location;
  }

  lock(options: LockOptions): Promise<StorageLock> {
    return later(async () => {
      const lock = await this.#inner.lock(options);
      return { release: () => later(() => lock.release()) };
    });
  }

  list(): Promise<string[]> {
    return later(() => this.#inner.list());
  }

  open(name: string): Promise<ReadableFile> {
    return later(async () =>
      new AsyncReadableFile(await this.#inner.open(name))
    );
  }

  create(name: string): Promise<WritableFile> {
    return later(async () =>
      new AsyncWritableFile(await this.#inner.create(name))
    );
  }

  rename(from: string, to: string): Promise<void> {
    return later(() => this.#inner.rename(from, to));
  }

  remove(name: string): Promise<void> {
    return later(() => this.#inner.remove(name));
  }

  syncDirectory(): Promise<void> {
    return later(() => this.#inner.syncDirectory());
  }
}

class AsyncReadableFile implements ReadableFile {
  readonly size: number;
  readonly #inner: ReadableFile;

  constructor(inner: ReadableFile) {
    this.#inner = inner;
    this.size = inner.size;
  }

  readAt(target: Uint8Array, position: number): Promise<void> {
    return later(() => this.#inner.readAt(target, position));
  }

  close(): Promise<void> {
    return later(() => this.#inner.close());
  }
}

class AsyncWritableFile implements WritableFile {
  readonly #inner: WritableFile;

  constructor(inner: WritableFile) {
    this.#inner = inner;
  }

  get size(): number {
    return this.#inner.size;
  }

  append(bytes: Uint8Array): Promise<void> {
    return later(() => this.#inner.append(bytes));
  }

  sync(): Promise<void> {
    return later(() => this.#inner.sync());
  }

  close(): Promise<void> {
    return later(() => this.#inner.close());
  }
}

/** Does the work after a macrotask, so that callers meet every interleaving. */
async function later<T>(work: () => Awaitable<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  return await work();
}
