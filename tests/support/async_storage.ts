import type {
  Awaitable,
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../src/storage/storage.ts";

/** How long a call takes: resolves when its work may be done. */
export type Latency = () => Promise<void>;

/** Answers every call of another storage later, with a promise, as a remote one does. */
export class AsyncStorage implements Storage {
  readonly synchronous = false;
  readonly location: string;
  readonly #inner: Storage;
  readonly #latency: Latency;

  /** @param latency By default a macrotask, so that callers meet every interleaving. */
  constructor(inner: Storage, latency: Latency = macrotask) {
    this.#inner = inner;
    this.#latency = latency;
    this.location = inner.location;
  }

  lock(options: LockOptions): Promise<StorageLock> {
    return this.#later(async () => {
      const lock = await this.#inner.lock(options);
      return { release: () => this.#later(() => lock.release()) };
    });
  }

  list(): Promise<string[]> {
    return this.#later(() => this.#inner.list());
  }

  open(name: string): Promise<ReadableFile> {
    return this.#later(async () =>
      new AsyncReadableFile(await this.#inner.open(name), this.#latency)
    );
  }

  create(name: string): Promise<WritableFile> {
    return this.#later(async () =>
      new AsyncWritableFile(await this.#inner.create(name), this.#latency)
    );
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later(() => this.#inner.rename(from, to));
  }

  remove(name: string): Promise<void> {
    return this.#later(() => this.#inner.remove(name));
  }

  syncDirectory(): Promise<void> {
    return this.#later(() => this.#inner.syncDirectory());
  }

  #later<T>(work: () => Awaitable<T>): Promise<T> {
    return later(this.#latency, work);
  }
}

class AsyncReadableFile implements ReadableFile {
  readonly size: number;
  readonly #inner: ReadableFile;
  readonly #latency: Latency;

  constructor(inner: ReadableFile, latency: Latency) {
    this.#inner = inner;
    this.#latency = latency;
    this.size = inner.size;
  }

  readAt(target: Uint8Array, position: number): Promise<void> {
    return later(this.#latency, () => this.#inner.readAt(target, position));
  }

  close(): Promise<void> {
    return later(this.#latency, () => this.#inner.close());
  }
}

class AsyncWritableFile implements WritableFile {
  readonly reserve?: (bytes: number) => Promise<void>;
  readonly #inner: WritableFile;
  readonly #latency: Latency;

  constructor(inner: WritableFile, latency: Latency) {
    this.#inner = inner;
    this.#latency = latency;
    const reserve = inner.reserve?.bind(inner);
    if (reserve === undefined) return;
    this.reserve = (bytes) => later(latency, () => reserve(bytes));
  }

  get size(): number {
    return this.#inner.size;
  }

  append(bytes: Uint8Array): Promise<void> {
    return later(this.#latency, () => this.#inner.append(bytes));
  }

  sync(): Promise<void> {
    return later(this.#latency, () => this.#inner.sync());
  }

  close(): Promise<void> {
    return later(this.#latency, () => this.#inner.close());
  }
}

async function later<T>(
  latency: Latency,
  work: () => Awaitable<T>,
): Promise<T> {
  await latency();
  return await work();
}

async function macrotask(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}
