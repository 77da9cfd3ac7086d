import type { KvKeyspace } from "./keyspace.ts";
import type { RangeOptions } from "./ranges.ts";

/**
 * How one write is acknowledged.
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
   * Whether the write is acknowledged only after it has reached the medium (fdatasync). With
   * `false` it survives the process but not a loss of power. Default: the option `sync` of the
   * store.
   */
  readonly sync?: boolean;
}

/**
 * Writes that happen together: after a crash either all of them are there or none. Nothing is
 * visible before {@linkcode KvBatch.commit}; the last write of a key wins.
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
  /** How many writes the batch holds. */
  readonly size: number;

  /**
   * Adds a put. Throws `KV_INVALID_ARGUMENT` for a key or value that is too long or that its codec
   * cannot carry, and for a batch that grows past 1 GiB; `KV_CLOSED` after the commit.
   */
  put(key: K, value: V): this;

  /** Adds a delete. Throws as {@linkcode KvBatch.put} does. */
  del(key: K): this;

  /**
   * Adds a delete of all keys in a range, those among them that the batch has put before; what it
   * puts later stays. Throws as {@linkcode KvBatch.put} does, and `KV_INVALID_ARGUMENT` for a range
   * without bounds. A range that has no keys adds nothing.
   */
  delRange(range: RangeOptions<K>): this;

  /**
   * The same batch with the keys and values of a keyspace: what is added to the answer goes there,
   * and is committed together with all the rest, whichever of them is told to. Throws
   * `KV_INVALID_ARGUMENT` for a keyspace of another store, `KV_CLOSED` for one that was dropped.
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
   * Makes all the writes happen, visible at once, and resolves when they are acknowledged. Rejects
   * as {@linkcode KvEngine.put} does. A batch can be committed once.
   */
  commit(options?: WriteOptions): Promise<void>;
}
