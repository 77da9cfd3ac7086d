import { compareBytes } from "../../bytes/compare.ts";
import { successorOfPrefix } from "../../bytes/prefix.ts";
import type { Codec } from "../../codec/codec.ts";
import { invalidArgument } from "../../errors.ts";
import { type KeyRange, successor } from "../../format/key_range.ts";
import {
  checkCount,
  checkFlag,
  checkNames,
  checkProgressOptions,
  checkSignal,
} from "../../option_values.ts";
import type { CountOptions } from "../api/range_size.ts";
import type {
  AsyncScanOptions,
  RangeOptions,
  ScanOptions,
} from "../api/ranges.ts";
import type { ExportOptions } from "../api/transfer.ts";
import { refusedPart } from "../codecs/refused_part.ts";

const NO_BYTES = new Uint8Array(0);

const NAMES = ["gt", "gte", "lt", "lte", "prefix"] as const;
type BoundName = typeof NAMES[number];
const SYNC_SCAN_NAMES: readonly string[] = [...NAMES, "reverse", "limit"];
const SCAN_NAMES: readonly string[] = [...SYNC_SCAN_NAMES, "signal"];
const EXPORT_NAMES: readonly string[] = [...SCAN_NAMES, "onProgress"];
const COUNT_NAMES: readonly string[] = [...NAMES, "signal"];
const LIMIT_BOUNDS = { min: 0, action: "scan" };

/**
 * Throws `KV_INVALID_ARGUMENT` for options that no range of keys has or whose values it cannot use;
 * `action` is what could not be done.
 */
export function checkRange<K>(options: RangeOptions<K>, action: string): void {
  checkNames(options, NAMES, action);
  refuseBoth(options, action);
}

/** The same for a range whose keys are counted. */
export function checkCountOptions<K>(options: CountOptions<K>): void {
  checkNames(options, COUNT_NAMES, "count");
  refuseBoth(options, "count");
  checkSignal(options.signal, "count");
}

/** Throws `KV_INVALID_ARGUMENT` for options that no scan has or whose values it cannot use. */
export function checkScanOptions<K>(options: AsyncScanOptions<K>): void {
  checkNames(options, SCAN_NAMES, "scan");
  checkValues(options);
  checkSignal(options.signal, "scan");
}

/** The same for an export. */
export function checkExportOptions<K>(options: ExportOptions<K>): void {
  checkProgressOptions(options, EXPORT_NAMES, "export");
  checkValues(options);
}

/** The same for a scan that answers at once, which no signal can end. */
export function checkSyncScanOptions<K>(options: ScanOptions<K>): void {
  checkNames(options, SYNC_SCAN_NAMES, "scan");
  checkValues(options);
}

function checkValues<K>(options: ScanOptions<K>): void {
  const { limit = Infinity } = options;
  if (limit !== Infinity) checkCount(limit, "limit", LIMIT_BOUNDS);
  checkFlag(options.reverse, "reverse", "scan");
  refuseBoth(options, "scan");
}

function refuseBoth<K>(
  { gt, gte, lt, lte }: RangeOptions<K>,
  action: string,
): void {
  if (gt !== undefined && gte !== undefined) {
    throw invalidArgument(`Cannot ${action}: give gt or gte, not both`);
  }
  if (lt !== undefined && lte !== undefined) {
    throw invalidArgument(`Cannot ${action}: give lt or lte, not both`);
  }
}

/**
 * Throws `KV_INVALID_ARGUMENT` for options that a range delete has not, and for a range of all
 * keys, which looks like a mistake.
 */
export function checkDeleteRange<K>(options: RangeOptions<K>): void {
  const action = "delete a range";
  checkRange(options, action);
  if (NAMES.some((name) => options[name] !== undefined)) return;
  throw invalidArgument(
    `Cannot ${action}: it has no bounds; clear() deletes all keys`,
  );
}

/**
 * Throws `KV_INVALID_ARGUMENT` for a range delete whose only bound is a prefix without bytes: all
 * keys, which an empty variable makes by mistake.
 */
export function refuseEmptyPrefix<K>(
  options: RangeOptions<K>,
  prefixBytes: number,
): void {
  if (prefixBytes > 0) return;
  const isBounded = NAMES.some((name) =>
    name !== "prefix" && options[name] !== undefined
  );
  if (isBounded) return;
  throw invalidArgument(
    "Cannot delete a range: all keys begin with its prefix, which is empty, and it has no other bounds; clear() deletes all keys",
  );
}

const ALL_KEYS: KeyRange = { lower: undefined, upper: undefined };

/** Where a range has to lie, and how long its bounds may be. */
export interface RangeLimits {
  /** What of the range lies outside is left out. */
  readonly within?: KeyRange;
  /** Throws for a bound that must not have so many bytes. */
  readonly checkLength?: (bytes: number, name: BoundName) => void;
}

/** The range of encoded keys that the options ask for. */
export function encodeRange<K>(
  codec: Codec<K>,
  { gt, gte, lt, lte, prefix }: RangeOptions<K>,
  { within = ALL_KEYS, checkLength }: RangeLimits = {},
): KeyRange {
  let { lower, upper } = within;
  if (gt !== undefined) {
    const key = encodeBound(codec, gt, "gt", checkLength);
    lower = larger(lower, successor(key));
  }
  if (gte !== undefined) {
    lower = larger(lower, encodeBound(codec, gte, "gte", checkLength));
  }
  if (lt !== undefined) {
    upper = smaller(upper, encodeBound(codec, lt, "lt", checkLength));
  }
  if (lte !== undefined) {
    const key = encodeBound(codec, lte, "lte", checkLength);
    upper = smaller(upper, successor(key));
  }
  if (prefix !== undefined) {
    const key = encodeBound(codec, prefix, "prefix", checkLength);
    lower = larger(lower, key);
    upper = smaller(upper, successorOfPrefix(key));
  }
  return { lower, upper };
}

function encodeBound<K>(
  codec: Codec<K>,
  key: K,
  name: BoundName,
  checkLength: RangeLimits["checkLength"],
): Uint8Array {
  let encoded: Uint8Array;
  try {
    encoded = codec.encode(key);
  } catch (error) {
    throw refusedPart(name, error);
  }
  // Copied: a codec may hand out bytes that its user goes on to change, and the `slice` of a Buffer
  // is a view.
  const bytes = new Uint8Array(encoded);
  checkLength?.(bytes.length, name);
  return bytes;
}

/** Whether the range has room for a key. */
export function hasKeys({ lower, upper }: KeyRange): boolean {
  if (upper === undefined) return true;
  return compareBytes(lower ?? NO_BYTES, upper) < 0;
}

type Bound = Uint8Array | undefined;

function larger(a: Bound, b: Bound): Bound {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) > 0 ? a : b;
}

function smaller(a: Bound, b: Bound): Bound {
  if (a === undefined || b === undefined) return a ?? b;
  return compareBytes(a, b) < 0 ? a : b;
}
