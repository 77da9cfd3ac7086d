/**
 * The options of an engine: what there is, in which unit and bounds, and the check that refuses
 * everything else.
 *
 * @module
 */
import * as zlib from "node:zlib";
import { invalidArgument, KvError } from "./errors.ts";
import {
  type Bounds,
  flag,
  integer,
  oneOf,
  record,
  refused,
  refuseUnknownNames,
} from "./option_values.ts";

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
 * When segments are merged, and into what shape.
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
   * Segments in level 0 that start a compaction; fewer do when many scans go through them. Default
   * 4; 2 to 64.
   */
  readonly threshold?: number;
  /** Size that level 1 is kept to, in bytes. Default 256 MiB; 64 KiB to 1 TiB. */
  readonly levelSize?: number;
  /** How many times larger each level is than the one above it. Default 10; 2 to 100. */
  readonly levelRatio?: number;
  /**
   * Size at which a segment is closed and the next begun, in bytes. Default 16 MiB; 16 KiB to 1
   * GiB.
   */
  readonly segmentSize?: number;
}

/**
 * How an engine is opened and how it works.
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
   * Whether a write is acknowledged only after it has reached the medium. With `false` it survives
   * the process but not a loss of power. Default `true`; each write can choose otherwise.
   */
  readonly sync?: boolean;
  /**
   * Bytes of log records after which the MemTable is flushed to a segment. Default 16 MiB; 64 KiB
   * to 1 GiB.
   */
  readonly memtableSize?: number;
  /**
   * Entries after which the MemTable is flushed to a segment. Default 1,000,000; 1 to 8,000,000.
   */
  readonly memtableEntries?: number;
  /** When segments are merged, and into what shape. */
  readonly compaction?: CompactionOptions;
  /** Memory for blocks and indexes of segments, in bytes. Default 32 MiB; 0 to 64 GiB. */
  readonly cacheSize?: number;
  /**
   * Size at which a block of a segment is closed, before compression, in bytes. Default 4096; 256
   * to 1 MiB.
   */
  readonly blockSize?: number;
  /**
   * How blocks of new segments are compressed. Default `"none"`. `"zstd"` needs a runtime whose
   * `node:zlib` has it; others refuse with `KV_UNSUPPORTED`.
   */
  readonly compression?: Compression;
  /**
   * Where flush and compaction run. `"auto"`: in a worker, where the store is in a folder and the
   * runtime lets one be started, once there is work for it. `"worker"`: the same, but the worker is
   * started by `open`: that takes the event loop 25 to 40 ms in Deno, elsewhere 1 to 4 ms.
   * `"inline"`: always in slices of a few milliseconds on the event loop, which takes less memory.
   * Default `"auto"`.
   */
  readonly background?: BackgroundPlace;
  /**
   * Opens without writing anything, beside other readers. Default `false`. Cannot be combined with
   * the two that follow.
   */
  readonly readOnly?: boolean;
  /**
   * Whether a missing store is made. Default `true`, or `false` with
   * {@linkcode EngineOptions.readOnly}.
   */
  readonly createIfMissing?: boolean;
  /** Refuses to open a store that is already there. Default `false`. */
  readonly errorIfExists?: boolean;
  /** The longest key that a write may have, in bytes. Default 65,536; 1 to 1 MiB. */
  readonly maxKeySize?: number;
  /** The longest value that a write may have, in bytes. Default 256 MiB; 0 to 256 MiB. */
  readonly maxValueSize?: number;
  /** Gives up opening when it is aborted. Without effect once the store is open. */
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

// The first of them is the default.
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
): ResolvedOptions {
  const given = record("options", options);
  const readOnly = flag(given, "readOnly", false);
  const resolved: ResolvedOptions = {
    sync: flag(given, "sync", true),
    memtableSize: integer(given, "memtableSize", MEMTABLE_SIZE),
    memtableEntries: integer(given, "memtableEntries", MEMTABLE_ENTRIES),
    compaction: resolveCompaction(given["compaction"]),
    cacheSize: integer(given, "cacheSize", CACHE_SIZE),
    blockSize: integer(given, "blockSize", BLOCK_SIZE),
    compression: compressionOf(given),
    background: oneOf(given, "background", BACKGROUND_PLACES),
    readOnly,
    createIfMissing: flag(given, "createIfMissing", !readOnly),
    errorIfExists: flag(given, "errorIfExists", false),
    maxKeySize: integer(given, "maxKeySize", MAX_KEY_SIZE),
    maxValueSize: integer(given, "maxValueSize", MAX_VALUE_SIZE),
    signal: signalOf(given["signal"]),
  };
  refuseUnknownNames(given, "", [...Object.keys(resolved), ...otherNames]);
  refuseSenselessCombinations(resolved);
  return Object.freeze(resolved);
}

function resolveCompaction(value: unknown): CompactionSettings {
  const prefix = "compaction.";
  const given = value === undefined ? {} : record("option compaction", value);
  const settings: CompactionSettings = {
    threshold: integer(given, "threshold", THRESHOLD, prefix),
    levelSize: integer(given, "levelSize", LEVEL_SIZE, prefix),
    levelRatio: integer(given, "levelRatio", LEVEL_RATIO, prefix),
    segmentSize: integer(given, "segmentSize", SEGMENT_SIZE, prefix),
  };
  refuseUnknownNames(given, " of compaction", Object.keys(settings));
  return Object.freeze(settings);
}

function refuseSenselessCombinations(options: ResolvedOptions): void {
  if (options.readOnly && options.errorIfExists) {
    throw invalidArgument(
      "Invalid option errorIfExists: with readOnly there would be nothing to open",
    );
  }
  if (options.readOnly && options.createIfMissing) {
    throw invalidArgument(
      "Invalid option createIfMissing: readOnly never makes a store",
    );
  }
  if (options.errorIfExists && !options.createIfMissing) {
    throw invalidArgument(
      "Invalid option errorIfExists: with createIfMissing false no store could ever be opened",
    );
  }
  const { segmentSize } = options.compaction;
  if (options.blockSize > segmentSize) {
    throw invalidArgument(
      `Invalid option blockSize: got ${options.blockSize}, expected no more than compaction.segmentSize, which is ${segmentSize}`,
    );
  }
}

function compressionOf(given: Record<string, unknown>): Compression {
  const compression = oneOf(given, "compression", COMPRESSIONS);
  if (compression === "zstd" && !("zstdCompressSync" in zlib)) {
    throw new KvError(
      "KV_UNSUPPORTED",
      'Cannot use compression "zstd": the node:zlib of this runtime does not have it; use "deflate"',
    );
  }
  return compression;
}

function signalOf(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw refused("signal", value, "an AbortSignal");
}

function bytes(preset: number, min: number, max: number): Bounds {
  return bounds(preset, min, max, " bytes");
}

function bounds(
  preset: number,
  min: number,
  max: number,
  unit: string,
): Bounds {
  return { preset, min, max, unit };
}
