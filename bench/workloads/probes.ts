import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { folderBytes, median } from "../common/measure.ts";
import { rawBytes } from "../common/sizes.ts";
import { crashWhileFilling } from "./crash.ts";
import type { Measurement, Probe } from "./probe.ts";
import type { Session } from "./session.ts";
import { sustained } from "./sustained.ts";
import { wrong } from "./workload.ts";
import { load } from "./writes.ts";

/** Synced writes of `fillsyncappend` take turns with appends after so many. */
const TURN = 50;
/** How often a store is opened; the median counts. */
const OPENINGS = 5;
/** The largest log that `replay` writes, in records. */
const MOST_REPLAYED = 1_000_000;

/** Workloads that measure something else than operations in a time. */
export const PROBES: Record<string, Probe> = {
  fillsyncappend: compareWithAppends,
  space: measureSpace,
  open: measureOpen,
  opencrash: measureOpenAfterCrash,
  replay: measureReplay,
  sustained,
};

/**
 * A lone writer that waits for each synced put, beside one that appends the same bytes to a file
 * and syncs that, in turns.
 */
async function compareWithAppends(
  session: Session,
): Promise<Measurement[] | undefined> {
  if (!session.engine.canSync) return undefined;
  await session.reset({ sync: true });
  const { store, data, sizes } = session;
  const order = data.shuffled(data.num, 1).subarray(0, sizes.syncNum);
  const keys = data.keys(order);
  const values = data.values(order, 1);
  const bytes = new Uint8Array(sizes.keySize + sizes.valueSize).fill(32);
  const file = openSync(`${session.folder}.append`, "w", 0o600);
  let appendMs = 0;
  let putMs = 0;
  try {
    for (let start = 0; start < keys.length; start += TURN) {
      const end = Math.min(start + TURN, keys.length);
      const before = performance.now();
      for (let i = start; i < end; i++) {
        writeSync(file, bytes);
        fdatasyncSync(file);
      }
      const between = performance.now();
      for (let i = start; i < end; i++) {
        const done = store.put(keys[i]!, values[i]!);
        if (done !== undefined) await done;
        if (store.untilDurable !== undefined) await store.untilDurable();
      }
      appendMs += between - before;
      putMs += performance.now() - between;
    }
  } finally {
    closeSync(file);
  }
  session.contents = "some";
  return [{
    workload: "fillsyncappend",
    unit: "x append",
    value: appendMs / putMs,
  }];
}

/**
 * Size of a store after it was filled in random order, and after it was made as small as the engine
 * can.
 */
async function measureSpace(session: Session): Promise<Measurement[]> {
  await session.reset();
  await load(session);
  const raw = rawBytes(session.sizes);
  const found: Measurement[] = [{
    workload: "space",
    unit: "x raw",
    value: session.bytesOnDisk() / raw,
  }];
  const { store } = session;
  if (store.compact === undefined) return found;
  await store.compact();
  const value = session.bytesOnDisk() / raw;
  return [...found, { workload: "spacecompacted", unit: "x raw", value }];
}

/** From the call of open to the first value read, after a clean close. */
async function measureOpen(session: Session): Promise<Measurement[]> {
  if (session.contents !== "full") {
    await session.reset();
    await load(session);
  }
  const times: number[] = [];
  for (let i = 0; i < OPENINGS; i++) {
    await session.close();
    times.push(await timeOpen(session, 1));
  }
  return [{ workload: "open", unit: "ms", value: median(times) }];
}

/** The same after the process that filled the store was killed. */
async function measureOpenAfterCrash(
  session: Session,
): Promise<Measurement[]> {
  await session.clear();
  await crashWhileFilling(session, session.data.num);
  const value = await timeOpen(session, 1);
  return [{ workload: "opencrash", unit: "ms", value }];
}

/**
 * How fast a large log is read when a store is opened after a crash, for engines whose logs can
 * grow large.
 */
async function measureReplay(
  session: Session,
): Promise<Measurement[] | undefined> {
  const { logNames } = session.engine;
  if (logNames === undefined) return undefined;
  const count = Math.min(session.data.num, MOST_REPLAYED);
  const { keySize, valueSize } = session.sizes;
  await session.clear();
  session.tuning = {
    memtableBytes: 64 * 1024 + 2 * count * (keySize + valueSize),
  };
  await crashWhileFilling(session, count);
  const bytes = folderBytes(session.folder, logNames);
  const ms = await timeOpen(session, 1);
  return [{ workload: "replay", unit: "MB/s", value: bytes / ms / 1e3 }];
}

/** Opens the store and reads one value, which shows that it is there. */
async function timeOpen(session: Session, generation: number): Promise<number> {
  const { data } = session;
  const key = data.key(0);
  const start = performance.now();
  await session.open();
  const { store } = session;
  const value = store.getSync === undefined
    ? await store.get!(key)
    : store.getSync(key);
  const ms = performance.now() - start;
  if (value !== data.value(0, generation)) throw wrong(key);
  return ms;
}
