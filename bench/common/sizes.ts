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

/** Throws if keys of that size cannot be told apart. */
export function checkKeySize({ num, keySize }: Sizes): void {
  if (String(num - 1).length <= keySize) return;
  throw new Error(`Invalid flag --key-size: too short for ${num} keys`);
}
