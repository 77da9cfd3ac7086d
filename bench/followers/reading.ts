import { setImmediate } from "node:timers";
import type { KvReader } from "../../mod.ts";
import type { Data } from "../common/data.ts";

/** What a reader in another thread is started with. */
export interface ReaderSetup {
  readonly folder: string;
  readonly sizes: ConstructorParameters<typeof Data>[0];
  readonly cacheSize: number;
  /** Tells readers apart: they read different keys. */
  readonly salt: number;
}

/**
 * Gets between two looks at the clock, with a turn of the event loop, in which followers look for
 * what is new.
 */
const STEP = 1_000;

/** Keys that are made ahead, for they cost as much to make as to look up. */
const KEYS = 200_000;

/** Reads everything once, and compares it with what was written. */
export function warmUp(db: KvReader<string, string>, data: Data): void {
  for (let index = 0; index < data.num; index++) {
    if (db.getSync(data.key(index)) === data.value(index, 1)) continue;
    throw new Error(`Key ${index} has another value than was written`);
  }
}

/** Reads random keys for a time, and answers how many it came to in a second. */
export async function readFor(
  db: KvReader<string, string>,
  data: Data,
  { ms, salt }: { ms: number; salt: number },
): Promise<number> {
  const picked = data.picked(KEYS, data.ascending(data.num), salt);
  const keys = data.keys(picked);
  const start = performance.now();
  let gets = 0;
  let bytes = 0;
  while (performance.now() - start < ms) {
    for (let i = 0; i < STEP; i++) {
      bytes += db.getSync(keys[gets++ % KEYS]!)!.length;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (bytes !== gets * data.valueSize) throw new Error("A value is too short");
  return gets / (performance.now() - start) * 1000;
}
