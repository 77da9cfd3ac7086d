import { KvIoError } from "../errors.ts";
import { OptionReader } from "../option_values.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../storage/storage.ts";
import {
  directoryOutcomes,
  type PowerLoss,
  survivals,
  survivorOf,
} from "./crash.ts";
import { checkedCrash, type CrashOptions } from "./crash_options.ts";
import { Content, Disk } from "./disk.ts";
import { FaultReadableFile, FaultWritableFile } from "./fault_files.ts";
import { FaultLocks } from "./fault_locks.ts";
import {
  checkedOptions,
  type FaultStorageOptions,
} from "./fault_storage_options.ts";
import type { Fault, InjectedFault, StorageCall } from "./faults.ts";
import { Medium } from "./medium.ts";
import { Random } from "./random.ts";

/**
 * A storage in memory that knows what is durable and what is only written. It records every call,
 * fails on demand, fills up, and can be copied at any later time as a crash after any call would
 * have left it.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { FaultStorage } from "@purekv/purekv/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new FaultStorage({ seed: 1 });
 * const db = await open(storage);
 * await db.put("kept", "1");
 * await db.put("lost", "2", { sync: false });
 * const at = storage.trace.length;
 * await db.close();
 *
 * // The power fails before the store is closed.
 * await using left = await open(storage.crash({ at, survival: "synced" }));
 * assertEquals(await left.getMany(["kept", "lost"]), ["1", undefined]);
 * ```
 */
export class FaultStorage implements Storage {
  /** Names the storage in messages. */
  readonly location = "fault storage";
  /** Whether calls return values rather than promises. */
  readonly synchronous: boolean;

  readonly #seed: number;
  #medium: Medium;
  readonly #locks = new FaultLocks(this.location);

  /**
   * Makes an empty storage.
   *
   * @param options How it behaves.
   */
  constructor(options: FaultStorageOptions = {}) {
    const { synchronous, seed, capacity } = checkedOptions(options);
    this.synchronous = synchronous;
    this.#seed = seed;
    this.#medium = this.#newMedium(capacity, new Disk());
  }

  /**
   * Called with every call before it is executed and recorded in the trace. If it returns a promise
   * the call waits for it, even on a synchronous storage; if it throws, so does the call.
   */
  get onCall(): ((call: StorageCall) => void | Promise<void>) | undefined {
    return this.#medium.onCall;
  }
  set onCall(
    listener: ((call: StorageCall) => void | Promise<void>) | undefined,
  ) {
    this.#medium.onCall = listener;
  }

  /** Every call so far, in order of execution. */
  get trace(): readonly StorageCall[] {
    return this.#medium.trace;
  }

  /** Forgets all calls so far, and with them the states before now: the next call is number 1. */
  clearTrace(): void {
    this.#medium.trace = [];
    this.#medium.journal.clear();
  }

  /**
   * Maximum total size of all files, in bytes; can be changed at any time. An append or reserve
   * that exceeds it writes what fits and fails as `"full"`. Removed files free their space once
   * nobody has them open.
   */
  get capacity(): number {
    return this.#medium.capacity;
  }
  set capacity(capacity: number) {
    const given = new OptionReader("set capacity", { capacity });
    this.#medium.capacity = given.amount("capacity", Infinity);
  }

  /** Total size of all files, in bytes. */
  get bytesUsed(): number {
    return this.#medium.bytesUsed;
  }

