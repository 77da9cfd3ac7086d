import type {
  InspectionOptions,
  VerifyReport,
} from "../../inspection/report.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import type { RangeOptions } from "./ranges.ts";
import type { KvReader, KvSnapshot } from "./reader.ts";
import type { KvStats } from "./stats.ts";
import type { KvBatch, WriteOptions } from "./writes.ts";

/**
 * An open store. Writes are visible to reads of the same engine at once, in the order of the calls; the promise of a write
 * resolves once the write is acknowledged as its `sync` option says.
 *
 * All writing methods reject with
 *
 * - `KV_CLOSED` once the engine is closed, `KV_READ_ONLY` if it was opened with `readOnly`,
 * - `KV_INVALID_ARGUMENT` for a key or value that is too long or that its codec cannot carry,
 * - `KV_IO` when the storage refuses the write, and `KV_POISONED` from then on: nothing is acknowledged any more, reads
 *   go on; close the store and open it again.
 */
export interface KvEngine<K, V> extends KvReader<K, V>, AsyncDisposable {
  /** Where the store lies, for messages. */
  readonly location: string;

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
   * Removes all keys in a range, at once and for good: one write, whatever the number of keys. Disk space comes back when flush and compaction get
   * there, that of segments which lie in the range as a whole without their being read.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` for a range without bounds: to remove all keys there is {@linkcode KvEngine.clear}. A range that
   * has no keys is fine and removes nothing.
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
   * Removes all keys: a range delete without bounds.
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

  /**
   * Writes what is in memory to segments, so that no log has to be replayed.
   *
   * Happens by itself when a MemTable is full, see `memtableSize`. By hand it shortens the next open, and empties the logs before a folder is
   * copied.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("a", "1");
   * await db.flush();
   * assertEquals(db.stats().memtable.entries, 0);
   * assertEquals(db.stats().levels[0]?.segments, 1);
   * ```
   */
  flush(): Promise<void>;

  /**
   * Merges all segments into the deepest level, without deleted keys and without older versions that no snapshot can see.
   * Gives back the disk space that they took. Reads and writes go on meanwhile.
   *
   * @param options With `signal`: gives up, leaving what is done so far, when it is aborted.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("a", "1");
   * await db.del("a");
   * await db.compact(); // or, to give up after a minute: { signal: AbortSignal.timeout(60_000) }
   * assertEquals(db.stats().bytesOnDisk, 0);
   * ```
   */
  compact(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Makes a copy of the store in `target` that opens by itself, while reads and writes go on. It has every write that was made before
   * the call, acknowledged or not, perhaps some that came later, and never a part of a batch. Between folders of one file system
   * it takes no room: segments, which never change, get a second name (hard links). An engine that was opened with `readOnly` copies them.
   *
   * Until the checkpoint is complete, no engine opens `target`; what a crash leaves of it is cleared by the next checkpoint into the same place.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` if `target` holds a store already or lies in the folder of this one, or around it; `KV_LOCKED` while somebody else is at work there,
   * and with the reason of `signal`; all that was written is removed then.
   *
   * @param target A path, a `file:` URL or a storage. A folder that is missing is made.
   * @param options How to be told of its progress and to give it up.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * const backup = new MemoryStorage(); // or a path: "./backup"
   * await db.checkpoint(backup);
   * await db.del("user:1");
   *
   * await using copy = await open(backup);
   * assertEquals(await copy.get("user:1"), "Alice");
   * ```
   */
  checkpoint(
    target: string | URL | Storage,
    options?: CheckpointOptions,
  ): Promise<void>;

  /**
   * Reads all files of the store as they are now and checks every byte, while reads and writes go on. It reports all that is wrong and
   * throws for none of it. To check a store that is closed, or cannot be opened, there is `verify`.
   *
   * Also rejects with the reason of `signal`, and with `KV_CLOSED` when the engine is closed meanwhile.
   *
   * @param options How to be told of its progress and to end it.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assert } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("user:1", "Alice");
   * const { ok, problems } = await db.verify();
   * assert(ok, JSON.stringify(problems));
   * ```
   */
  verify(options?: InspectionOptions): Promise<VerifyReport>;

  /**
   * Makes all writes so far durable, also those that were made with `sync: false`.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * for (let i = 0; i < 1000; i++) void db.put(`key ${i}`, "value", { sync: false });
   * await db.sync(); // one wait for the disk, and all of them are on it
   * assertEquals(db.stats().wal.syncs, 1);
   * ```
   */
  sync(): Promise<void>;

  /**
   * Figures about the store, as a plain object.
   *
   * They cost little: they are kept, not counted.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.put("a", "1");
   * const { lastSequence, wal, cache } = db.stats();
   * assertEquals([lastSequence, wal.commits, cache.hits], [1, 1, 0]);
   * ```
   */
  stats(): KvStats;

  /**
   * Waits for what is under way, makes all writes durable and lets go of files and lock. Calls that come later reject with
   * `KV_CLOSED`; a second `close` waits for the first. When a write has failed in the background, such as that of a segment, and no call has been
   * told yet, it lets go of everything and then rejects with `KV_POISONED` if a write that was acknowledged is not durable.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * const db = await open(new MemoryStorage());
   * await db.put("a", "1");
   * await db.close(); // what `await using` does at the end of the scope
   * const error = await db.get("a").catch((error) => error);
   * assertEquals(error.code, "KV_CLOSED");
   * ```
   */
  close(): Promise<void>;
}
