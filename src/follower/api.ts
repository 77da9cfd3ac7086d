import type { Codec } from "../codec/codec.ts";
import type {
  KeyCodec,
  NoCodecs,
  ValueCodec,
} from "../engine/api/codec_options.ts";
import type {
  KeyspaceOptions,
  KvKeyspaceReader,
} from "../engine/api/keyspace.ts";
import type { KvReader, KvSnapshot } from "../engine/api/reader.ts";

/**
 * How to follow a store.
 *
 * @example
 * ```ts
 * import { follow, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new MemoryStorage();
 * await using db = await open(storage);
 * await using reader = await follow(storage, { refreshMs: 0, cacheSize: 8 * 1024 * 1024 });
 * await db.put("a", "1");
 * assertEquals(reader.getSync("a"), undefined); // looks only when it is told to
 * await reader.refresh();
 * assertEquals(reader.getSync("a"), "1");
 * ```
 */
export interface FollowOptions<K, V> {
  /** The codec of the keys, the same as the store's. Default `utf8`. */
  readonly keys?: Codec<K>;
  /** The codec of the values, the same as the store's. Default `utf8`. */
  readonly values?: Codec<V>;
  /** Memory for blocks and indexes of segments, in bytes. Default 32 MiB; 0 to 64 GiB. */
  readonly cacheSize?: number;
  /**
   * How often the follower looks for new writes, in milliseconds. Default 10; 0 to 3,600,000; with
   * 0 only on {@linkcode KvFollower.refresh}.
   */
  readonly refreshMs?: number;
}

/**
 * Reads a store while an engine elsewhere writes it: in another worker, process or runtime.
 * Committed writes are seen after `refreshMs`, or once this thread's event loop is free if that is
 * later; always a prefix of the engine's writes, with batches complete.
 *
 * Reads also throw the error, such as `KV_CORRUPTION` or `KV_IO`, that keeps the follower from
 * refreshing: it does not return data that may be stale.
 *
 * @example
 * ```ts
 * import { follow, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new MemoryStorage();
 * await using db = await open(storage);
 * await using reader = await follow(storage); // mostly in another process
 * await db.batch().put("a", "1").put("b", "2").commit();
 * await reader.refresh();
 * assertEquals([...reader.scanSync()], [["a", "1"], ["b", "2"]]);
 * assertEquals(reader.lastSequence, 2);
 * ```
 */
export interface KvFollower<K, V> extends KvReader<K, V>, AsyncDisposable {
  /** Path or description of the store, for error messages. */
  readonly location: string;

  /** Sequence number of the last write seen. */
  readonly lastSequence: number;

  /**
   * The keyspace `name`, with its own codecs. One that does not exist has no keys until the engine
   * creates it and the follower has seen that.
   *
   * Throws `KV_INVALID_ARGUMENT` for an invalid name; for codecs other than those the keyspace was
   * created with, this call or the next read does.
   *
   * @param name Any text of 1 to 255 bytes.
   * @param options Its codecs. Keys and values without one are text (`utf8`). This overload takes a
   * codec for the values only; the others take one for the keys only, none, or both.
   *
   * @example
   * ```ts
   * import { follow, open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * const storage = new MemoryStorage();
   * await using db = await open(storage);
   * await using reader = await follow(storage);
   * const users = reader.keyspace("users");
   * await db.keyspace("users").put("1", "Alice");
   * await reader.refresh();
   * assertEquals(users.getSync("1"), "Alice");
   * ```
   */
  keyspace<V2>(
    name: string,
    options: ValueCodec<V2>,
  ): KvKeyspaceReader<string, V2>;
  /** The keyspace `name` with a codec for the keys only; values are text. */
  keyspace<K2>(
    name: string,
    options: KeyCodec<K2>,
  ): KvKeyspaceReader<K2, string>;
  /** The keyspace `name` without codecs; keys and values are text. */
  keyspace(name: string, options?: NoCodecs): KvKeyspaceReader<string, string>;
  /**
   * The keyspace `name` with codecs for keys and values, or with options whose codecs only their
   * type tells.
   */
  keyspace<K2 = string, V2 = string>(
    name: string,
    options: KeyspaceOptions<K2, V2> | undefined,
  ): KvKeyspaceReader<K2, V2>;

  /** The names of all keyspaces, in byte order. */
  keyspaces(): string[];

  /**
   * Takes a snapshot of what is seen now. It stays unchanged and readable across refreshes until it
   * or the follower is closed; the files that it needs stay open and take disk space, even if the
   * engine has removed them.
   *
   * @example
   * ```ts
   * import { follow, open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * const storage = new MemoryStorage();
   * await using db = await open(storage);
   * await db.put("a", "1");
   * await using reader = await follow(storage);
   * using before = reader.snapshot();
   * await db.put("a", "2");
   * await reader.refresh();
   * assertEquals([before.getSync("a"), reader.getSync("a")], ["1", "2"]);
   * ```
   */
  snapshot(): KvSnapshot<K, V>;

  /**
   * Looks for new writes now. Everything the engine had committed before the call is seen
   * afterwards.
   */
  refresh(): Promise<void>;

  /**
   * Releases all files. Later calls throw or reject with `KV_CLOSED`; a second `close` waits for
   * the first.
   */
  close(): Promise<void>;
}
