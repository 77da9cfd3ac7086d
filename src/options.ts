/**
 * The options of an engine: what there is, in which unit and bounds, and the check that refuses
 * everything else.
 *
 * @module
 */
import * as zlib from "node:zlib";
import { invalidArgument, KvError } from "./errors.ts";
import { type Bounds, OptionReader } from "./option_values.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const TIB = 1024 * GIB;

/** The longest key that any store can hold, in bytes. */
export const MAX_KEY_BYTES: number = MIB;

/** The longest key that files hold, in bytes: one behind the prefix of a keyspace. */
export const MAX_STORED_KEY_BYTES: number = MAX_KEY_BYTES + 16;

/** The longest value that any store can hold, in bytes. */
export const MAX_VALUE_BYTES: number = 256 * MIB;

/** How the blocks of a segment are compressed. */
export type Compression = "none" | "deflate" | "zstd";

/** Where flush and compaction run. */
export type BackgroundPlace = "auto" | "worker" | "inline";

/**
 * When and how segments are merged.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage(), {
 *   // Fewer bytes written over and over, more segments to look into.
 *   compaction: { threshold: 8, segmentSize: 64 * 1024 * 1024 },
 * });
 * await db.put("a", "1");
 * assertEquals(db.getSync("a"), "1");
 * ```
 */
export interface CompactionOptions {
  /**
   * Segments in level 0 that trigger a compaction; fewer do while many scans read them. Default 4;
   * 2 to 64.
   */
  readonly threshold?: number;
  /** Target size of level 1, in bytes. Default 256 MiB; 64 KiB to 1 TiB. */
  readonly levelSize?: number;
  /** How many times larger each level is than the one above it. Default 10; 2 to 100. */
  readonly levelRatio?: number;
  /**
   * Size at which a segment is finished and the next one started, in bytes. Default 16 MiB; 16 KiB
   * to 1 GiB.
   */
  readonly segmentSize?: number;
}

/**
 * Options of an engine.
 *
 * @example
 * ```ts
 * import { open } from "@purekv/purekv";
 * import { MemoryStorage } from "@purekv/purekv/memory";
 * import { assertEquals } from "@std/assert";
 *
 * await using db = await open(new MemoryStorage(), {
 *   sync: false, // a loss of power may take the last writes
 *   cacheSize: 256 * 1024 * 1024,
 *   memtableSize: 64 * 1024 * 1024,
 *   compression: "deflate",
 * });
 * await db.put("a", "1");
 * assertEquals(db.stats().wal.syncs, 0);
 *
 * const error = await open(new MemoryStorage(), { cacheSize: -1 }).catch((error) => error);
 * assertEquals(error.code, "KV_INVALID_ARGUMENT"); // and the message says what is allowed
 * ```
 */
export interface EngineOptions {
  /**
   * Whether a write is acknowledged only once it is on disk. With `false` it survives a crash of
   * the process but not a power failure. Default `true`; each write can override it.
   */
  readonly sync?: boolean;
  /**
   * Bytes of log records at which the MemTable is flushed to a segment. Default 16 MiB; 64 KiB to 1
   * GiB.
   */
  readonly memtableSize?: number;
  /** Entries at which the MemTable is flushed to a segment. Default 1,000,000; 1 to 8,000,000. */
  readonly memtableEntries?: number;
  /** When segments are merged, and into what shape. */
  readonly compaction?: CompactionOptions;
  /** Memory for blocks and indexes of segments, in bytes. Default 32 MiB; 0 to 64 GiB. */
  readonly cacheSize?: number;
  /**
   * Size at which a block of a segment is finished, before compression, in bytes. Default 4096; 256
   * to 1 MiB.
   */
  readonly blockSize?: number;
  /**
   * How blocks of new segments are compressed. Default `"none"`. `"zstd"` needs a runtime whose
   * `node:zlib` supports it; `KV_UNSUPPORTED` otherwise.
   */
  readonly compression?: Compression;
  /**
   * Where flush and compaction run. `"auto"`: in a worker, started once there is work for it, if
   * the store is in a folder and the runtime can start one. `"worker"`: the same, but `open` starts
   * the worker; starting it blocks the event loop for 25 to 40 ms in Deno, 1 to 4 ms elsewhere.
   * `"inline"`: always in slices of a few milliseconds on the event loop, which takes less memory.
   * Default `"auto"`.
   */
  readonly background?: BackgroundPlace;
  /**
   * Opens without writing anything, alongside other readers. Default `false`. Cannot be combined
   * with `createIfMissing` or `errorIfExists`.
   */
  readonly readOnly?: boolean;
  /**
   * Whether a missing store is created. Default `true`, or `false` with
   * {@linkcode EngineOptions.readOnly}.
   */
  readonly createIfMissing?: boolean;
  /** Refuses to open an existing store. Default `false`. */
  readonly errorIfExists?: boolean;
  /** Maximum key length of a write, in bytes. Default 65,536; 1 to 1 MiB. */
  readonly maxKeySize?: number;
  /** Maximum value length of a write, in bytes. Default 256 MiB; 0 to 256 MiB. */
  readonly maxValueSize?: number;
  /** Aborts opening. No effect once the store is open. */
  readonly signal?: AbortSignal;
}

