/**
 * purekv: an embedded, ordered, durable key-value engine for Deno, Bun and Node, in pure
 * TypeScript.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage()); // or a path: open("./data")
 * await db.put("user:1", "Alice");
 * assertEquals(await db.get("user:1"), "Alice");
 * ```
 *
 * @module
 */
import { type OpenOptions, openStore } from "./src/engine/open.ts";
import type {
  KeyCodec,
  NoCodecs,
  ValueCodec,
} from "./src/engine/api/codec_options.ts";
import type { KvEngine } from "./src/engine/api/engine.ts";
import type {
  InspectionOptions,
  InspectionProgress,
  KeyRange,
  StoreProblem,
  StoreProblemCode,
  VerifyReport,
} from "./src/inspection/report.ts";
import type {
  RepairLoss,
  RepairOptions,
  RepairReport,
} from "./src/maintenance/repair_report.ts";
import { repairStore } from "./src/maintenance/repair_store.ts";
import { verifyStore } from "./src/maintenance/verify.ts";
import type { FollowOptions, KvFollower } from "./src/follower/api.ts";
import { followStore } from "./src/follower/follow.ts";
import { storageAt } from "./src/storage/local_storage.ts";
import type { Awaitable, Storage } from "./src/storage/storage.ts";

export type { OpenOptions };
export type { KeyCodec, NoCodecs, ValueCodec };
export type { KvEngine };
export type { FollowOptions, KvFollower };
export type {
  InspectionOptions,
  InspectionProgress,
  KeyRange,
  RepairLoss,
  RepairOptions,
  RepairReport,
  StoreProblem,
  StoreProblemCode,
  VerifyReport,
};
export type * from "./src/engine/api/checkpoint.ts";
export type * from "./src/engine/api/keyspace.ts";
export type * from "./src/engine/api/range_size.ts";
export type * from "./src/engine/api/ranges.ts";
export type * from "./src/engine/api/reader.ts";
export type * from "./src/engine/api/stats.ts";
export type * from "./src/engine/api/transfer.ts";
export type * from "./src/engine/api/writer.ts";
export type * from "./src/engine/api/batch.ts";
export type {
  BackgroundPlace,
  CompactionOptions,
  Compression,
  EngineOptions,
} from "./src/options.ts";
export type { Codec } from "./src/codec/codec.ts";
export { bytes } from "./src/codec/bytes.ts";
export { json } from "./src/codec/json.ts";
export { type Tuple, tuple, type TuplePart } from "./src/codec/tuple.ts";
export { utf8 } from "./src/codec/utf8.ts";
export {
  type IoFailure,
  KvCorruptionError,
  KvError,
  type KvErrorCode,
  KvImportError,
  KvIoError,
  KvLockedError,
} from "./src/errors.ts";
export { KvPoisonedError } from "./src/engine/api/poisoned_error.ts";
export type { Awaitable, Storage };
export type {
  LockOptions,
  ReadableFile,
  StorageLock,
  WritableFile,
} from "./src/storage/storage.ts";

/**
 * Opens the store at `location`, creating it if there is none. Only one engine can have a store
 * open at a time, in whatever runtime; engines opened with `readOnly` share it.
 *
 * Keys and values without a codec are text. This overload takes a codec for the values only, so
 * keys are text; the others take a codec for the keys only, none, or both.
 *
 * @param location A path, a `file:` URL, or a storage such as `MemoryStorage` or one of your own.
 * @param options How to open it; see {@linkcode OpenOptions}.
 * @returns The open engine. Close it with `close` or `await using`.
 * @throws {KvError} `KV_LOCKED` while another engine has it open; `KV_NOT_FOUND` if there is none
 * and `createIfMissing` is false; `KV_CORRUPTION` for a damaged store; `KV_INVALID_ARGUMENT` for an
 * unknown or invalid option, or codecs other than those it was created with; `KV_UNSUPPORTED` for a
 * format or an option that this version or runtime does not support; `KV_IO` if the storage
 * refuses.
 *
 * @example Keys and values of other types
 * ```ts
 * import { json, open, tuple } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage(), {
 *   keys: tuple,
 *   values: json<{ name: string }>(),
 * });
 * await db.put(["user", 1], { name: "Alice" });
 * assertEquals((await db.get(["user", 1]))?.name, "Alice");
 * ```
 */
