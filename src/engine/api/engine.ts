import type {
  InspectionOptions,
  VerifyReport,
} from "../../inspection/report.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CheckpointOptions } from "./checkpoint.ts";
import type { KeyspaceOptions, KvKeyspace } from "./keyspace.ts";
import type { KvReader } from "./reader.ts";
import type { KvStats } from "./stats.ts";
import type { KvWriter } from "./writer.ts";
import type { WriteOptions } from "./writes.ts";

/**
 * An open store. It reads and writes the keys that are in no keyspace itself, and hands out
 * {@linkcode KvKeyspace}s for the others.
 */
export interface KvEngine<K, V>
  extends KvReader<K, V>, KvWriter<K, V>, AsyncDisposable {
  /** Where the store lies, for messages. */
  readonly location: string;

  /**
   * The keyspace `name` of the store, with codecs of its own. This is cheap and writes nothing: a
   * keyspace is made, in the same batch, by the first write into it. Each call answers with an
   * object of its own, which is best kept; all of one name are the same keyspace.
   *
   * A store with keyspaces keeps the keys that begin with the byte 0xFF for itself. No text and no
   * tuple does; keys of `bytes` and codecs of your own may. While there are such keys, the first
   * write into a first keyspace rejects with `KV_INVALID_ARGUMENT`, and once there is a keyspace,
   * writes of such keys do. They stay reserved when all keyspaces are dropped.
   *
   * Throws `KV_INVALID_ARGUMENT` for a name that is empty or longer than 255 bytes of UTF-8, and
   * for other codecs than the keyspace was made with.
   *
   * @param name Any text of 1 to 255 bytes.
   * @param options Its codecs; `utf8` for both by default.
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
  keyspace<K2 = string, V2 = string>(
    name: string,
    options?: KeyspaceOptions<K2, V2>,
  ): KvKeyspace<K2, V2>;

  /** The names of the keyspaces that there are, in the order of their bytes. */
  keyspaces(): string[];

  /**
   * Removes the keyspace `name` and all that is in it, and tells whether there was one. It is one
   * write, however large the keyspace; the room comes back with compaction. Snapshots and scans
   * that had begun go on seeing it.
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
   * Writes what is in memory to segments, so that no log has to be replayed.
   *
   * Happens by itself when a MemTable is full, see `memtableSize`. By hand it shortens the next
   * open, and empties the logs before a folder is copied.
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
   * @param options With `signal`: waits no longer when it is aborted; the writing goes on.
   */
  flush(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Merges all segments into the deepest level, without deleted keys and without older versions
   * that no snapshot can see. Gives back the disk space that they took. Reads and writes go on
   * meanwhile.
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
   * Makes a copy of the store in `target` that opens by itself, while reads and writes go on. It
   * has every write that was made before the call, acknowledged or not, perhaps some that came
   * later, and never a part of a batch. Between folders of one file system it takes no room:
   * segments, which never change, get a second name (hard links). An engine that was opened with
   * `readOnly` copies them.
   *
   * Until the checkpoint is complete, no engine opens `target`, nor after one that has failed:
   * nothing is left of that but an empty file `CHECKPOINT`, by which `open` refuses the place with
   * `KV_CORRUPTION` rather than making an empty store there. The next checkpoint into the same
   * place clears what is left, by a crash too.
   *
   * Also rejects with `KV_INVALID_ARGUMENT` if `target` holds a store already or lies in the folder
   * of this one, or around it; `KV_LOCKED` while somebody else is at work there, and with the
   * reason of `signal`.
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
   * Reads all files of the store as they are now and checks every byte, while reads and writes go
   * on. It reports all that is wrong and throws for none of it. To check a store that is closed, or
   * cannot be opened, there is `verify`.
   *
   * Also rejects with the reason of `signal`, and with `KV_CLOSED` when the engine is closed
   * meanwhile.
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
   * Waits for what is under way, makes all writes durable and lets go of files and lock. Calls that
   * come later reject with `KV_CLOSED`; a second `close` waits for the first. When a write has
   * failed in the background, such as that of a segment, and no call has been told yet, it lets go
   * of everything and then rejects with `KV_POISONED` if a write that was acknowledged is not
   * durable.
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
