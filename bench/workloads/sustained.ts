import { setImmediate } from "node:timers";
import {
  memoryBytes,
  peakMemoryBytes,
  percentile,
  StallProbe,
} from "../common/measure.ts";
import type { Done } from "../engines/engine.ts";
import { scanAll } from "./workload.ts";
import type { Measurement } from "./probe.ts";
import type { Session } from "./session.ts";

/**
 * Requests that come in together; the next ones come in a later turn of the event loop, as they do
 * from a network.
 */
const REQUESTS = 100;
/** Reads that follow the load, before memory is looked at. */
const READS = 100_000;
/** The cache that engines have by default or are given here, in bytes. */
export const SMALL_CACHE_BYTES: number = 32 << 20;

/**
 * A load of random puts as a server has it: how long the event loop stood still, how long the
 * slowest puts took, and how much memory the process gained by the end of the load and of the reads
 * after it. Keys are made as they are needed, so that the memory is that of the engine.
 */
export async function sustained(session: Session): Promise<Measurement[]> {
  const { data, sizes } = session;
  const order = data.shuffled(data.num, 1).subarray(0, sizes.operations);
  const latencies = new Float64Array(order.length).fill(-1);
  const memoryBefore = memoryBytes();
  await session.reset({ cacheBytes: SMALL_CACHE_BYTES });
  const probe = new StallProbe();
  probe.start();
  const start = performance.now();
  await putAll(session, order, latencies);
  const ms = performance.now() - start;
  const stall = probe.stop();
  session.contents = "some";
  await readSome(session, order);
  const memory = peakMemoryBytes() - memoryBefore;
  return [
    {
      workload: "sustained",
      unit: "ops/s",
      value: order.length / ms * 1e3,
    },
    { workload: "sustainedstall", unit: "ms", value: stall },
    {
      workload: "sustainedp999",
      unit: "ms",
      value: percentile(latencies, 0.999),
    },
    { workload: "memory", unit: "MiB", value: memory / 2 ** 20 },
  ];
}

async function putAll(
  { store, data }: Session,
  order: Uint32Array,
  latencies: Float64Array,
): Promise<void> {
  for (let start = 0; start < order.length; start += REQUESTS) {
    const end = Math.min(start + REQUESTS, order.length);
    const writes: Done[] = [];
    for (let i = start; i < end; i++) {
      const index = order[i]!;
      const called = performance.now();
      const done = store.put(data.key(index), data.value(index, 1));
      const note = () => {
        latencies[i] = performance.now() - called;
      };
      if (done === undefined) note();
      else writes.push(done.then(note));
    }
    await Promise.all(writes);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function readSome(
  { store, data }: Session,
  order: Uint32Array,
): Promise<void> {
  const count = Math.min(READS, order.length);
  for (let i = 0; i < count; i++) {
    const key = data.key(order[order.length - 1 - i]!);
    if (store.getSync === undefined) await store.get!(key);
    else store.getSync(key);
  }
  await scanAll(store, {}, () => {});
}
