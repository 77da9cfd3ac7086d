import { KvIoError } from "../errors.ts";
import { type Awaitable, chain } from "../storage/awaitable.ts";
import type {
  LockOptions,
  ReadableFile,
  Storage,
  StorageLock,
  WritableFile,
} from "../storage/storage.ts";
import { Arguments } from "./arguments.ts";
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
 * A storage in memory that knows what is durable and what is only written. It writes down every
 * call, fails on demand, fills up, and can be copied, as a crash after any call would have left it,
 * at any time afterwards.
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
  /** Stands for the object in messages. */
  readonly location = "fault storage";
  /** Whether calls are answered at once. */
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
   * Called with every call before it is carried out and entered in the trace. When it answers with
   * a promise the call waits for it, also on a storage that is synchronous otherwise; when it
   * throws, so does the call.
   */
  get onCall(): ((call: StorageCall) => void | Promise<void>) | undefined {
    return this.#medium.onCall;
  }
  set onCall(
    listener: ((call: StorageCall) => void | Promise<void>) | undefined,
  ) {
    this.#medium.onCall = listener;
  }

  /** Every call so far, in the order in which they were carried out. */
  get trace(): readonly StorageCall[] {
    return this.#medium.trace;
  }

  /**
   * Forgets all calls so far, and with them the way back to before now: the next call is number 1.
   */
  clearTrace(): void {
    this.#medium.trace = [];
    this.#medium.journal.clear();
  }

  /**
   * The most that all files together may hold, in bytes; may be changed at any time. An append or a
   * reserve that goes past it writes what fits and fails as `"full"`. Removed files give their
   * space back when nobody has them open any more.
   */
  get capacity(): number {
    return this.#medium.capacity;
  }
  set capacity(capacity: number) {
    const given = new Arguments("FaultStorage", { capacity });
    this.#medium.capacity = given.amount("capacity", Infinity);
  }

  /** What all files together hold, in bytes. */
  get bytesUsed(): number {
    return this.#medium.bytesUsed;
  }

  /** Names of the files that are open, one for each time, sorted. */
  get openFiles(): string[] {
    return Array.from(this.#medium.openFiles, ({ name }) => name).sort();
  }

  /** Names of all files, sorted. */
  get fileNames(): string[] {
    return [...this.#medium.disk.names.keys()].sort();
  }

  /**
   * A copy of what a file holds, or `undefined` if there is none. No call of the storage: nothing
   * fails, and the trace does not show it.
   */
  readFile(name: string): Uint8Array | undefined {
    const { disk } = this.#medium;
    const content = disk.names.get(name);
    return content && disk.copyOf(content);
  }

  /**
   * Puts a file there, in the place of one of this name, all of it durable. No call of the storage,
   * as with {@linkcode FaultStorage.readFile}.
   */
  writeFile(name: string, bytes: Uint8Array): void {
    const content = Content.of(bytes.slice());
    this.#medium.effect({ kind: "plant", name, content });
  }

  /**
   * Takes a file away, if it is there, durably. No call of the storage, as with
   * {@linkcode FaultStorage.readFile}.
   */
  removeFile(name: string): void {
    this.#medium.effect({ kind: "uproot", name });
  }

  /**
   * Makes calls fail from the next one on.
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

  /** Ends all faults that were injected. */
  heal(): void {
    this.#medium.faults.clear();
  }

  /**
   * What a crash leaves: a storage of its own, without locks, open files and faults. This one goes
   * on as it was.
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
   * What a loss of power can leave, once for every outcome of the changes of names (create, rename,
   * remove) that no sync of the directory has followed: any of them, in any order. Of more than
   * four, those before the last four are taken as done.
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

  /** Takes this object for one engine, or for readers only. */
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

  /** Opens a file for reading, at its present size. */
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

  /** Removes a file; readers that have it open keep it. */
  remove(name: string): Awaitable<void> {
    return this.#medium.answer({ operation: "remove", file: name }, () => {
      this.#medium.disk.existing("remove", name);
      this.#medium.effect({ kind: "remove", name });
    });
  }

  /** Makes durable every change of names that came before the call. */
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
