/**
 * A database of the [Level](https://github.com/Level/abstract-level) family on a purekv store:
 * everything made for `abstract-level` runs on it, in Deno, Bun and Node, without a native addon.
 *
 * @example
 * ```ts
 * import { PureLevel } from "@purekv/purekv/level";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * type User = { name: string }; // and a path instead of a MemoryStorage: "./data"
 * const db = new PureLevel<string, User>(new MemoryStorage(), { valueEncoding: "json" });
 * const users = db.sublevel<string, User>("users", { valueEncoding: "json" });
 * await users.put("1", { name: "Alice" });
 * await users.batch().put("2", { name: "Bob" }).del("1").write();
 * assertEquals(await users.keys({ gte: "1" }).all(), ["2"]);
 * assertEquals(users.getSync("2"), { name: "Bob" });
 * await db.close();
 * ```
 *
 * @module
 */
import {
  type AbstractClearOptions,
  type AbstractDelOptions,
  AbstractLevel,
  type AbstractPutOptions,
  type AbstractSnapshot,
} from "abstract-level";
import type { Buffer } from "node:buffer";
import type { KvEngine } from "../engine/api/engine.ts";
import type { KvReader } from "../engine/api/reader.ts";
import type { WriteOptions } from "../engine/api/batch.ts";
import type { Engine } from "../engine/engine.ts";
import { refuseNoStorage } from "../engine/files/storage_check.ts";
import { invalidArgument, KvError } from "../errors.ts";
import type { EngineOptions } from "../options.ts";
import { isPath, storageAt } from "../storage/local_storage.ts";
import { MemoryStorage } from "../storage/memory.ts";
import type { Storage } from "../storage/storage.ts";
import { boundsOf, type LevelRange } from "./bounds.ts";
import { type ClearRange, deleteAll, deleteRange } from "./clear.ts";
import { LevelChainedBatch, writeOptions } from "./chained_batch.ts";
import { type Data, Faces, type Form } from "./formats.ts";
import {
  type IteratorParts,
  LevelIterator,
  LevelKeyIterator,
  LevelValueIterator,
} from "./iterators.ts";
import { openEngine } from "./open_engine.ts";
import type { IteratorOptions, Operation, ReadOptions } from "./operations.ts";
import type { PureLevelOptions } from "./options.ts";
import { manifest } from "./manifest.ts";
import { LevelSnapshot } from "./snapshot.ts";
import { Steps } from "./steps.ts";

export type { LevelEncoding, PureLevelOptions } from "./options.ts";

/** An open store. */
interface Opened {
  readonly engine: Engine<Uint8Array, Uint8Array>;
  /** The same store, with keys and values in the forms that reads ask for. */
  readonly faces: Faces<Engine<Data, Data>>;
}

/**
 * An `AbstractLevel` on a purekv store. Everything that `abstract-level` documents applies:
 * deferred open, sublevels, hooks, events, encodings, snapshots, iterators with `seek`, `getSync`.
 * What is specific to it:
 *
 * - Keys and values are stored as bytes. `open` can open the store with the codecs `bytes`, and
 *   vice versa.
 * - A write is durable once acknowledged, unless it or the database has `sync: false`.
 * - `batch` is atomic. So is `clear`, a single write however many keys there are, unless it has a
 *   limit or a snapshot: then it deletes in atomic batches of at most 1,000, and a crash leaves the
 *   rest of the range.
 * - Unknown options are ignored, as in all Level databases; purekv's `open` refuses them.
 * - `getSync` is available if the storage is synchronous, as folders and memory are;
 *   `supports.getSync` tells.
 * - Engine errors are passed on unchanged, as `KvError` with a code `KV_…`; those of opening as the
 *   `cause` of abstract-level's `LEVEL_DATABASE_NOT_OPEN`, with the code `LEVEL_LOCKED` for a store
 *   in use.
 *
 * @template K The type of keys, unless an operation has an encoding of its own.
 * @template V The type of values, likewise.
 *
 * @example
 * ```ts
 * import { PureLevel } from "@purekv/purekv/level";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const db = new PureLevel(new MemoryStorage(), { sync: false }); // or a path: "./data"
 * await db.put("a", "1");
 * await db.put("b", "2", { sync: true }); // and with it what came before
 * assertEquals(await db.iterator({ gte: "a" }).all(), [["a", "1"], ["b", "2"]]);
 * assertEquals(db.engine.stats().wal.syncs, 1);
 * await db.close();
 * ```
 */
