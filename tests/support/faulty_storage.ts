import { KvIoError, KvLockedError } from "../../src/errors.ts";
import type { Awaitable } from "../../src/storage/awaitable.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../../src/storage/storage.ts";

/** What goes wrong. */
export interface Fault {
  /** The call that fails, by its number, counted from 1; or every call whose line in {@linkcode FaultyStorage.trace} matches. */
  readonly call: number | RegExp;
  /** `before`: the call fails and does nothing. `after`: it does its work and fails all the same. `torn`: an append does half. */
  readonly moment: "before" | "after" | "torn";
  /** Whether every later call fails too, as after a crash. */
  readonly isCrash: boolean;
}

/** The bytes of a file, however it is called. */
interface Inode {
  buffer: Uint8Array;
  size: number;
  /** Bytes from the start that are durable. */
  synced: number;
}

type Change =
  | { readonly bind: string; readonly inode: Inode; readonly unbind?: string }
  | { readonly unbind: string };

/** What of a file survives a loss of power. */
export type Survival = "synced" | "written" | "torn" | "zeroed";

/** A storage in memory that writes down what it is asked for, fails on demand and knows what a crash could leave of it. */
export class FaultyStorage implements Storage {
  readonly location = "memory";
  readonly synchronous: boolean;
  /** Every call as a line: the operation and the name of the file, such as `append 000001.log`. */
  readonly trace: string[] = [];
  fault: Fault | undefined;
  /** Holds up calls: one for which it answers with a promise waits for that. */
  gate: (line: string) => Promise<void> | undefined = () => undefined;
  /** Files that are open. */
  openFiles = 0;
  readonly #names = new Map<string, Inode>();
  readonly #durable = new Map<string, Inode>();
  #pending: Change[] = [];
  #readers = 0;
  #writers = 0;
  #hasCrashed = false;

  constructor(synchronous = true) {
    this.synchronous = synchronous;
  }

  /** Calls so far. */
  get calls(): number {
    return this.trace.length;
  }

  /** Puts a file there, durably. */
  plant(name: string, bytes: Uint8Array): void {
    const size = bytes.length;
    const inode = { buffer: bytes.slice(), size, synced: size };
    this.#names.set(name, inode);
    this.#durable.set(name, inode);
  }

  /** Takes a file away, durably. */
  uproot(name: string): void {
    this.#names.delete(name);
    this.#durable.delete(name);
  }

