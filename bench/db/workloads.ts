import type { BenchStore } from "./bench_store.ts";
import type { Data } from "./data.ts";
import type { Flags } from "./flags.ts";

/** What a workload works with. */
export interface Setting {
  readonly store: BenchStore;
  readonly data: Data;
  readonly flags: Flags;
}

/** A workload that is ready to be run. */
export interface Workload {
  readonly operations: number;
  /** Whether keys and values went over the counter; a workload without counts no MB/s. */
  readonly movesData: boolean;
  /** The measured part. What it reads it only counts, as LevelDB's does. */
  run(): void | Promise<void>;
  /** For reads: the same, comparing each value with what was written. Runs before anything is measured and warms up what `run` needs. */
  verify?(): void | Promise<void>;
}

/** A workload by its name. */
export interface Benchmark {
  /** Begins with an empty (`fresh`) or a full store; `any` for what is done once as it is. */
  readonly needs: "fresh" | "full" | "any";
  /** Whether it changes the store: such a one is watched for stalls and for how long work goes on behind it. */
  readonly writes: boolean;
  /** Makes all that is not to be measured. */
  prepare(setting: Setting): Workload | Promise<Workload>;
}

const UNSYNCED = { sync: false };

/** MemTable entries of `readmemtable`: what fits into one of the preset size. */
const MEMTABLE_BYTES = 12 << 20;

export const BENCHMARKS: Record<string, Benchmark> = {
  fillseq: fill((data, count) => data.ascending(count)),
  fillrandom: fill((data, count) => data.shuffled(count, 1)),
  fillsync: {
    needs: "fresh",
    writes: true,
    prepare: prepareFillSync,
  },
  fillbatch: { needs: "fresh", writes: true, prepare: prepareFillBatch },
  overwrite: { needs: "full", writes: true, prepare: prepareOverwrite },
  deleterandom: { needs: "full", writes: true, prepare: prepareDelete },
  readrandom: reads((data) => data.shuffled(data.num, 2)),
  readhot: reads((data) => {
    const hot = data.shuffled(data.num, 3);
    const one = Math.ceil(data.num / 100);
    return data.picked(data.num, hot.subarray(0, one), 4);
  }),
  readmissing: { needs: "full", writes: false, prepare: prepareMissing },
  readmemtable: { needs: "fresh", writes: false, prepare: prepareMemTable },
  readawaited: { needs: "full", writes: false, prepare: prepareAwaited },
  readseq: scans(false),
  readreverse: scans(true),
  scanawaited: { needs: "full", writes: false, prepare: prepareScanAwaited },
  compact: { needs: "full", writes: true, prepare: prepareCompact },
};

/** Fills an empty store in random order: what reads need if no fill came before them. */
export async function load(setting: Setting): Promise<void> {
  const workload = await BENCHMARKS.fillrandom!.prepare(setting);
  await workload.run();
  await setting.store.settle();
}

function fill(
  order: (data: Data, count: number) => Uint32Array,
): Benchmark {
  return {
    needs: "fresh",
    writes: true,
    prepare: (setting) =>
      putAll(setting, order(setting.data, setting.data.num)),
  };
}

function prepareOverwrite(setting: Setting): Workload {
  return putAll(setting, setting.data.shuffled(setting.data.num, 5));
}

/** Puts every key once, unsynced, so many at a time. The end waits for the last acknowledgement. */
function putAll({ store, data, flags }: Setting, order: Uint32Array): Workload {
  const keys = data.keys(order);
  const { inFlight } = flags;
  const generation = store.generation + 1;
  return {
    operations: keys.length,
    movesData: true,
    async run() {
      const { db } = store;
      for (let start = 0; start < keys.length; start += inFlight) {
        const end = Math.min(start + inFlight, keys.length);
        const writes: Promise<void>[] = [];
        for (let i = start; i < end; i++) {
          const value = data.value(order[i]!, generation);
          writes.push(db.put(keys[i]!, value, UNSYNCED));
        }
        await Promise.all(writes);
      }
      noteFill(store, keys.length, generation);
    },
  };
}

/** Each write is durable before the next is made. */
function prepareFillSync({ store, data, flags }: Setting): Workload {
  const order = data.shuffled(data.num, 1).subarray(0, flags.syncNum);
  const keys = data.keys(order);
  return {
    operations: keys.length,
    movesData: true,
    async run() {
      for (let i = 0; i < keys.length; i++) {
        const value = data.value(order[i]!, 1);
        await store.db.put(keys[i]!, value, { sync: true });
      }
      store.state = "filled in part";
    },
  };
}

/** Ascending, in batches, one batch after the other. */
function prepareFillBatch({ store, data, flags }: Setting): Workload {
  const keys = data.keys(data.ascending(data.num));
  return {
    operations: keys.length,
    movesData: true,
    async run() {
      const { db } = store;
      for (let start = 0; start < keys.length; start += flags.batch) {
        const end = Math.min(start + flags.batch, keys.length);
        const batch = db.batch();
        for (let i = start; i < end; i++) {
          batch.put(keys[i]!, data.value(i, 1));
        }
        await batch.commit(UNSYNCED);
      }
      noteFill(store, keys.length, 1);
    },
  };
}

function noteFill(store: BenchStore, count: number, generation: number): void {
  store.filled = count;
  store.generation = generation;
  store.state = generation === 1 ? "as filled" : "as overwritten";
}