export function open<V>(
  location: string | URL | Storage,
  options: OpenOptions<string, V> & ValueCodec<V>,
): Promise<KvEngine<string, V>>;
/**
 * Opens a store with a codec for the keys only; values are text.
 *
 * @param location A path, a `file:` URL or a storage.
 * @param options How to open it, with `keys`.
 */
export function open<K>(
  location: string | URL | Storage,
  options: OpenOptions<K, string> & KeyCodec<K>,
): Promise<KvEngine<K, string>>;
/**
 * Opens a store without codecs; keys and values are text.
 *
 * @param location A path, a `file:` URL or a storage.
 * @param options How to open it.
 */
export function open(
  location: string | URL | Storage,
  options?: OpenOptions<string, string> & NoCodecs,
): Promise<KvEngine<string, string>>;
/**
 * Opens a store with codecs for keys and values, or with options whose codecs only their type
 * tells, as a wrapper of `open` has them.
 *
 * @param location A path, a `file:` URL or a storage.
 * @param options How to open it, with `keys` and `values`.
 */
export function open<K = string, V = string>(
  location: string | URL | Storage,
  options: OpenOptions<K, V> | undefined,
): Promise<KvEngine<K, V>>;
export async function open<K, V>(
  location: string | URL | Storage,
  options: OpenOptions<K, V> = {},
): Promise<KvEngine<K, V>> {
  return await openStore(await storageAt(location), options, storageAt);
}

/**
 * Follows the store at `location` while an engine writes it elsewhere: in another worker of this
 * process, in another process, in another runtime. Any number of followers can read side by side,
 * each with its own cache; they take no lock and write nothing.
 *
 * Keys and values without a codec are text. This overload takes a codec for the values only, so
 * keys are text; the others take a codec for the keys only, none, or both.
 *
 * @param location A path, a `file:` URL or a storage, as for {@linkcode open}.
 * @param options How to follow it; see {@linkcode FollowOptions}.
 * @returns The follower. Close it with `close` or `await using`.
 * @throws {KvError} `KV_NOT_FOUND` if there is no store; `KV_CORRUPTION` for a damaged one;
 * `KV_INVALID_ARGUMENT` for an unknown or invalid option, or codecs other than those it was created
 * with; `KV_UNSUPPORTED` for a format that this version does not know; `KV_IO` if the storage
 * refuses.
 *
 * @example
 * ```ts
 * import { follow, open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new MemoryStorage(); // or a path: "./data", in a worker for example
 * await using db = await open(storage);
 * await using reader = await follow(storage);
 * await db.put("user:1", "Alice");
 * await reader.refresh(); // or wait for `refreshMs`
 * assertEquals(reader.getSync("user:1"), "Alice");
 * ```
 */
export function follow<V>(
  location: string | URL | Storage,
  options: FollowOptions<string, V> & ValueCodec<V>,
): Promise<KvFollower<string, V>>;
/**
 * Follows a store with a codec for the keys only; values are text.
 *
 * @param location A path, a `file:` URL or a storage.
 * @param options How to follow it, with `keys`.
 */
export function follow<K>(
  location: string | URL | Storage,
  options: FollowOptions<K, string> & KeyCodec<K>,
): Promise<KvFollower<K, string>>;
/**
 * Follows a store without codecs; keys and values are text.
 *
 * @param location A path, a `file:` URL or a storage.
 * @param options How to follow it.
 */
