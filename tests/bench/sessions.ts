import { join } from "node:path";
import type { Sizes } from "../../bench/common/sizes.ts";
import type { BenchEngine, BenchStore } from "../../bench/engines/engine.ts";
import { Session } from "../../bench/workloads/session.ts";

/**
 * As little as shows whether a workload works: the last group of writes is not full, and MemTables
 * stay small.
 */
export const SIZES: Sizes = {
  num: 550,
  operations: 550,
  keySize: 16,
  valueSize: 100,
  inFlight: 100,
  batch: 100,
  syncNum: 5,
  cache: 1 << 20,
  seed: 1,
};

/** A session with a store in a folder of its own in `parent`. */
export function smallSession<Store extends BenchStore>(
  engine: BenchEngine<Store>,
  parent: string,
): Session<Store> {
  return new Session(engine, join(parent, "store"), SIZES);
}