function prepareDelete({ store, data, flags }: Setting): Workload {
  const keys = data.keys(data.shuffled(data.num, 6));
  const { inFlight } = flags;
  return {
    operations: keys.length,
    movesData: false,
    async run() {
      const { db } = store;
      for (let start = 0; start < keys.length; start += inFlight) {
        const end = Math.min(start + inFlight, keys.length);
        const writes: Promise<boolean>[] = [];
        for (let i = start; i < end; i++) {
          writes.push(db.del(keys[i]!, UNSYNCED));
        }
        for (const existed of await Promise.all(writes)) {
          if (!existed) throw wrong("a key to be deleted was missing");
        }
      }
      store.filled = 0;
      store.state = "deleted";
    },
  };
}

function reads(order: (data: Data) => Uint32Array): Benchmark {
  return {
    needs: "full",
    writes: false,
    prepare: (setting) => getAll(setting, order(setting.data)),
  };
}

function getAll({ store, data }: Setting, order: Uint32Array): Workload {
  const keys = data.keys(order);
  const { db, generation } = store;
  return {
    operations: keys.length,
    movesData: true,
    verify() {
      for (let i = 0; i < keys.length; i++) {
        const value = db.getSync(keys[i]!);
        if (value !== data.value(order[i]!, generation)) throw wrong(keys[i]!);
      }
    },
    run() {
      let bytes = 0;
      for (let i = 0; i < keys.length; i++) {
        bytes += db.getSync(keys[i]!)!.length;
      }
      checkBytes(bytes, keys.length * data.valueSize);
    },
  };
}

function prepareAwaited({ store, data }: Setting): Workload {
  const order = data.shuffled(data.num, 2);
  const keys = data.keys(order);
  const { db, generation } = store;
  return {
    operations: keys.length,
    movesData: true,
    async verify() {
      for (let i = 0; i < keys.length; i++) {
        const value = await db.get(keys[i]!);
        if (value !== data.value(order[i]!, generation)) throw wrong(keys[i]!);
      }
    },
    async run() {
      let bytes = 0;
      for (let i = 0; i < keys.length; i++) {
        bytes += (await db.get(keys[i]!))!.length;
      }
      checkBytes(bytes, keys.length * data.valueSize);
    },
  };
}

/** Keys between those that are there, as in LevelDB: key and a dot. */
function prepareMissing({ store, data }: Setting): Workload {
  const keys = data.keys(data.shuffled(data.num, 2), ".");
  const { db } = store;
  function run(): void {
    for (let i = 0; i < keys.length; i++) {
      if (db.getSync(keys[i]!) !== undefined) throw wrong(keys[i]!);
    }
  }
  return { operations: keys.length, movesData: false, verify: run, run };
}

/** Reads what has never left the MemTable. */
async function prepareMemTable(setting: Setting): Promise<Workload> {
  const { store, data, flags } = setting;
  const most = Math.floor(MEMTABLE_BYTES / (flags.keySize + flags.valueSize));
  const count = Math.min(data.num, most);
  await putAll(setting, data.shuffled(count, 1)).run();
  store.state = `${count} entries`;
  // Other reads are to find segments.
  store.filled = 0;
  if (store.db.stats().flush.count > 0) throw wrong("the MemTable was flushed");
  const choices = data.ascending(count);
  return getAll(setting, data.picked(data.num, choices, 7));
}

function scans(reverse: boolean): Benchmark {
  return {
    needs: "full",
    writes: false,
    prepare: (setting) => scanAll(setting, reverse),
  };
}

function scanAll({ store, data }: Setting, reverse: boolean): Workload {
  const { db, generation } = store;
  return {
    operations: data.num,
    movesData: true,
    verify() {
      let passed = 0;
      for (const [key, value] of db.scanSync({ reverse })) {
        const index = reverse ? data.num - 1 - passed : passed;
        if (
          key !== data.key(index) || value !== data.value(index, generation)
        ) {
          throw wrong(key);
        }
        passed++;
      }
      if (passed !== data.num) throw wrong("a key is missing");
    },
    run() {
      let bytes = 0;
      for (const [key, value] of db.scanSync({ reverse })) {
        bytes += key.length + value.length;
      }
      checkBytes(bytes, data.num * (data.keySize + data.valueSize));
    },
  };
}

function prepareScanAwaited({ store, data }: Setting): Workload {
  const { db, generation } = store;
  return {
    operations: data.num,
    movesData: true,
    async verify() {
      let next = 0;
      for await (const [key, value] of db.scan()) {
        if (key !== data.key(next) || value !== data.value(next, generation)) {
          throw wrong(key);
        }
        next++;
      }
      if (next !== data.num) throw wrong("a key is missing");
    },
    async run() {
      let bytes = 0;
      for await (const [key, value] of db.scan()) {
        bytes += key.length + value.length;
      }
      checkBytes(bytes, data.num * (data.keySize + data.valueSize));
    },
  };
}

function prepareCompact({ store, data }: Setting): Workload {
  return {
    operations: data.num,
    movesData: true,
    async run() {
      await store.db.compact();
      store.state = "compacted";
    },
  };
}

/** The counts of what was read have to be right, so that no engine can leave a read undone. */
function checkBytes(read: number, written: number): void {
  if (read !== written) throw wrong(`${read} bytes instead of ${written}`);
}

function wrong(what: string): Error {
  return new Error(`The store gives a wrong answer: ${what}`);
}