export function follow(
  location: string | URL | Storage,
  options?: FollowOptions<string, string> & NoCodecs,
): Promise<KvFollower<string, string>>;
/**
 * Follows a store with codecs for keys and values, or with options whose codecs only their type
 * tells, as a wrapper of `follow` has them.
 *
 * @param location A path, a `file:` URL or a storage.
 * @param options How to follow it, with `keys` and `values`.
 */
export function follow<K = string, V = string>(
  location: string | URL | Storage,
  options: FollowOptions<K, V> | undefined,
): Promise<KvFollower<K, V>>;
export async function follow<K, V>(
  location: string | URL | Storage,
  options: FollowOptions<K, V> = {},
): Promise<KvFollower<K, V>> {
  return await followStore(await storageAt(location), options);
}

/**
 * Reads every file of a store that is not open and reports everything wrong with it, and what that
 * means for the data. Writes nothing and works on read-only file systems; it can run beside
 * read-only engines. To check an open store, use its engine's `verify` method.
 *
 * @param location A path, a `file:` URL or a storage, as for {@linkcode open}.
 * @param options Progress callback and abort signal.
 * @returns What was found. `ok` says whether the store is as it was written.
 * @throws {KvError} `KV_LOCKED` while an engine has it open for writing; `KV_NOT_FOUND` if there is
 * none; `KV_IO` if the storage cannot even list its files. All other problems are reported, not
 * thrown.
 *
 * @example
 * ```ts
 * import { open, verify } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const storage = new MemoryStorage(); // or a path: "./data"
 * {
 *   await using db = await open(storage);
 *   await db.put("user:1", "Alice");
 * }
 * const { ok, problems } = await verify(storage);
 * assertEquals({ ok, problems }, { ok: true, problems: [] });
 * ```
 */
export async function verify(
  location: string | URL | Storage,
  options: InspectionOptions = {},
): Promise<VerifyReport> {
  return await verifyStore(await storageAt(location), options);
}

/**
 * Saves everything that can be saved from a damaged store into a new one: with `into` elsewhere,
 * only reading the damaged store, or with `inPlace` in its place. For each key the new store has
 * the newest value that could be read.
 *
 * It reads whatever is there: every whole block of a segment, even without index or footer, and
 * every whole frame of a log, even after damage. Losses are reported with the keys affected. Older
 * values or deleted keys that the lost data had replaced may reappear. Without a manifest it is not
 * known which of several segments is the newest; a warning says so.
 *
 * Files and pages that the storage refuses to read are lost too, and the rest is saved; a repair in
 * place, which would remove them, fails instead.
 *
 * If it fails, or the process dies or loses power, the damaged store is unchanged and `into` holds
 * no store; nor will an engine create an empty one there.
 *
 * @param location A path, a `file:` URL or a storage, as for {@linkcode open}.
 * @param options Where the new store goes; see {@linkcode RepairOptions}.
 * @returns What was saved and what was not. `ok` says whether nothing is lost or in doubt.
 * @throws {KvError} `KV_LOCKED` while an engine has the store open; `KV_NOT_FOUND` if there is
 * none; `KV_INVALID_ARGUMENT` for an unknown or invalid option, or a target that holds files of a
 * store; `KV_UNSUPPORTED` for an unsupported format or compression; `KV_IO` if a write fails, or
 * nothing at all can be read.
 *
 * @example
 * ```ts
 * import { open, repair } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const damaged = new MemoryStorage(); // or a path: "./data"
 * {
 *   await using db = await open(damaged);
 *   await db.put("user:1", "Alice");
 * }
 * damaged.remove("MANIFEST");
 *
 * const repaired = new MemoryStorage(); // or a path: "./repaired"
 * const { entries, losses, warnings } = await repair(damaged, { into: repaired });
 * assertEquals([entries, losses.length, warnings.length > 0], [1, 0, true]);
 * await using db = await open(repaired);
 * assertEquals(await db.get("user:1"), "Alice");
 * ```
 */
export async function repair(
  location: string | URL | Storage,
  options: RepairOptions,
): Promise<RepairReport> {
  return await repairStore(await storageAt(location), options, storageAt);
}
