import type { Codec } from "../codec/codec.ts";
import {
  corruption,
  invalidArgument,
  KvCorruptionError,
  KvError,
} from "../errors.ts";
import {
  CHECKPOINT_NAME,
  logName,
  MANIFEST_NAME,
  parseFileName,
  REPAIR_NAME,
} from "../format/file_names.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import type { ManifestState } from "../manifest/manifest_codec.ts";
import { readManifest, replaceManifest } from "../manifest/manifest_store.ts";
import {
  type EngineOptions,
  type ResolvedOptions,
  resolveOptions,
} from "../options.ts";
import { BlockCache } from "../segment/block_cache.ts";
import type { Storage, StorageLock } from "../storage/storage.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import {
  type Codecs,
  codecsOf,
  refuseCodec,
  refuseOtherCodecs,
} from "./codecs/codecs.ts";
import { Engine } from "./engine.ts";
import { GuardedStorage } from "./files/guarded_storage.ts";
import { randomStoreId } from "./runtime/random.ts";
import { Catalogue } from "./keyspaces/catalogue.ts";
import { CatalogueEntries } from "./keyspaces/catalogue_entries.ts";
import {
  liveLogNumbers,
  type Recovered,
  replayLogs,
} from "./state/recovery.ts";
import { refuseNoStorage, type StorageAt } from "./files/storage_check.ts";
import { Store } from "./store/store.ts";
import { VersionSet } from "./state/version_set.ts";

/**
 * Numbers that are left for files if a store is to be opened for writing: more than a process ever
 * needs.
 */
const FEWEST_FREE_NUMBERS = 2 ** 32;

/**
 * How to open a store: {@linkcode EngineOptions} and the codecs of its keys and values.
 *
 * @example
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
 * assertEquals(db.getSync(["user", 1])?.name, "Alice");
 * ```
 */
export interface OpenOptions<K, V> extends EngineOptions {
  /** Encodes keys, and so determines their order. Default `utf8`. */
  readonly keys?: Codec<K>;
  /** Encodes values. Default `utf8`. */
  readonly values?: Codec<V>;
}

/**
 * Opens the store in `storage`: takes the lock, reads the manifest, replays the logs and sweeps
 * what no manifest names.
 *
 * @param storageAt Finds the storage for other places that the engine is told of later on.
 */
export async function openStore<K, V>(
  storage: Storage,
  options: OpenOptions<K, V>,
  storageAt: StorageAt,
): Promise<Engine<K, V>> {
  refuseNoStorage(storage, "open");
  refuseCodec(options, `open ${storage.location}`);
  const resolved = resolveOptions(options, ["keys", "values"]);
  const codecs = codecsOf(options);
  resolved.signal?.throwIfAborted();
  await refuseMissing(storage, resolved);
  const lock = await storage.lock({ shared: resolved.readOnly });
  try {
    const guarded = new GuardedStorage(storage, lock);
    const store = await openLocked(guarded, lock, resolved, codecs);
    return new Engine(store, codecs, storageAt);
  } catch (error) {
    await lock.release();
    if (error instanceof KvCorruptionError) tellPlace(error, storage);
    throw error;
  }
}

/** Who looks at a file knows no more than its name. */
function tellPlace(error: KvCorruptionError, { location }: Storage): void {
  error.message = `Cannot open ${location}: ${error.message}`;
}

/** Looks before the lock is taken, since an exclusive lock makes the location. */
async function refuseMissing(
  storage: Storage,
  { createIfMissing, readOnly }: ResolvedOptions,
): Promise<void> {
  if (createIfMissing && !readOnly) return;
  if ((await storage.list()).length > 0) return;
  throw notFound(storage, readOnly);
}

function notFound(storage: Storage, readOnly: boolean): KvError {
  const hint = readOnly ? "" : ", or let createIfMissing make one";
  return new KvError(
    "KV_NOT_FOUND",
    `Cannot open ${storage.location}: there is no store; check the path${hint}`,
  );
}

async function openLocked<K, V>(
  storage: Storage,
  lock: StorageLock,
  options: ResolvedOptions,
  codecs: Codecs<K, V>,
): Promise<Store> {
  const state = await readManifest(storage) ??
    await createManifest(storage, options, codecs);
  if (options.errorIfExists && state.nextFileNumber > 1) {
    throw invalidArgument(
      `Cannot create ${storage.location}: the store already exists, and errorIfExists is set`,
    );
  }
  refuseOtherCodecs(storage, state, codecs);
  const names = await storage.list();
  options.signal?.throwIfAborted();
  const nextFileNumber = firstFreeNumber(state, names);
  if (!options.readOnly) refuseUsedUp(storage, nextFileNumber);
  const logs = liveLogNumbers(state, names);
  const recovered = await replayLogs(storage, state, logs);
  options.signal?.throwIfAborted();
  const cache = new BlockCache(options.cacheSize, storage.synchronous);
  const versions = await VersionSet.open(storage, cache, state);
  versions.skipFileNumber(nextFileNumber - 1);
  const store = new Store({
    storage,
    lock,
    options,
    cache,
    versions,
    recovered,
    catalogue: await readCatalogue(versions, recovered),
  });
  if (options.readOnly) return store;
  try {
    await startSwept(storage, store, { state, names, logs, recovered });
  } catch (error) {
    await giveUp(store);
    throw error;
  }
  return store;
}

