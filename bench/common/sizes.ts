import process from "node:process";

/** How much of everything there is in a run. */
export interface Sizes {
  /** Entries in a full store, and operations of most workloads. */
  readonly num: number;
  /** Operations of workloads that read single keys, overwrite or mix. */
  readonly operations: number;
  /** Size of a key, in bytes. */
  readonly keySize: number;
  /** Size of a value, in bytes. */
  readonly valueSize: number;
  /** Writes that are waited for together. */
  readonly inFlight: number;
  /** Writes in a batch. */
  readonly batch: number;
  /** Synced writes that are waited for one by one. */
  readonly syncNum: number;
  /** Memory for blocks of segments, in bytes. */
  readonly cache: number;
  /** Where random order and values start from. */
  readonly seed: number;
}

/** Size of all records of a full store, in bytes. */
export function rawBytes(
  { num, keySize, valueSize }: Sizes,
): number {
  return num * (keySize + valueSize);
}

/** Twice the data: room for what merging has not removed yet, hash pages and overhead. */
export function presetCache(rawBytes: number): number {
  return Math.max(64 << 20, 2 * rawBytes);
}

/** A reader of flags that are whole numbers. Throws for those that make no sense. */
export function countReader(
  values: Readonly<Record<string, unknown>>,
): (name: string, preset: number, least?: number) => number {
  return (name, preset, least = 1) => {
    const value = Number(values[name] ?? preset);
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new Error(`Invalid flag --${name}: ${values[name]}`);
  };
}

/**
 * Reads the sizes from flags. Throws for those that make no sense.
 *
 * @param operations How many there are of so many entries, unless a flag says so.
 */
export function readSizes(
  count: ReturnType<typeof countReader>,
  operations: (num: number) => number,
): Sizes {
  const num = count("num", 1_000_000);
  const keySize = count("key-size", 16);
  const valueSize = count("value-size", 100);
  const sizes: Sizes = {
    num,
    operations: operations(num),
    keySize,
    valueSize,
    inFlight: count("in-flight", 1_000),
    batch: count("batch", 1_000),
    syncNum: Math.min(num, count("sync-num", 1_000)),
    cache: count("cache", presetCache(num * (keySize + valueSize)), 0),
    seed: count("seed", 1),
  };
  checkKeySize(sizes);
  return sizes;
}

/** Throws if keys of that size cannot be told apart. */
function checkKeySize({ num, keySize }: Sizes): void {
  if (String(num - 1).length <= keySize) return;
  throw new Error(`Invalid flag --key-size: too short for ${num} keys`);
}

/** Reads the command line; prints how it is used and ends the process if it makes no sense. */
export function readOrExit<T>(
  parse: (args: string[]) => T,
  usage: string,
): T {
  try {
    return parse(process.argv.slice(2));
  } catch (error) {
    console.error((error as Error).message);
    console.error(`\n${usage}`);
    process.exit(2);
  }
}
