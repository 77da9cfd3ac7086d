/**
 * Which keys a scan goes through. Bounds are compared as the unsigned bytes of the encoded keys;
 * they and the prefix narrow one another. Without any of them a scan goes through all keys.
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
   * Keys whose encoding begins with the encoding of this one: of strings and bytes their beginning,
   * of tuples their first parts.
   */
  readonly prefix?: K;
}

/**
 * What a scan goes through, in which direction and how far.
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
  /** The most entries to yield. Default: no limit. */
  readonly limit?: number;
}

/**
 * {@linkcode ScanOptions} for a scan that can be waited for.
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
 * The entries of a scan, as they were when it was started. Use it in `for await`, once, or step
 * through it with `next`; whoever does not go to the end or leave the loop early calls `return` or
 * uses `await using`, which lets go of the files that the scan holds.
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
  /** Ends the scan and lets go of what it holds. */
  return(): Promise<IteratorReturnResult<undefined>>;
  /** This iterator. */
  [Symbol.asyncIterator](): KvIterator<T>;
  /**
   * The rest of the scan as a stream, for pipes. It reads ahead by 64 KiB of keys and values, as
   * its reader takes them. Who does not read it to its end cancels it, as pipes do by themselves,
   * which lets go of the files that the scan holds.
   *
   * @param options With `signal`: ends the scan and the stream, whose reader gets the reason, when
   * it is aborted.
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

/** How a scan is made a stream. */
export interface StreamOptions {
  /** Ends the scan and the stream when it is aborted. */
  readonly signal?: AbortSignal;
}

/**
 * The entries of a scan that answers at once; otherwise as {@linkcode KvIterator}.
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
  /** Ends the scan and lets go of what it holds. */
  return(): IteratorReturnResult<undefined>;
  /** This iterator. */
  [Symbol.iterator](): KvSyncIterator<T>;
}