  /** Names of all files, sorted. */
  get names(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** A copy of what a file holds. */
  content(name: string): Uint8Array | undefined {
    const inode = this.#names.get(name);
    return inode && bytesOf(inode).slice();
  }

  lock({ shared }: LockOptions): Awaitable<StorageLock> {
    return this.#answer("lock", () => {
      if (this.#writers > 0 || (this.#readers > 0 && !shared)) {
        throw new KvLockedError(this.location, "another engine");
      }
      const count = shared ? 1 : 0;
      this.#readers += count;
      this.#writers += 1 - count;
      let isHeld = true;
      const release = () => {
        if (!isHeld) return;
        // As with files: it is gone even if to let go of it fails.
        isHeld = false;
        this.#readers -= count;
        this.#writers -= 1 - count;
        return this.#answer("unlock", () => {});
      };
      return { release };
    });
  }

  list(): Awaitable<string[]> {
    return this.#answer("list", () => [...this.#names.keys()]);
  }

  open(name: string): Awaitable<ReadableFile> {
    return this.#answer(`open ${name}`, () => {
      const bytes = bytesOf(this.#existing("open", name));
      const readAt = (target: Uint8Array, position: number) =>
        this.#answer(`read ${name}`, () => {
          const end = position + target.length;
          if (!isOpen() || !(position >= 0 && end <= bytes.length)) {
            throw new KvIoError("read", name, "other");
          }
          target.set(bytes.subarray(position, end));
        });
      const { isOpen, close } = this.#opened(name);
      return { size: bytes.length, readAt, close };
    });
  }

  create(name: string): Awaitable<WritableFile> {
    return this.#answer(`create ${name}`, () => {
      if (this.#names.has(name)) throw new KvIoError("create", name, "exists");
      const inode = { buffer: new Uint8Array(64), size: 0, synced: 0 };
      this.#change({ bind: name, inode });
      const { isOpen, close } = this.#opened(name);
      const refuseClosed = (operation: string) => {
        if (!isOpen()) throw new KvIoError(operation, name, "other");
      };
      return {
        get size() {
          return inode.size;
        },
        append: (bytes: Uint8Array) => {
          refuseClosed("append");
          const half = bytes.subarray(0, bytes.length >>> 1);
          return this.#answer(
            `append ${name}`,
            () => appendTo(inode, bytes),
            () => appendTo(inode, half),
          );
        },
        sync: () => {
          refuseClosed("sync");
          const { size } = inode;
          return this.#answer(`sync ${name}`, () => {
            inode.synced = size;
          });
        },
        close,
      };
    });
  }

  rename(from: string, to: string): Awaitable<void> {
    return this.#answer(`rename ${from} ${to}`, () => {
      const inode = this.#existing("rename", from);
      this.#change({ bind: to, inode, unbind: from });
    });
  }

  remove(name: string): Awaitable<void> {
    return this.#answer(`remove ${name}`, () => {
      this.#existing("remove", name);
      this.#change({ unbind: name });
    });
  }

  syncDirectory(): Awaitable<void> {
    return this.#answer("syncDirectory", () => {
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

  /** What the next process finds after this one was killed: all that was written is there, and as durable as it was. */
  afterKill(): FaultyStorage {
    const next = new FaultyStorage(this.synchronous);
    const copies = new Map<Inode, Inode>();
    const copyOf = (inode: Inode): Inode => {
      const copy = copies.get(inode) ??
        { ...inode, buffer: inode.buffer.slice() };
      copies.set(inode, copy);
      return copy;
    };
    for (const [name, inode] of this.#names) {
      next.#names.set(name, copyOf(inode));
    }
    for (const [name, inode] of this.#durable) {
      next.#durable.set(name, copyOf(inode));
    }
    next.#pending = this.#pending.map((change) =>
      "bind" in change ? { ...change, inode: copyOf(change.inode) } : change
    );
    return next;
  }

  /** Does the work, whose own failure the fault takes the place of, and so it does with a file: nobody gets that. */
  #workUnheard(work: () => unknown): void {
    const { openFiles } = this;
    try {
      work();
    } catch (error) {
      if (!(error instanceof KvIoError)) throw error;
    }
    this.openFiles = openFiles;
  }

  #opened(name: string) {
    let isOpen = true;
    this.openFiles++;
    return {
      isOpen: () => isOpen,
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        // A descriptor is gone even if to close it fails.
        this.openFiles--;
        return this.#answer(`close ${name}`, () => {});
      },
    };
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

  #answer<T>(line: string, work: () => T, tornWork?: () => void): Awaitable<T> {
    const run = () => this.#run(line, work, tornWork);
    const open = this.gate(line);
    if (open !== undefined) return open.then(run);
    return this.synchronous ? run() : Promise.resolve().then(run);
  }

  #run<T>(line: string, work: () => T, tornWork?: () => void): T {
    this.trace.push(line);
    const { fault } = this;
    if (fault === undefined) return work();
    const isHit = typeof fault.call === "number"
      ? this.calls === fault.call
      : fault.call.test(line);
    if (isHit && !this.#hasCrashed) {
      this.#hasCrashed = fault.isCrash;
      if (fault.moment === "after") this.#workUnheard(work);
      if (fault.moment === "torn") tornWork?.();
    } else if (!this.#hasCrashed) {
      return work();
    }
    const [operation = "", file = ""] = line.split(" ");
    throw new KvIoError(operation, file, "other");
  }
}

function appendTo(inode: Inode, bytes: Uint8Array): void {
  const size = inode.size + bytes.length;
  if (size > inode.buffer.length) {
    const grown = new Uint8Array(2 * size);
    grown.set(bytesOf(inode));
    inode.buffer = grown;
  }
  inode.buffer.set(bytes, inode.size);
  inode.size = size;
}

function bytesOf({ buffer, size }: Inode): Uint8Array {
  return buffer.subarray(0, size);
}

function applyChange(names: Map<string, Inode>, change: Change): void {
  if (change.unbind !== undefined) names.delete(change.unbind);
  if ("bind" in change) names.set(change.bind, change.inode);
}

function survivingBytes(inode: Inode, survival: Survival): Uint8Array {
  const bytes = bytesOf(inode);
  const { synced } = inode;
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
