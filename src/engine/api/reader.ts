import type { KvKeyspace, KvKeyspaceReader } from "./keyspace.ts";
import type { CountOptions, RangeSize } from "./range_size.ts";
import type {
  AsyncScanOptions,
  KvIterator,
  KvSyncIterator,
  RangeOptions,
  ScanOptions,
} from "./ranges.ts";
import type { ExportOptions, TransferProgress } from "./transfer.ts";

/**
 * Reads the latest state of a store, or a snapshot of it. All methods throw or reject with
 *
 * - `KV_CLOSED` once the engine or the snapshot is closed,
 * - `KV_INVALID_ARGUMENT` for a key that its codec cannot encode,
 * - `KV_CORRUPTION` if the data read is damaged, and `KV_IO` if the storage fails to read.
 */
export interface KvReader<K, V> {
  /**
   * The value of `key`, or `undefined` if it has none.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * assertEquals(await db.get("user:1"), "Alice");
   * assertEquals(await db.get("user:2"), undefined);
   * ```
   */
  get(key: K): Promise<V | undefined>;

  /**
   * The value of `key`, without a promise. Throws `KV_UNSUPPORTED` on asynchronous storage.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * assertEquals(db.getSync("user:1"), "Alice");
   * ```
   */
  getSync(key: K): V | undefined;

  /**
   * The values of several keys as of one moment, in the order of the keys; `undefined` for keys
   * without a value.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * assertEquals(await db.getMany(["user:1", "user:2"]), ["Alice", undefined]);
   * ```
   */
  getMany(keys: readonly K[]): Promise<(V | undefined)[]>;

  /**
   * Whether `key` has a value. Cheaper than {@linkcode KvReader.get}: the value is not decoded.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * assertEquals(await db.has("user:1"), true);
   * assertEquals(await db.has("user:2"), false);
   * ```
   */
  has(key: K): Promise<boolean>;

  /**
   * Like {@linkcode KvReader.has}, without a promise. Throws `KV_UNSUPPORTED` on asynchronous
   * storage.
   */
  hasSync(key: K): boolean;

  /**
   * The entries of a range in key order, as of the call to `scan`; later writes are not seen. Also
   * throws `KV_INVALID_ARGUMENT` if both `gt` and `gte` (or `lt` and `lte`) are given, and for a
   * `limit` that is not a whole number.
   *
   * In Deno and Node a string of up to 127 bytes that is a value may keep up to three others beside
   * it in memory.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("user:1", "Alice").put("user:2", "Bob").put("z", "-").commit();
   * const names: string[] = [];
   * for await (const [_key, name] of db.scan({ prefix: "user:" })) names.push(name);
   * assertEquals(names, ["Alice", "Bob"]);
   * ```
   */
  scan(options?: AsyncScanOptions<K>): KvIterator<[K, V]>;

  /**
   * Like {@linkcode KvReader.scan}, without promises. Throws `KV_UNSUPPORTED` on asynchronous
   * storage.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("a", "1").put("b", "2").put("c", "3").commit();
   * assertEquals([...db.scanSync({ gte: "b", reverse: true })], [["c", "3"], ["b", "2"]]);
   * ```
   */
  scanSync(options?: ScanOptions<K>): KvSyncIterator<[K, V]>;

  /**
   * Like {@linkcode KvReader.scan}, but only the keys; values are not decoded.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("user:1", "Alice").put("user:2", "Bob").commit();
   * const keys: string[] = [];
   * for await (const key of db.keys({ prefix: "user:" })) keys.push(key);
   * assertEquals(keys, ["user:1", "user:2"]);
   * ```
   */
  keys(options?: AsyncScanOptions<K>): KvIterator<K>;

  /**
   * Like {@linkcode KvReader.keys}, without promises. Throws `KV_UNSUPPORTED` on asynchronous
   * storage.
   */
  keysSync(options?: ScanOptions<K>): KvSyncIterator<K>;

  /**
   * Like {@linkcode KvReader.scan}, but only the values, in key order; keys are not decoded.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("user:1", "Alice").put("user:2", "Bob").commit();
   * assertEquals(await Array.fromAsync(db.values({ prefix: "user:" })), ["Alice", "Bob"]);
   * ```
   */
  values(options?: AsyncScanOptions<K>): KvIterator<V>;

  /**
   * Like {@linkcode KvReader.values}, without promises. Throws `KV_UNSUPPORTED` on asynchronous
   * storage.
   */
  valuesSync(options?: ScanOptions<K>): KvSyncIterator<V>;

