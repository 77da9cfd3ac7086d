import type { Codec } from "../codec/codec.ts";
import type { InspectionOptions, KeyRange } from "../inspection/report.ts";
import type { Storage } from "../storage/storage.ts";

/**
 * How a store is repaired: either `into` or `inPlace` has to be given.
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
   * Where the new store goes: a path, a `file:` URL or a storage that holds no store. No folder in
   * that of the damaged one, or around it, which is only read. Until the repair is complete, and
   * after one that came to nothing, engines refuse the place; another repair may go there.
   */
  readonly into?: string | URL | Storage;
  /**
   * Replaces the damaged store. Its files stay until the new store is complete and durable, and are
   * removed then, damaged ones among them: copy them before if they may still be wanted. A file
   * that the storage refuses to read, which may be otherwise some day, ends the repair.
   */
  readonly inPlace?: boolean;
  /**
   * The codec that the keys are written with, for a store whose manifest is lost: only that names
   * it. Where nothing names it, `utf8` is assumed and a warning says so; a repair in place is
   * refused then with `KV_INVALID_ARGUMENT`. Nothing is decoded by a repair.
   */
  readonly keys?: Pick<Codec<unknown>, "name">;
  /** The codec that the values are written with, likewise. */
  readonly values?: Pick<Codec<unknown>, "name">;
}

/** Something that could not be saved. */
export interface RepairLoss {
  /** Name of the damaged file. */
  readonly file: string;
  /** Where the loss begins, in bytes from the start of the file. */
  readonly offset: number;
  /** Where it ends: the offset of the first byte behind it. */
  readonly end: number;
  /** Why it could not be saved, for people; may change. */
  readonly reason: string;
  /**
   * The keys that are concerned, where that is known: any of them may be lost, have an older value,
   * or have come back after they were deleted.
   */
  readonly keys?: KeyRange;
  /**
   * Sequence numbers of the writes that are lost, where that is known: from the first to the last.
   */
  readonly writes?: { readonly first: number; readonly last: number };
}

/** What a repair has saved and what it has not, as a plain object that JSON can carry. */
export interface RepairReport {
  /** Whether nothing is lost and nothing in the new store is in doubt. */
  readonly ok: boolean;
  /** Keys with a value in the new store, those of its keyspaces among them. */
  readonly entries: number;
  /** Bytes of these keys and values, as they are stored: in a keyspace with its prefix. */
  readonly bytes: number;
  /** Files of the damaged store that were read. */
  readonly files: number;
  /** Name of the codec for keys that the new store is opened with. */
  readonly keyCodec: string;
  /** Name of its codec for values. */
  readonly valueCodec: string;
  /** What could not be saved; at most 10,000. */
  readonly losses: readonly RepairLoss[];
  /** How many losses more there are than `losses` lists. */
  readonly omittedLosses: number;
  /**
   * What may be wrong with the new store all the same, and what was left out on purpose, in words.
   */
  readonly warnings: readonly string[];
}
