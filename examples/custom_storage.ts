// Shows a storage of one's own: it keeps its files in another storage, answers
// every call late, as a service across a network does, and counts what the
// engine asks of it.
//
//   deno run examples/custom_storage.ts
//   bun examples/custom_storage.ts
//   node examples/custom_storage.ts
//
// In a project of your own:
//
//   import { open, type Storage } from "@purekv/purekv";
//   import { MemoryStorage } from "@purekv/purekv/memory";
import {
  type Awaitable,
  KvError,
  type LockOptions,
  open,
  type ReadableFile,
  type Storage,
  type StorageLock,
  type WritableFile,
} from "../mod.ts";
import { MemoryStorage } from "../src/storage/memory.ts";

/**
 * What the contract asks for (files that are appended to, names that are
 * replaced as a whole, a lock, errors of class `KvIoError`) the storage behind
 * it does. This one must not weaken it: it answers only after that storage has,
 * hands every error on, and sees to it that calls keep their order.
 */
class LateStorage implements Storage {
  /** Its answers are promises: `getSync` and `scanSync` are not to be had. */
  readonly synchronous = false;
  readonly location: string;
  /** How often each method was called. */
  readonly calls = new Map<string, number>();
  readonly #inner: Storage;
  readonly #delayMs: number;

  constructor(inner: Storage, delayMs: number) {
    this.#inner = inner;
    this.#delayMs = delayMs;
    this.location = `late ${inner.location}`;
  }

  async lock(options: LockOptions): Promise<StorageLock> {
    const lock = await this.#late("lock", () => this.#inner.lock(options));
    return { release: () => this.#late("release", () => lock.release()) };
  }

  list(): Promise<string[]> {
    return this.#late("list", () => this.#inner.list());
  }

  async open(name: string): Promise<ReadableFile> {
    const file = await this.#late("open", () => this.#inner.open(name));
    return {
      size: file.size,
      readAt: (target, position) =>
        this.#late("readAt", () => file.readAt(target, position)),
      close: () => this.#late("close", () => file.close()),
    };
  }

  async create(name: string): Promise<WritableFile> {
    const file = await this.#late("create", () => this.#inner.create(name));
    return {
      get size(): number {
        return file.size;
      },
      append: (bytes) => this.#late("append", () => file.append(bytes)),
      sync: () => this.#late("sync", () => file.sync()),
      close: () => this.#late("close", () => file.close()),
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#late("rename", () => this.#inner.rename(from, to));
  }

  remove(name: string): Promise<void> {
    return this.#late("remove", () => this.#inner.remove(name));
  }

  syncDirectory(): Promise<void> {
    return this.#late("syncDirectory", () => this.#inner.syncDirectory());
  }

  async #late<T>(method: string, work: () => Awaitable<T>): Promise<T> {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    return await work();
  }
}

const storage = new LateStorage(new MemoryStorage(), 2);
{
  await using db = await open(storage);
  storage.calls.clear();

  // Writes that wait at the same time share one append and one sync.
  const puts: Promise<void>[] = [];
  for (let i = 0; i < 1_000; i++) puts.push(db.put(`key${i}`, `value${i}`));
  await Promise.all(puts);
  console.log("1,000 puts at once:", describeCalls());

  for (let i = 0; i < 10; i++) await db.put(`key${i}`, "again");
  console.log("10 puts one by one:", describeCalls());

  await db.flush();
  console.log("a flush:", describeCalls());

  console.log("key7:", await db.get("key7"), "-", describeCalls());
  console.log("key7:", await db.get("key7"), "-", describeCalls());
  try {
    db.getSync("key7");
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    console.log("getSync:", error.code);
  }
}
await using db = await open(storage);
console.log("after reopening, key999:", await db.get("key999"));

/** The calls since the last time this was asked. */
function describeCalls(): string {
  const calls = [...storage.calls].map(([method, n]) => `${n} ${method}`);
  storage.calls.clear();
  return calls.join(", ") || "no calls";
}
