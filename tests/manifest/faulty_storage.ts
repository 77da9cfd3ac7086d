import { KvIoError } from "../../src/errors.ts";
import type { Awaitable } from "../../src/storage/awaitable.ts";
import type {
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../src/storage/storage.ts";

/** What a storage does at one call, counted from 1. */
export interface Fault {
  readonly call: number;
  /** `before`: the call fails and does nothing. `after`: it does its work and fails all the same. `torn`: an append does half. */
  readonly moment: "before" | "after" | "torn";
  /** Whether every later call fails too, as after a crash. */
  readonly isCrash: boolean;
}

interface Inode {
  bytes: Uint8Array;
  synced: number;
}

type Change =
  | { readonly bind: string; readonly inode: Inode; readonly unbind?: string }
  | { readonly unbind: string };

/** What of a file survives a crash. */
export type Survival = "synced" | "written" | "torn" | "zeroed";

/** A storage in memory that fails on demand and knows what a crash could leave of it. */
export class FaultyStorage implements Storage {
  readonly location = "memory";
  readonly synchronous: boolean;
  readonly #names = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #pending: Change[] = [];
  /** Calls so far. */
  calls = 0;
  /** Files that are open. */
  openFiles = 0;
  fault: Fault | undefined;

  constructor(synchronous = true) {
    this.synchronous = synchronous;
  }

  /** Puts a file there, durably. */
  plant(name: string, bytes: Uint8Array): void {
    const inode = { bytes, synced: bytes.length };
    this.#names.set(name, inode);
    this.#durable.set(name, inode);
  }

  content(name: string): Uint8Array | undefined {
    return this.#names.get(name)?.bytes;
  }

  lock(): Awaitable<StorageLock> {
    return this.#answer(() => ({ release: () => {} }));
  }

  list(): Awaitable<string[]> {
    return this.#answer(() => [...this.#names.keys()]);
  }

  open(name: string): Awaitable<ReadableFile> {
    return this.#answer(() => {
      const { bytes } = this.#existing("open", name);
      this.openFiles++;
      return {
        size: bytes.length,
        readAt: (target: Uint8Array, position: number) =>
          this.#answer(() => {
            if (position + target.length > bytes.length) {
              throw new KvIoError("read", name, "other");
            }
            target.set(bytes.subarray(position, position + target.length));
          }),
        close: () => this.#answer(() => void this.openFiles--),
      };
    });
  }

  create(name: string): Awaitable<WritableFile> {
    return this.#answer(() => {
      if (this.#names.has(name)) throw new KvIoError("create", name, "exists");
      const inode: Inode = { bytes: new Uint8Array(0), synced: 0 };
      this.#change({ bind: name, inode });
      this.openFiles++;
      return {
        get size() {
          return inode.bytes.length;
        },
        append: (bytes: Uint8Array) => this.#append(inode, bytes),
        sync: () =>
          this.#answer(() => {
            inode.synced = inode.bytes.length;
          }),
        close: () => this.#answer(() => void this.openFiles--),
      };
    });
  }

  rename(from: string, to: string): Awaitable<void> {
    return this.#answer(() => {
      const inode = this.#existing("rename", from);
      this.#change({ bind: to, inode, unbind: from });
    });
  }

  remove(name: string): Awaitable<void> {
    return this.#answer(() => {
      this.#existing("remove", name);
      this.#change({ unbind: name });
    });
  }

  syncDirectory(): Awaitable<void> {
    return this.#answer(() => {
      for (const change of this.#pending) applyChange(this.#durable, change);
      this.#pending = [];
    });
  }

  /** Every state that a loss of power could leave: any part of the changed names, with what `survival` says of the bytes. */
  *survivors(survival: Survival): Generator<FaultyStorage> {
    for (let mask = 0; mask < 2 ** this.#pending.length; mask++) {
      const names = new Map(this.#durable);
      this.#pending.forEach((change, i) => {
        if (mask & (1 << i)) applyChange(names, change);
      });
      const image = new FaultyStorage(this.synchronous);
      for (const [name, inode] of names) {
        image.plant(name, survivingBytes(inode, survival));
      }
      yield image;
    }
  }

  #append(inode: Inode, bytes: Uint8Array): Awaitable<void> {
    const half = Uint8Array.from([
      ...inode.bytes,
      ...bytes.subarray(0, bytes.length >>> 1),
    ]);
    return this.#answer(
      () => {
        inode.bytes = Uint8Array.from([...inode.bytes, ...bytes]);
      },
      () => {
        inode.bytes = half;
      },
    );
  }

  #existing(operation: string, name: string): Inode {
    const inode = this.#names.get(name);
    if (inode === undefined) throw new KvIoError(operation, name, "missing");
    return inode;
  }

  #change(change: Change): void {
    applyChange(this.#names, change);
    this.#pending.push(change);
  }

  #answer<T>(work: () => T, tornWork?: () => void): Awaitable<T> {
    const run = () => this.#run(work, tornWork);
    return this.synchronous ? run() : Promise.resolve().then(run);
  }

  #run<T>(work: () => T, tornWork?: () => void): T {
    this.calls++;
    const { fault } = this;
    if (fault === undefined || this.calls < fault.call) return work();
    if (this.calls === fault.call) {
      if (fault.moment === "after") workUnheard(work);
      if (fault.moment === "torn") tornWork?.();
    } else if (!fault.isCrash) {
      return work();
    }
    throw new KvIoError("use", "storage", "other");
  }
}

/** Does the work, whose own failure the fault takes the place of. */
function workUnheard(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof KvIoError)) throw error;
  }
}

function applyChange(names: Map<string, Inode>, change: Change): void {
  if (change.unbind !== undefined) names.delete(change.unbind);
  if ("bind" in change) names.set(change.bind, change.inode);
}

function survivingBytes({ bytes, synced }: Inode, survival: Survival) {
  switch (survival) {
    case "synced":
      return bytes.slice(0, synced);
    case "written":
      return bytes.slice();
    case "torn":
      return bytes.slice(0, (synced + bytes.length) >>> 1);
    case "zeroed":
      return bytes.map((byte, i) => i < synced ? byte : 0);
  }
}
