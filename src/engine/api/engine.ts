import type {
  InspectionOptions,
  VerifyReport,
} from "../../inspection/report.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import type { KeyCodec, NoCodecs, ValueCodec } from "./codec_options.ts";
import type { KeyspaceOptions, KvKeyspace } from "./keyspace.ts";
import type { KvReader } from "./reader.ts";
import type { KvStats } from "./stats.ts";
import type { KvWriter } from "./writer.ts";
import type { WriteOptions } from "./batch.ts";

/**
 * An open store. It reads and writes the keys outside keyspaces itself, and hands out
 * {@linkcode KvKeyspace}s for the others.
 */
export interface KvEngine<K, V>
  extends KvReader<K, V>, KvWriter<K, V>, AsyncDisposable {
  /** Path or description of the store, for error messages. */
  readonly location: string;

  /**
   * The keyspace `name`, with its own codecs. This is cheap and writes nothing: the first write to
   * a keyspace creates it, in the same batch. Each call returns a new object, so keep it; all
   * objects of one name are the same keyspace.
   *
   * The first write also fixes the codecs of the keyspace. Until then it can be asked for with any;
   * afterwards the objects that have others throw or reject with `KV_INVALID_ARGUMENT`.
   *
   * A store with keyspaces reserves the keys that begin with the byte 0xFF. Text and tuples never
   * do; keys of `bytes` and custom codecs may. While the store has such keys, the write that would
   * create its first keyspace rejects with `KV_INVALID_ARGUMENT`; once there is a keyspace, writes
   * of such keys do. They stay reserved after all keyspaces are dropped.
   *
   * Throws `KV_INVALID_ARGUMENT` for a name that is empty or longer than 255 bytes of UTF-8, and
   * for codecs other than those an existing keyspace was created with.
   *
   * @param name Any text of 1 to 255 bytes.
   * @param options Its codecs. Keys and values without one are text (`utf8`). This overload takes a
   * codec for the values only; the others take one for the keys only, none, or both.
   *
   * @example
   * ```ts
   * import { json, open, tuple } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * const visits = db.keyspace("visits", { keys: tuple, values: json<number>() });
   * await visits.put(["2026-01", "alice"], 3);
   * await visits.put(["2026-02", "alice"], 5);
   * assertEquals(await visits.count({ prefix: ["2026-01"] }), 1);
   * assertEquals(db.keyspaces(), ["visits"]);
   * ```
   */
  keyspace<V2>(name: string, options: ValueCodec<V2>): KvKeyspace<string, V2>;
  /** The keyspace `name` with a codec for the keys only; values are text. */
  keyspace<K2>(name: string, options: KeyCodec<K2>): KvKeyspace<K2, string>;
  /** The keyspace `name` without codecs; keys and values are text. */
  keyspace(name: string, options?: NoCodecs): KvKeyspace<string, string>;
  /**
   * The keyspace `name` with codecs for keys and values, or with options whose codecs only their
   * type tells.
   */
  keyspace<K2 = string, V2 = string>(
    name: string,
    options: KeyspaceOptions<K2, V2> | undefined,
  ): KvKeyspace<K2, V2>;

  /** The names of all keyspaces, in byte order. */
  keyspaces(): string[];

  /**
   * Removes the keyspace `name` with all its keys, and returns whether it existed. It is one write,
   * however large the keyspace; compaction reclaims the space. Existing snapshots and running scans
   * still see it.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.keyspace("sessions").put("1", "Alice");
   * assertEquals(await db.dropKeyspace("sessions"), true);
   * assertEquals(db.keyspaces(), []);
   * assertEquals(await db.keyspace("sessions").get("1"), undefined);
   * ```
   */
  dropKeyspace(name: string, options?: WriteOptions): Promise<boolean>;

  /**
   * Writes the MemTables to segments, so that no log has to be replayed.
   *
   * Happens automatically when a MemTable is full, see `memtableSize`. Calling it shortens the next
   * open. It is no preparation for copying the folder of an open store, which may cost the lock:
   * that is what {@linkcode KvEngine.checkpoint} is for.
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
   *
   * @param options With `signal`: stops waiting when it is aborted; the flush itself continues.
   */
  flush(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Merges all segments into the deepest level, dropping deleted keys and older versions that no
   * snapshot can see, and frees their disk space. Reads and writes continue meanwhile.
   *
   * @param options With `signal`: stops when it is aborted, keeping what is done so far.
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
   * Makes a copy of the store in `target` that can be opened by itself, while reads and writes
   * continue. It has every write made before the call, acknowledged or not, perhaps some later
   * ones, and never part of a batch. Between folders of one file system it takes almost no disk
   * space: segments are hard-linked. An engine opened with `readOnly` copies them.
   *
   * No engine opens `target` before the checkpoint is complete. A failed one leaves only an empty
   * file `CHECKPOINT`, which makes `open` refuse the place with `KV_CORRUPTION` rather than create
   * an empty store there. The next checkpoint into the same place clears leftovers, including those
   * of a crash.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` if `target` already holds a store, lies inside this
   * store's folder, or contains it; with `KV_LOCKED` while it is in use elsewhere; and with the
   * reason of `signal`.
   *
   * @param target A path, a `file:` URL or a storage. A missing folder is created.
   * @param options Progress callback and abort signal.
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
   * Reads all files of the store as they are now and checks every byte, while reads and writes
   * continue. Problems are reported, not thrown. To check a store that is closed or cannot be
   * opened, use the function `verify`.
   *
   * Also rejects with the reason of `signal`, and with `KV_CLOSED` if the engine is closed
   * meanwhile.
   *
   * @param options Progress callback and abort signal.
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
   * Makes all writes so far durable, including those with `sync: false`.
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
   * Statistics as a plain object.
   *
   * Cheap: counters are maintained, nothing is scanned.
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
   * Waits for pending work, makes all writes durable and releases files and lock. Later calls
   * reject with `KV_CLOSED`; a second `close` waits for the first. If a background write, such as
   * that of a segment, has failed and no call has reported it yet, it releases everything and then
   * rejects with `KV_POISONED` if an acknowledged write is not durable.
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