export class PureLevel<K = string, V = string>
  extends AbstractLevel<string | Buffer | Uint8Array, K, V> {
  /** Path or description of the store. */
  readonly location: string;
  readonly #place: string | URL | Storage;
  readonly #isSynchronous: boolean;
  #opened: Opened | undefined;

  /**
   * Creates a database, which opens automatically; `open` waits for that.
   *
   * @param location A path, a `file:` URL, or a storage such as `MemoryStorage`.
   * @param options Encodings, and options for opening the store.
   */
  constructor(
    location: string | URL | Storage,
    options: PureLevelOptions<K, V> = {},
  ) {
    if (!isPath(location)) refuseNoStorage(location, "open");
    const isSynchronous = isPath(location) || location.synchronous;
    const isPermanent = !(location instanceof MemoryStorage);
    super(manifest({ isSynchronous, isPermanent }), options);
    this.#place = location;
    this.#isSynchronous = isSynchronous;
    this.location = isPath(location) ? String(location) : location.location;
  }

  /**
   * The underlying engine, while the database is open, for what abstract-level does not offer:
   * `checkpoint`, `compact`, `flush`, `stats`, `verify`. Writes through it run no hooks and emit no
   * events. Throws `KV_CLOSED` while the database is not open.
   */
  get engine(): KvEngine<Uint8Array, Uint8Array> {
    return this.#open.engine;
  }

  get #open(): Opened {
    if (this.#opened !== undefined) return this.#opened;
    throw new KvError(
      "KV_CLOSED",
      `Cannot use ${this.location}: the database is not open`,
    );
  }

  /** @ignore */
  protected async _open(options: EngineOptions): Promise<void> {
    const engine = await openEngine(this.#place, options, storageAt);
    this.#opened = {
      engine,
      faces: new Faces((codecs) => engine.withCodecs(codecs)),
    };
  }

  /** @ignore */
  protected async _close(): Promise<void> {
    await this.#open.engine.close();
    this.#opened = undefined;
  }

  /** @ignore */
  protected _get(key: Data, options: ReadOptions): Promise<Data> {
    return this.#reader("none", options.valueEncoding, options).get(key);
  }

  /** @ignore */
  protected _getSync(key: Data, options: ReadOptions): Data {
    return this.#reader("none", options.valueEncoding, options).getSync(key);
  }

  /** @ignore */
  protected _getMany(keys: Data[], options: ReadOptions): Promise<Data[]> {
    return this.#reader("none", options.valueEncoding, options).getMany(keys);
  }

  /** @ignore */
  protected _has(key: Data, options: ReadOptions): Promise<boolean> {
    return this.#reader("none", "none", options).has(key);
  }

  /** @ignore */
  protected _hasMany(keys: Data[], options: ReadOptions): Promise<boolean[]> {
    const reader = this.#reader("none", "none", options);
    return Promise.all(keys.map((key) => reader.has(key)));
  }

  /** @ignore */
  protected _put(key: Data, value: Data, options: WriteOptions): Promise<void> {
    return this.#writer.put(key, value, writeOptions(options));
  }

  /**
   * By way of a batch: nobody asks whether the key was there.
   *
   * @ignore
   */
  protected _del(key: Data, options: WriteOptions): Promise<void> {
    return this.#writer.batch().del(key).commit(writeOptions(options));
  }

  /** @ignore */
  protected async _batch(
    operations: Operation[],
    options: WriteOptions,
  ): Promise<void> {
    const batch = this.#writer.batch();
    for (const operation of operations) {
      if (operation.type === "put") batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    await batch.commit(writeOptions(options));
  }

  /** @ignore */
  protected _chainedBatch(): LevelChainedBatch<this, K, V> {
    return new LevelChainedBatch(this, () => this.#writer.batch());
  }

  /** @ignore */
  protected async _clear(options: ClearRange): Promise<void> {
    if (options.limit < 0 && options.snapshot == null) {
      await deleteRange(this.#writer, options);
      return;
    }
    const steps = new Steps({
      ...this.#stepsParts(options, "view", "none"),
      pick: ([key]) => key as Uint8Array,
    });
    try {
      await deleteAll(steps, this.#writer, options);
    } finally {
      steps.close();
    }
  }

  /** @ignore */
  protected _iterator(options: IteratorOptions): LevelIterator<this, K, V> {
    const keys = options.keys === false ? "none" : options.keyEncoding;
    const values = options.values === false ? "none" : options.valueEncoding;
    return new LevelIterator(this, this.#iteratorParts(options, keys, values));
  }

  /** @ignore */
  protected _keys(options: IteratorOptions): LevelKeyIterator<this, K> {
    const parts = this.#iteratorParts(options, options.keyEncoding, "none");
    return new LevelKeyIterator(this, parts);
  }

  /** @ignore */
  protected _values(options: IteratorOptions): LevelValueIterator<this, K, V> {
    const parts = this.#iteratorParts(options, "none", options.valueEncoding);
    return new LevelValueIterator(this, parts);
  }

  /** @ignore */
  protected _snapshot(options: object): AbstractSnapshot {
    return new LevelSnapshot(this.#open.engine, options);
  }

  /** What writes keys and values of all formats. */
  get #writer(): Engine<Data, Data> {
    return this.#open.faces.of("none", "none");
  }

  #reader(
    keys: Form,
    values: Form,
    { snapshot }: { readonly snapshot?: AbstractSnapshot },
  ): KvReader<Data, Data> {
    return snapshot == null
      ? this.#open.faces.of(keys, values)
      : this.#own(snapshot).face(keys, values);
  }

  #own(snapshot: AbstractSnapshot): LevelSnapshot {
    const isOwn = snapshot instanceof LevelSnapshot &&
      snapshot.isOf(this.#open.engine);
    if (isOwn) return snapshot;
    throw invalidArgument(
      `Cannot read from the snapshot: it does not belong to the database ${this.location}`,
    );
  }

  #iteratorParts(
    options: IteratorOptions,
    keys: Form,
    values: Form,
  ): IteratorParts {
    return { steps: this.#stepsParts(options, keys, values), options };
  }

  #stepsParts(
    options: LevelRange & Pick<IteratorOptions, "signal" | "snapshot">,
    keys: Form,
    values: Form,
  ): IteratorParts["steps"] {
    const { snapshot, signal } = options;
    return {
      ...(snapshot == null
        ? this.#ownState(keys, values)
        : { reader: this.#stateOf(snapshot, keys, values), release: () => {} }),
      isSynchronous: this.#isSynchronous,
      bounds: boundsOf(options),
      signal,
    };
  }

  /** Every iterator shows the state as it was when it was made. */
  #ownState(
    keys: Form,
    values: Form,
  ): Pick<IteratorParts["steps"], "reader" | "release"> {
    const state = this.#open.faces.of(keys, values).snapshot();
    return { reader: () => state, release: () => state.close() };
  }

  #stateOf(
    snapshot: AbstractSnapshot,
    keys: Form,
    values: Form,
  ): () => KvReader<Data, Data> {
    const own = this.#own(snapshot);
    return () => own.face(keys, values);
  }
}

/** Adds the option `sync` to write methods. */
export interface PureLevel<K, V> {
  /** Sets the value of a key. */
  put(key: K, value: V): Promise<void>;
  /** Sets the value of a key, with encodings of its own or with `sync`. */
  put<L = K, W = V>(
    key: L,
    value: W,
    options: AbstractPutOptions<L, W> & WriteOptions,
  ): Promise<void>;
  /** Removes a key. */
  del(key: K): Promise<void>;
  /** Removes a key, with an encoding of its own or with `sync`. */
  del<L = K>(
    key: L,
    options: AbstractDelOptions<L> & WriteOptions,
  ): Promise<void>;
  /** Removes all keys. */
  clear(): Promise<void>;
  /** Removes the keys of a range, optionally with `sync`. */
  clear<L = K>(options: AbstractClearOptions<L> & WriteOptions): Promise<void>;
}
