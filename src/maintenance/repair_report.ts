import type { Codec } from "../codec/codec.ts";
import type { InspectionOptions, KeyRange } from "../inspection/report.ts";
import type { Storage } from "../storage/storage.ts";

/**
 * How to repair a store: exactly one of `into` and `inPlace` is required.
 *
 * @example
 * ```ts
 * import { open, repair, tuple, utf8 } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new MemoryStorage();
 * {
 *   await using db = await open(storage, { keys: tuple });
 *   await db.put(["a"], "1");
 * }
 * storage.remove("MANIFEST"); // and with it the names of the codecs
 * await repair(storage, { inPlace: true, keys: tuple, values: utf8 });
 * await using db = await open(storage, { keys: tuple });
 * assertEquals(db.getSync(["a"]), "1");
 * ```
 */
export interface RepairOptions extends InspectionOptions {
  /**
   * Where the new store goes: a path, a `file:` URL or a storage that holds no store. It must not
   * be inside, or contain, the damaged store, which is only read. Engines refuse the place until
   * the repair is complete, and after a failed one; another repair may use it.
   */
  readonly into?: string | URL | Storage;
  /**
   * Replaces the damaged store. Its files stay until the new store is complete and durable; then
   * they are removed, including damaged ones: copy them first if you may still need them. A file
   * that cannot be read now fails the repair, since it may be readable later.
   */
  readonly inPlace?: boolean;
  /**
   * The codec of the keys, for a store whose manifest, which names it, is lost. If nothing names
   * it, `utf8` is assumed with a warning; a repair in place is then refused with
   * `KV_INVALID_ARGUMENT`. A repair decodes nothing.
   */
  readonly keys?: Pick<Codec<unknown>, "name">;
  /** The codec of the values, likewise. */
  readonly values?: Pick<Codec<unknown>, "name">;
}

/** Something that could not be saved. */
export interface RepairLoss {
  /** Name of the damaged file. */
  readonly file: string;
  /** Where the loss begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Where it ends: the offset of the first byte after it. */
  readonly end: number;
  /** Why it could not be saved, for people; may change. */
  readonly reason: string;
  /**
   * The keys affected, if known: any of them may be lost, have an older value, or have reappeared
   * after being deleted.
   */
  readonly keys?: KeyRange;
  /** Sequence numbers of the lost writes, first to last, if known. */
  readonly writes?: { readonly first: number; readonly last: number };
}

/** The result of a repair, as a plain JSON-serializable object. */
export interface RepairReport {
  /** Whether nothing is lost and nothing in the new store is in doubt. */
  readonly ok: boolean;
  /** Keys with a value in the new store, including those of its keyspaces. */
  readonly entries: number;
  /** Bytes of these keys and values as stored, including keyspace prefixes. */
  readonly bytes: number;
  /** Files of the damaged store that were read. */
  readonly files: number;
  /** Name of the new store's key codec. */
  readonly keyCodec: string;
  /** Name of its value codec. */
  readonly valueCodec: string;
  /** What could not be saved; at most 10,000. */
  readonly losses: readonly RepairLoss[];
  /** Number of losses not listed in `losses`. */
  readonly omittedLosses: number;
  /** What may still be wrong with the new store, and what was left out on purpose, in words. */
  readonly warnings: readonly string[];
}
