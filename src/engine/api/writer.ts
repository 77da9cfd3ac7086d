import type { RangeOptions } from "./ranges.ts";
import type { KvSnapshot } from "./reader.ts";
import type { EntriesSource, ImportOptions, ImportResult } from "./transfer.ts";
import type { KvBatch, WriteOptions } from "./batch.ts";

/**
 * Writes the keys of a store or of one keyspace. Writes are visible to reads of the same engine
 * immediately, in call order; a write's promise resolves once the write is acknowledged according
 * to its `sync` option.
 *
 * All writing methods reject with
 *
 * - `KV_CLOSED` once the engine is closed, `KV_READ_ONLY` if it was opened with `readOnly`,
 * - `KV_INVALID_ARGUMENT` for a key or value that is too long or that its codec cannot encode,
 * - `KV_IO` if the storage fails to write, and `KV_POISONED` after that: nothing more is
 *   acknowledged, reads still work; close the store and reopen it. If a write in the background
 *   failed, such as that of a segment, `KV_POISONED` may be the first error a caller gets. The
 *   `failure` of both errors says why: on a full disk it is `"full"`; free space before you reopen.
 */
export interface KvWriter<K, V> {
  /**
   * Sets the value of `key`.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");                   // durable
   * await db.put("visits", "17", { sync: false });     // survives the process, not the power
   * ```
   */
  put(key: K, value: V, options?: WriteOptions): Promise<void>;

  /**
   * Removes `key` and returns whether it had a value.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * assertEquals(await db.del("user:1"), true);
   * assertEquals(await db.del("user:1"), false);
   * ```
   */
  del(key: K, options?: WriteOptions): Promise<boolean>;

  /**
   * Removes all keys in a range in one write, however many there are. Flush and compaction reclaim
   * the space; segments wholly inside the range are dropped unread.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` for a range without bounds, or with only an empty
   * prefix: to remove all keys, use {@linkcode KvWriter.clear}. An empty range is fine and removes
   * nothing. Rejects with `KV_UNSUPPORTED` while the bounds of range deletes that no compaction has
   * applied take 64 MiB, as they may where snapshots stay open.
   *
   * @param range The keys to remove, as for a scan.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("log:1", "a").put("log:2", "b").put("user:1", "Alice").commit();
   * await db.delRange({ prefix: "log:" });
   * assertEquals(await db.getMany(["log:1", "user:1"]), [undefined, "Alice"]);
   * ```
   */
  delRange(range: RangeOptions<K>, options?: WriteOptions): Promise<void>;

  /**
   * Removes all keys: a range delete without bounds. Clearing the store does not affect its
   * keyspaces.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * await db.clear();
   * assertEquals(await db.has("user:1"), false);
   * ```
   */
  clear(options?: WriteOptions): Promise<void>;

  /**
   * Starts a batch of writes that are applied atomically.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * const batch = db.batch();
   * for (let i = 1; i <= 3; i++) batch.put(`user:${i}`, `name ${i}`);
   * assertEquals(batch.size, 3);
   * await batch.commit();
   * assertEquals(await db.get("user:3"), "name 3");
   * ```
   */
  batch(): KvBatch<K, V>;

  /**
   * Puts entries from a stream or any iterable, in batches. It continues reading once the store has
   * taken a batch, so memory does not grow with the source. If it ends early, the store has the
   * first entries of the source, and the error says how many.
   *
   * Once started, rejects with a {@linkcode KvImportError}: for an error of the source, an entry
   * that cannot be written, and when `signal` is aborted. The source is then cancelled.
   *
   * @param source Entries as `[key, value]`.
   * @param options How they are acknowledged (`sync` applies at the end, and each batch is atomic),
   * progress callback and abort signal.
   * @returns What was imported.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.importFrom(new Map([["a", "1"], ["b", "2"]])); // or a ReadableStream
   * await using copy = await open(new MemoryStorage());
   * const { entries } = await copy.importFrom(db.scan().stream(), { sorted: true });
   * assertEquals(entries, 2);
   * ```
   */
  importFrom(
    source: EntriesSource<K, V>,
    options?: ImportOptions,
  ): Promise<ImportResult>;

  /**
   * Takes a snapshot of the current state.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("a", "1");
   * using before = db.snapshot();
   * await db.del("a");
   * assertEquals([before.getSync("a"), db.getSync("a")], ["1", undefined]);
   * ```
   */
  snapshot(): KvSnapshot<K, V>;
}
