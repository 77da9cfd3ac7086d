/**
 * The keys a scan covers. Bounds are compared as the unsigned bytes of the encoded keys; bounds and
 * prefix combine. Without any of them a scan covers all keys.
 *
 * @example
 * ```ts
 * import { json, open, tuple } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage(), { keys: tuple, values: json<number>() });
 * for (let day = 1; day <= 9; day++) await db.put(["visits", day], day * 10);
 * const range = { prefix: ["visits"], gt: ["visits", 3], lte: ["visits", 5] };
 * assertEquals(Array.from(db.scanSync(range), ([, count]) => count), [40, 50]);
 * ```
 */
export interface RangeOptions<K> {
  /** Keys after this one. Not together with `gte`. */
  readonly gt?: K;
  /** Keys at or after this one. Not together with `gt`. */
  readonly gte?: K;
  /** Keys before this one. Not together with `lte`. */
  readonly lt?: K;
  /** Keys at or before this one. Not together with `lt`. */
  readonly lte?: K;
  /**
   * Keys whose encoding begins with the encoding of this one: a string or byte prefix, or the
   * leading parts of a tuple.
   */
  readonly prefix?: K;
}

/**
 * Range, direction and limit of a scan.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.batch().put("a", "1").put("b", "2").put("c", "3").commit();
 * const [last] = db.scanSync({ reverse: true, limit: 1 });
 * assertEquals(last, ["c", "3"]);
 * ```
 */
export interface ScanOptions<K> extends RangeOptions<K> {
  /** From the last key to the first. Default `false`. */
  readonly reverse?: boolean;
  /** Maximum number of entries to yield. Default: no limit. */
  readonly limit?: number;
}

/**
 * {@linkcode ScanOptions} for an asynchronous scan.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.batch().put("a", "1").put("b", "2").commit();
 * const signal = AbortSignal.abort("no time");
 * const reason = await db.scan({ signal }).next().catch((reason) => reason);
 * assertEquals(reason, "no time");
 * ```
 */
export interface AsyncScanOptions<K> extends ScanOptions<K> {
  /** Ends the scan early: once it is aborted, the next step rejects with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The entries of a scan, as of its start. Use it once, in `for await` or with `next`. If you
 * neither reach the end nor leave the loop early, call `return` or use `await using` to release the
 * files that the scan holds.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.batch().put("a", "1").put("b", "2").commit();
 * await using entries = db.scan();
 * assertEquals(await entries.next(), { done: false, value: ["a", "1"] });
 * ```
 */
export interface KvIterator<T>
  extends AsyncIterableIterator<T, undefined, void>, AsyncDisposable {
  /** Ends the scan and releases what it holds. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** This iterator. */
  [Symbol.asyncIterator](): KvIterator<T>;
  /**
   * The rest of the scan as a stream, for pipes. It reads ahead by 64 KiB of keys and values, as
   * its reader consumes them. If you do not read it to the end, cancel it, as pipes do
   * automatically, to release the files that the scan holds.
   *
   * @param options With `signal`: when it is aborted, ends the scan and errors the stream with the
   * reason.
   *
   * @example
   * ```ts
   * import { open } from "@purekv/purekv";
   * import { MemoryStorage } from "@purekv/purekv/memory";
   * import { assertEquals } from "@std/assert";
   *
   * await using db = await open(new MemoryStorage());
   * await db.batch().put("a", "1").put("b", "2").commit();
   * const upper = new TransformStream<[string, string], string>({
   *   transform: ([key], controller) => controller.enqueue(key.toUpperCase()),
   * });
   * assertEquals(await Array.fromAsync(db.scan().stream().pipeThrough(upper)), ["A", "B"]);
   * ```
   */
  stream(options?: StreamOptions): ReadableStream<T>;
}

/** How a scan is turned into a stream. */
export interface StreamOptions {
  /** Ends the scan and the stream when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * The entries of a synchronous scan; otherwise like {@linkcode KvIterator}.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage());
 * await db.batch().put("a", "1").put("b", "2").commit();
 * using entries = db.scanSync();
 * assertEquals(entries.next(), { done: false, value: ["a", "1"] });
 * ```
 */
export interface KvSyncIterator<T>
  extends IterableIterator<T, undefined, void>, Disposable {
  /** Ends the scan and releases what it holds. */
  return(): IteratorReturnResult<undefined>;
  /** This iterator. */
  [Symbol.iterator](): KvSyncIterator<T>;
}