  /**
   * The exact number of keys in a range, as of the call; later writes are not counted. Neither keys
   * nor values are decoded. A long range is counted in slices of a few milliseconds, so that the
   * rest of the program can run in between. For an estimate, see
   * {@linkcode KvReader.approximateSize}.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` if both `gt` and `gte` (or `lt` and `lte`) are given,
   * and with the reason of `signal`.
   *
   * @param options The range, as for {@linkcode KvReader.keys}; without bounds all keys. With
   * `signal`: stops when it is aborted.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("user:1", "Alice").put("user:2", "Bob").put("z", "-").commit();
   * assertEquals(await db.count({ prefix: "user:" }), 2);
   * assertEquals(await db.count(), 3);
   * ```
   */
  count(options?: CountOptions<K>): Promise<number>;

  /**
   * Like {@linkcode KvReader.count}, without a promise and in one go. Throws `KV_UNSUPPORTED` on
   * asynchronous storage.
   */
  countSync(range?: RangeOptions<K>): number;

  /**
   * The approximate bytes and entries of a range in the current files and MemTables, even on a
   * snapshot; sorted imports made after the snapshot are left out. It reads segment indexes and no
   * data, so a large range takes about as long as a small one.
   *
   * Each segment adds an error of at most one block (`blockSize`), and more in `entries` where
   * entry sizes vary widely. What compaction has yet to remove, overwritten values and those in
   * deleted ranges, is counted; after `compact` there is none.
   *
   * @param range The range, as for {@linkcode KvReader.keys}; without bounds all keys.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assert } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * const batch = db.batch();
   * for (let i = 0; i < 1000; i++) batch.put(`user:${i}`, "x".repeat(100));
   * await batch.commit();
   * const { bytes, entries } = await db.approximateSize({ prefix: "user:" });
   * assert(bytes > 100_000 && bytes < 150_000);
   * assert(entries > 900 && entries < 1100);
   * ```
   */
  approximateSize(range?: RangeOptions<K>): Promise<RangeSize>;

  /**
   * Writes the entries of a range to a stream, as of the call, no faster than it accepts them, and
   * closes it.
   *
   * Also rejects with the stream's error, and with the reason of `signal`; the stream is then
   * aborted.
   *
   * @param target Where the entries go, as `[key, value]`.
   * @param options Which entries, progress callback and abort signal.
   * @returns What was exported.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("a", "1").put("b", "2").commit();
   * const copy = new Map<string, string>();
   * const target = new WritableStream<[string, string]>({
   *   write: ([key, value]) => void copy.set(key, value),
   * });
   * assertEquals(await db.exportTo(target, { gt: "a" }), { entries: 1, bytes: 2 });
   * assertEquals([...copy], [["b", "2"]]);
   * ```
   */
  exportTo(
    target: WritableStream<[K, V]>,
    options?: ExportOptions<K>,
  ): Promise<TransferProgress>;
}

/**
 * The state of a store at one moment. Taking one costs almost nothing; while it is held, compaction
 * keeps the versions that it can see. Release it with `using` or `close`.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("counter", "1");
 * using before = db.snapshot();
 * await db.put("counter", "2");
 * assertEquals(before.getSync("counter"), "1");
 * assertEquals(db.getSync("counter"), "2");
 * ```
 */
export interface KvSnapshot<K, V> extends KvReader<K, V>, Disposable {
  /** Sequence number of the last write that the snapshot sees. */
  readonly sequence: number;
  /**
   * Reads a keyspace as of the same moment, as long as the snapshot is held. Throws
   * `KV_INVALID_ARGUMENT` for a keyspace of another store, and for one whose first write was made
   * with other codecs.
   *
   * @param keyspace A result of `keyspace()` of the same engine or follower.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * const users = db.keyspace("users");
   * await users.put("1", "Alice");
   * using before = db.snapshot();
   * await db.dropKeyspace("users");
   * assertEquals(before.keyspace(users).getSync("1"), "Alice");
   * ```
   */
  keyspace<K2, V2>(keyspace: KvKeyspace<K2, V2>): KvKeyspaceReader<K2, V2>;
  /** The same for a follower: `keyspace` must come from the same follower. */
  keyspace<K2, V2>(
    keyspace: KvKeyspaceReader<K2, V2>,
  ): KvKeyspaceReader<K2, V2>;

  /** Releases the snapshot. A second call does nothing. */
  close(): void;
}