/** Reads which keyspaces there are. */
async function readCatalogue(
  versions: VersionSet,
  { tables }: Recovered,
): Promise<Catalogue> {
  try {
    const entries = new CatalogueEntries();
    await entries.addSegments(versions.version);
    for (const { table } of tables) entries.addTable(table);
    return Catalogue.from(entries);
  } catch (error) {
    await versions.close();
    throw error;
  }
}

/** The number behind those of all files, whether the manifest knows of them or not. */
function firstFreeNumber(
  { nextFileNumber }: ManifestState,
  names: readonly string[],
): number {
  return names.reduce(
    (next, name) => Math.max(next, (parseFileName(name)?.number ?? 0) + 1),
    nextFileNumber,
  );
}

/** Nobody counts that far: somebody has put a file there, or written a manifest, that says so. */
function refuseUsedUp({ location }: Storage, nextFileNumber: number): void {
  if (nextFileNumber <= MAX_SEQUENCE - FEWEST_FREE_NUMBERS) return;
  throw new KvError(
    "KV_UNSUPPORTED",
    `Cannot open ${location}: no file numbers are left, the next would be ${nextFileNumber}; open it with readOnly`,
  );
}

/**
 * Starts a store and removes what a crash left of work that was not finished, in four steps:
 *
 * 1. Sync the directory. A process that was killed may have left names that only the system knows,
 *    the manifest's among them, and a log that is made now may become durable without them.
 * 2. Remove what no manifest has ever named, since the next step may need the space.
 * 3. Write a new manifest.
 * 4. Remove the rest, and the logs that held nothing. Not earlier: the manifest that was read may
 *    only be what the system shows, and an older one, which names other files, what is durable.
 */
async function startSwept(
  storage: Storage,
  store: Store,
  { state, names, logs, recovered }: {
    readonly state: ManifestState;
    readonly names: readonly string[];
    readonly logs: readonly number[];
    readonly recovered: Recovered;
  },
): Promise<void> {
  const unnamed = namesOfStale(state, names, logs);
  const read = new Set(recovered.tables.map((table) => table.logNumber));
  const empty = logs.filter((log) => !read.has(log));
  const isNew = (name: string) => {
    const { type, number } = parseFileName(name)!;
    return type === "temporary" || type === "mark" ||
      number >= state.nextFileNumber;
  };
  await storage.syncDirectory();
  for (const name of unnamed.filter(isNew)) await storage.remove(name);
  await store.start();
  for (const name of unnamed) if (!isNew(name)) await storage.remove(name);
  for (const log of empty) await storage.remove(logName(log));
  store.beginWork();
}

/** Lets go of a store that could not be opened; the error that made it so is the one to report. */
async function giveUp(store: Store): Promise<void> {
  try {
    await store.abandon();
  } catch {
    // The files are let go of as far as the storage lets them go.
  }
}

/** Makes a new store. */
async function createManifest<K, V>(
  storage: Storage,
  { createIfMissing, readOnly }: ResolvedOptions,
  codecs: Codecs<K, V>,
): Promise<ManifestState> {
  refuseRemains(await storage.list());
  if (!createIfMissing || readOnly) throw notFound(storage, readOnly);
  const state: ManifestState = {
    storeId: randomStoreId(),
    keyCodec: codecs.keys.name,
    valueCodec: codecs.values.name,
    nextFileNumber: 1,
    flushedSequence: 0,
    oldestLog: 1,
    logs: [],
    levels: [],
    rangeTombstones: RangeTombstones.none,
  };
  await replaceManifest(storage, state);
  return state;
}

const UNFINISHED = [
  [CHECKPOINT_NAME, "checkpoint"],
  [REPAIR_NAME, "repair"],
] as const;

/**
 * Segments or logs without a manifest are no empty store, and a checkpoint or a repair that was not
 * finished is none at all.
 */
function refuseRemains(names: readonly string[]): void {
  for (const [mark, what] of UNFINISHED) {
    if (!names.includes(mark)) continue;
    throw corruption(
      MANIFEST_NAME,
      0,
      `the file is missing: a ${what} into this place was not finished; make it again, here or elsewhere, or remove the file ${mark} if an empty store is wanted`,
    );
  }
  const orphan = names.find((name) => {
    const type = parseFileName(name)?.type;
    return type === "segment" || type === "log";
  });
  if (orphan === undefined) return;
  throw corruption(
    MANIFEST_NAME,
    0,
    `the file is missing, but ${orphan} is there; repair saves what can be read, and if the folder is that of another program, give the store one of its own`,
  );
}

/** Names of the files of the engine that are neither named by the manifest nor live logs. */
function namesOfStale(
  state: ManifestState,
  names: readonly string[],
  liveLogs: readonly number[],
): string[] {
  const logs = new Set(liveLogs);
  const segments = new Set(
    state.levels.flat().map(({ number }) => number),
  );
  return names.filter((name) => {
    const file = parseFileName(name);
    return file?.type === "temporary" || file?.type === "mark" ||
      file?.type === "log" && !logs.has(file.number) ||
      file?.type === "segment" && !segments.has(file.number);
  });
}
