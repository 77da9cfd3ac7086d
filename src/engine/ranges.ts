import { compareBytes } from "../bytes/compare.ts";
import type { Codec } from "../codec/codec.ts";
import { invalidArgument } from "../errors.ts";
import type { KeyRange } from "../iterator/range_cursor.ts";
import { shown } from "../options.ts";
import type {
  AsyncScanOptions,
  RangeOptions,
  ScanOptions,
} from "./api/ranges.ts";
import { checkFlag, checkNames, checkSignal } from "./call_options.ts";

const NAMES = ["gt", "gte", "lt", "lte", "prefix"] as const;
const SYNC_SCAN_NAMES: readonly string[] = [...NAMES, "reverse", "limit"];
const SCAN_NAMES: readonly string[] = [...SYNC_SCAN_NAMES, "signal"];

/** Throws `KV_INVALID_ARGUMENT` for options that no scan has or whose values it cannot use. */
export function checkScanOptions<K>(options: AsyncScanOptions<K>): void {
  checkNames(options, SCAN_NAMES, "scan");
  checkValues(options);
  checkSignal(options.signal, "scan");
}

/** The same for a scan that answers at once, which no signal can end. */
export function checkSyncScanOptions<K>(options: ScanOptions<K>): void {
  checkNames(options, SYNC_SCAN_NAMES, "scan");
  checkValues(options);
}

function checkValues<K>(options: ScanOptions<K>): void {
  const { limit = Infinity } = options;
  if (limit !== Infinity && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw invalidArgument(
      `Cannot scan: limit is ${
        shown(limit)
      }, it has to be a whole number from 0 on`,
    );
  }
  checkFlag(options.reverse, "reverse", "scan");
  refuseBoth(options, "gt", "gte");
  refuseBoth(options, "lt", "lte");
}

function refuseBoth<K>(
  options: RangeOptions<K>,
  a: "gt" | "lt",
  b: "gte" | "lte",
): void {
  if (options[a] !== undefined && options[b] !== undefined) {
    throw invalidArgument(`Cannot scan: give ${a} or ${b}, not both`);
  }
}

/** The range of encoded keys that the options ask for. */
export function encodeRange<K>(
  codec: Codec<K>,
  options: RangeOptions<K>,
): KeyRange {
  const bounds: Partial<Record<typeof NAMES[number], Uint8Array>> = {};
  for (const name of NAMES) {
    const key = options[name];
    // Copied: a codec may hand out bytes that its user goes on to change.
    if (key !== undefined) bounds[name] = codec.encode(key).slice();
  }
  const { gt, gte, lt, lte, prefix } = bounds;
  return {
    lower: larger(gt && successor(gt), gte, prefix),
    upper: smaller(lt, lte && successor(lte), prefix && behindPrefix(prefix)),
  };
}

/** The first byte string behind `key`. */
function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

/** The first byte string behind all that begin with `prefix`, if there is one. */
function behindPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last < 0) return undefined;
  const next = prefix.slice(0, last + 1);
  next[last]!++;
  return next;
}

type Bound = Uint8Array | undefined;

function larger(...bounds: Bound[]): Bound {
  return bounds.reduce((a, b) =>
    a && b ? compareBytes(a, b) > 0 ? a : b : a ?? b
  );
}

function smaller(...bounds: Bound[]): Bound {
  return bounds.reduce((a, b) =>
    a && b ? compareBytes(a, b) < 0 ? a : b : a ?? b
  );
}
