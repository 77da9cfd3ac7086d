import type { MemoryStorage } from "../../src/storage/memory.ts";
import type { ReadableFile, Storage } from "../../src/storage/storage.ts";

/** A storage in which one file seems to end after `cut` bytes. */
export class CutStorage implements Storage {
  readonly location = "cut";
  readonly synchronous = true;
  readonly #inner: MemoryStorage;
  readonly #name: string;
  cut: number;

  constructor(inner: MemoryStorage, name: string, cut: number) {
    this.#inner = inner;
    this.#name = name;
    this.cut = cut;
  }

  async open(name: string): Promise<ReadableFile> {
    const file = await this.#inner.open(name);
    const size = name === this.#name
      ? Math.min(file.size, this.cut)
      : file.size;
    return {
      size,
      readAt: (target, position) => file.readAt(target, position),
      close: () => file.close(),
    };
  }

  list(): ReturnType<Storage["list"]> {
    return this.#inner.list();
  }

  lock(): never {
    throw new Error("a follower takes no lock");
  }

  create(): never {
    throw new Error("a follower writes nothing");
  }

  rename(): never {
    throw new Error("a follower renames nothing");
  }

  remove(): never {
    throw new Error("a follower removes nothing");
  }

  syncDirectory(): never {
    throw new Error("a follower has nothing to sync");
  }
}