/** {@linkcode CompactionOptions} with every field filled in and checked. */
export type CompactionSettings = Required<CompactionOptions>;

/** {@linkcode EngineOptions} with every field filled in and checked. Frozen. */
export interface ResolvedOptions
  extends Required<Omit<EngineOptions, "compaction" | "signal">> {
  /** When segments are merged, and into what shape. */
  readonly compaction: CompactionSettings;
  /** Gives up opening when it is aborted. */
  readonly signal: AbortSignal | undefined;
}

interface Preset extends Bounds {
  readonly preset: number;
}

const MEMTABLE_SIZE = bytes(16 * MIB, 64 * KIB, GIB);
const MEMTABLE_ENTRIES = bounds(1_000_000, 1, 8_000_000, " entries");
const CACHE_SIZE = bytes(32 * MIB, 0, 64 * GIB);
const BLOCK_SIZE = bytes(4 * KIB, 256, MIB);
const MAX_KEY_SIZE = bytes(64 * KIB, 1, MAX_KEY_BYTES);
const MAX_VALUE_SIZE = bytes(MAX_VALUE_BYTES, 0, MAX_VALUE_BYTES);
const THRESHOLD = bounds(4, 2, 64, " segments");
const LEVEL_SIZE = bytes(256 * MIB, 64 * KIB, TIB);
const LEVEL_RATIO = bounds(10, 2, 100, "");
const SEGMENT_SIZE = bytes(16 * MIB, 16 * KIB, GIB);

const COMPRESSIONS: readonly Compression[] = ["none", "deflate", "zstd"];
const BACKGROUND_PLACES: readonly BackgroundPlace[] = [
  "auto",
  "worker",
  "inline",
];

/**
 * Fills in and checks `options`. `otherNames` are options that the caller checks itself, such as
 * the codecs.
 *
 * Throws {@linkcode KvError} `KV_INVALID_ARGUMENT` naming the option, what was given and what is
 * allowed, and `KV_UNSUPPORTED` for a compression that the runtime does not have.
 */
export function resolveOptions(
  options: EngineOptions = {},
  otherNames: readonly string[] = [],
  action = "open",
): ResolvedOptions {
  const given = new OptionReader(action, options);
  const resolved: ResolvedOptions = {
    sync: given.flag("sync", true),
    memtableSize: given.integer("memtableSize", MEMTABLE_SIZE),
    memtableEntries: given.integer("memtableEntries", MEMTABLE_ENTRIES),
    compaction: resolveCompaction(given.read("compaction"), action),
    cacheSize: given.integer("cacheSize", CACHE_SIZE),
    blockSize: given.integer("blockSize", BLOCK_SIZE),
    compression: compressionOf(given),
    background: given.oneOf("background", BACKGROUND_PLACES, "auto"),
    readOnly: given.flag("readOnly", false),
    createIfMissing: given.flag("createIfMissing", options.readOnly !== true),
    errorIfExists: given.flag("errorIfExists", false),
    maxKeySize: given.integer("maxKeySize", MAX_KEY_SIZE),
    maxValueSize: given.integer("maxValueSize", MAX_VALUE_SIZE),
    signal: given.signal(),
  };
  given.refuseOthers(otherNames);
  refuseSenselessCombinations(resolved);
  return Object.freeze(resolved);
}

function resolveCompaction(
  value: unknown = {},
  action: string,
): CompactionSettings {
  const given = new OptionReader(action, value, "compaction");
  const settings: CompactionSettings = {
    threshold: given.integer("threshold", THRESHOLD),
    levelSize: given.integer("levelSize", LEVEL_SIZE),
    levelRatio: given.integer("levelRatio", LEVEL_RATIO),
    segmentSize: given.integer("segmentSize", SEGMENT_SIZE),
  };
  given.refuseOthers();
  return Object.freeze(settings);
}

function refuseSenselessCombinations(options: ResolvedOptions): void {
  if (options.readOnly && options.errorIfExists) {
    throw invalidArgument(
      "Cannot open: errorIfExists cannot be combined with readOnly, which only opens existing stores",
    );
  }
  if (options.readOnly && options.createIfMissing) {
    throw invalidArgument(
      "Cannot open: createIfMissing cannot be combined with readOnly, which never creates a store",
    );
  }
  if (options.errorIfExists && !options.createIfMissing) {
    throw invalidArgument(
      "Cannot open: with errorIfExists and without createIfMissing no store could ever be opened",
    );
  }
  const { segmentSize } = options.compaction;
  if (options.blockSize > segmentSize) {
    throw invalidArgument(
      `Cannot open: blockSize must be at most compaction.segmentSize (${segmentSize}), got ${options.blockSize}`,
    );
  }
}

function compressionOf(given: OptionReader): Compression {
  const compression = given.oneOf("compression", COMPRESSIONS, "none");
  if (compression === "zstd" && !("zstdCompressSync" in zlib)) {
    throw new KvError(
      "KV_UNSUPPORTED",
      'Cannot use compression "zstd": the node:zlib of this runtime does not have it; use "deflate"',
    );
  }
  return compression;
}

function bytes(preset: number, min: number, max: number): Preset {
  return bounds(preset, min, max, " bytes");
}

function bounds(
  preset: number,
  min: number,
  max: number,
  unit: string,
): Preset {
  return { preset, min, max, unit };
}