  /** Names of the open files, once per opening, sorted. */
  get openFiles(): string[] {
    return Array.from(this.#medium.openFiles, ({ name }) => name).sort();
  }

  /** Names of all files, sorted. */
  get fileNames(): string[] {
    return [...this.#medium.disk.names.keys()].sort();
  }

  /**
   * A copy of a file's contents, or `undefined` if it does not exist. Not a call of the storage: it
   * never fails and is not recorded in the trace.
   */
  readFile(name: string): Uint8Array | undefined {
    const { disk } = this.#medium;
    const content = disk.names.get(name);
    return content && disk.copyOf(content);
  }

  /**
   * Writes a file durably, replacing one of this name. Not a call of the storage, as with
   * {@linkcode FaultStorage.readFile}.
   */
  writeFile(name: string, bytes: Uint8Array): void {
    const content = Content.of(bytes.slice());
    this.#medium.effect({ kind: "plant", name, content });
  }

  /**
   * Removes a file durably, if it exists. Not a call of the storage, as with
   * {@linkcode FaultStorage.readFile}.
   */
  removeFile(name: string): void {
    this.#medium.effect({ kind: "uproot", name });
  }

  /**
   * Makes calls fail, starting with the next one.
   *
   * @example Every sync of a log fails, from the second on
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { FaultStorage } from "@purekv/purekv/testing";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * const storage = new FaultStorage();
   * const db = await open(storage);
   * const logs = { operation: "sync", file: /\.log$/ } as const;
   * const fault = storage.inject({ kind: "fail", ...logs, from: 2, times: Infinity });
   * await db.put("a", "1");
   * await assertRejects(() => db.put("b", "2"));
   * assertEquals(fault.struck, 1);
   * fault.remove();
   * await db.close();
   * ```
   */
  inject(fault: Fault): InjectedFault {
    return this.#medium.faults.inject(fault);
  }

  /** Removes all injected faults. */
  heal(): void {
    this.#medium.faults.clear();
  }

  /**
   * What a crash leaves, as a separate storage without locks, open files or faults. This one is
   * unaffected.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { FaultStorage } from "@purekv/purekv/testing";
   * import { assertEquals } from "@std/assert";
   *
   * const storage = new FaultStorage();
   * const db = await open(storage);
   * await db.put("durable", "1");
   * await db.put("written", "2", { sync: false });
   *
   * await using afterPowerLoss = await open(storage.crash());
   * assertEquals(await afterPowerLoss.get("durable"), "1");
   * assertEquals(await afterPowerLoss.get("written"), undefined);
   *
   * await using afterKill = await open(storage.crash({ survival: "written" }));
   * assertEquals(await afterKill.get("written"), "2");
   * await db.close();
   * ```
   */
  crash(options: CrashOptions = {}): FaultStorage {
    const calls = this.#medium.trace.length;
    const { at, survival, seed } = checkedCrash(options, {
      calls,
      allowed: survivals,
    });
    const index = survivals.indexOf(survival);
    const random = new Random(this.#seed, at, index, seed);
    const disk = survivorOf(this.#medium.journal.after(at), survival, random);
    return this.#image(disk, random);
  }

  /**
   * What a power failure can leave, once for every outcome of the name changes (create, rename,
   * remove) not followed by a directory sync: any subset, in any order. Of more than four, all but
   * the last four count as done.
   */
  *crashes(
    options: CrashOptions & { readonly survival?: PowerLoss } = {},
  ): Generator<FaultStorage, void, undefined> {
    const losses = survivals.filter((kind) => kind !== "written");
    const calls = this.#medium.trace.length;
    const { at, survival, seed } = checkedCrash(options, {
      calls,
      allowed: losses,
    });
    const random = new Random(this.#seed, at, seed);
    const disk = new Disk(this.#medium.journal.after(at));
    for (const outcome of directoryOutcomes(disk, survival, random)) {
      yield this.#image(outcome, random);
    }
  }

  /** Locks this object for one engine, or for readers only. */
  lock(options: LockOptions): Awaitable<StorageLock> {
    return this.#locks.lock(this.#medium, options);
  }

  /** Names of the files. */
  list(): Awaitable<string[]> {
    return this.#medium.answer(
      { operation: "list", file: "" },
      () => [...this.#medium.disk.names.keys()],
    );
  }

  /** Opens a file for reading, at its current size. */
  open(name: string): Awaitable<ReadableFile> {
    const medium = this.#medium;
    const opened = medium.answer({ operation: "open", file: name }, () => {
      const content = medium.disk.existing("open", name);
      return { content, size: medium.disk.sizeOf(content) };
    });
    return chain(
      opened,
      ({ content, size }) =>
        new FaultReadableFile(medium, { name, content }, size),
    );
  }

  /** Creates an empty file. */
  create(name: string): Awaitable<WritableFile> {
    const created = this.#medium.answer(
      { operation: "create", file: name },
      () => {
        if (this.#medium.disk.names.has(name)) {
          throw new KvIoError("create", name, "exists", {
            cause: new Error("it exists"),
          });
        }
        const content = new Content();
        this.#medium.effect({ kind: "create", name, content });
        return content;
      },
    );
    return chain(
      created,
      (content) => new FaultWritableFile(this.#medium, { name, content }),
    );
  }

  /** Renames a file, replacing the target. */
  rename(from: string, to: string): Awaitable<void> {
    return this.#medium.answer({ operation: "rename", file: from, to }, () => {
      this.#medium.disk.existing("rename", from);
      this.#medium.effect({ kind: "rename", from, to });
    });
  }

  /** Removes a file; readers that have it open can continue reading. */
  remove(name: string): Awaitable<void> {
    return this.#medium.answer({ operation: "remove", file: name }, () => {
      this.#medium.disk.existing("remove", name);
      this.#medium.effect({ kind: "remove", name });
    });
  }

  /** Makes all earlier name changes durable. */
  syncDirectory(): Awaitable<void> {
    const before = this.#medium.disk.effects;
    return this.#medium.answer(
      { operation: "syncDirectory", file: "" },
      (fault) => {
        if (fault?.kind === "lost-sync") return;
        const isDropped = fault?.kind === "dropped-sync";
        this.#medium.effect({ kind: "syncDirectory", before, isDropped });
      },
    );
  }

  /** The storage that is left when `disk` is. */
  #image(disk: Disk, random: Random): FaultStorage {
    const { synchronous, capacity } = this;
    const image = new FaultStorage({
      seed: random.below(2 ** 32),
      synchronous,
    });
    image.#medium = image.#newMedium(capacity, disk);
    return image;
  }

  #newMedium(capacity: number, disk: Disk): Medium {
    const random = new Random(this.#seed);
    return new Medium({
      synchronous: this.synchronous,
      capacity,
      random,
      disk,
    });
  }
}
