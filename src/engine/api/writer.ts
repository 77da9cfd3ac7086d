import type { RangeOptions } from "./ranges.ts";
import type { KvSnapshot } from "./reader.ts";
import type { EntriesSource, ImportOptions, ImportResult } from "./transfer.ts";
import type { KvBatch, WriteOptions } from "./writes.ts";

/**
 * What writes the keys of a store or of one keyspace. Writes are visible to reads of the same
 * engine at once, in the order of the calls; the promise of a write resolves once the write is
 * acknowledged as its `sync` option says.
 *
 * All writing methods reject with
 *
 * - `KV_CLOSED` once the engine is closed, `KV_READ_ONLY` if it was opened with `readOnly`,
 * - `KV_INVALID_ARGUMENT` for a key or value that is too long or that its codec cannot carry,
 * - `KV_IO` when the storage refuses the write, and `KV_POISONED` from then on: nothing is
 *   acknowledged any more, reads go on; close the store and open it again.
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
   * Removes `key` and tells whether it had a value.
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
   * Removes all keys in a range, at once and for good: one write, whatever the number of keys. Disk
   * space comes back when flush and compaction get there, that of segments which lie in the range
   * as a whole without their being read.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` for a range without bounds, and for an empty prefix as
   * its only one: to remove all keys there is {@linkcode KvWriter.clear}. A range that has no keys
   * is fine and removes nothing.
   *
   * @param range Which keys, as for a scan.
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
   * Removes all keys: a range delete without bounds. Keyspaces are not touched by the `clear` of
   * the store.
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
   * Starts a batch of writes that happen together.
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
   * Puts entries from a stream, or anything else that can be iterated over, in batches. It reads on
   * once the store has taken a batch, so that memory does not grow with the source. If it ends
   * early, the store has the first entries of the source, and the error says how many.
   *
   * Rejects with a {@linkcode KvImportError} once it has begun: for an error of the source, an
   * entry that cannot be written, and when `signal` is aborted. The source is cancelled then.
   *
   * @param source Entries as `[key, value]`.
   * @param options How they are acknowledged (`sync` counts at the end, and each batch is atomic),
   * and how to be told of its progress and to end it.
   * @returns How many entries there were.
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
   * Takes a snapshot of the state as of now.
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
