import type { KvKeyspace } from "./keyspace.ts";
import type { RangeOptions } from "./ranges.ts";

/**
 * How a write is acknowledged.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("order", "paid"); // on disk when the promise resolves
 * await db.put("seen", "today", { sync: false }); // survives the process, not the power
 * assertEquals(db.stats().wal.syncs, 1);
 * ```
 */
export interface WriteOptions {
  /**
   * Whether the write is acknowledged only once it is on disk (fdatasync). With `false` it survives
   * a crash of the process but not a power failure. Default: the store's `sync` option.
   */
  readonly sync?: boolean;
}

/**
 * An atomic batch of writes: after a crash either all of them are there or none. Nothing is visible
 * before {@linkcode KvBatch.commit}; the last write of a key wins.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.put("from", "10");
 * await db.batch().del("from").put("to", "10").commit();
 * assertEquals(await db.getMany(["from", "to"]), [undefined, "10"]);
 * ```
 */
export interface KvBatch<K, V> {
  /** Number of writes in the batch. */
  readonly size: number;

  /**
   * Adds a put. Throws `KV_INVALID_ARGUMENT` for a key or value that is too long or that its codec
   * cannot encode, and for a batch larger than 1 GiB; `KV_CLOSED` after the commit.
   */
  put(key: K, value: V): this;

  /** Adds a delete. Throws like {@linkcode KvBatch.put}. */
  del(key: K): this;

  /**
   * Adds a delete of all keys in a range, including those put earlier in the batch; later puts
   * stay. Throws like {@linkcode KvBatch.put}, and `KV_INVALID_ARGUMENT` for a range without
   * bounds. An empty range adds nothing.
   */
  delRange(range: RangeOptions<K>): this;

  /**
   * Adds a delete of all keys, as {@linkcode KvBatch.delRange} does. Keyspaces are not touched by
   * the `clear` of a batch of the store itself.
   */
  clear(): this;

  /**
   * The same batch with the keys and values of a keyspace: what is added to the result goes there;
   * calling `commit` on any of them commits all. Throws `KV_INVALID_ARGUMENT` for a keyspace of
   * another store, `KV_CLOSED` for a dropped one.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * const users = db.keyspace("users");
   * const batch = db.batch().put("count", "1");
   * batch.in(users).put("1", "Alice");
   * await batch.commit();
   * assertEquals([await db.get("count"), await users.get("1")], ["1", "Alice"]);
   * ```
   */
  in<K2, V2>(keyspace: KvKeyspace<K2, V2>): KvBatch<K2, V2>;

  /**
   * Applies all writes, visible immediately, and resolves once they are acknowledged. Rejects like
   * {@linkcode KvEngine.put}. A batch can be committed once.
   */
  commit(options?: WriteOptions): Promise<void>;
}
