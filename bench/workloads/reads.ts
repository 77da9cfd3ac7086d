import type { BenchStore } from "../engines/engine.ts";
import { MEMTABLE_BYTES, type Session } from "./session.ts";
import {
  type Benchmark,
  checkBytes,
  checkEntries,
  Comparison,
  type Expected,
  scanAll,
  type Workload,
  wrong,
} from "./workload.ts";
import { putAll } from "./writes.ts";

/** Keys of one `getMany`. */
const MANY = 100;

/**
 * How much of a MemTable `readmemtable` fills: records are longer in it than their keys and values.
 */
const MEMTABLE_SHARE = 0.75;

/** A way of reading single keys. */
interface Reader {
  isThere(store: BenchStore): boolean;
  /** Reads all keys and hands on what was found, in order. */
  readAll(
    store: BenchStore,
    keys: readonly string[],
    found: (value: string | undefined, index: number) => void,
  ): void | Promise<void>;
}

const SYNC: Reader = {
  isThere: (store) => store.getSync !== undefined,
  readAll(store, keys, found) {
    for (let i = 0; i < keys.length; i++) found(store.getSync!(keys[i]!), i);
  },
};

const AWAITED: Reader = {
  isThere: (store) => store.get !== undefined,
  async readAll(store, keys, found) {
    for (let i = 0; i < keys.length; i++) found(await store.get!(keys[i]!), i);
  },
};

const MANY_AT_ONCE: Reader = {
  isThere: (store) => store.getMany !== undefined,
  async readAll(store, keys, found) {
    for (let start = 0; start < keys.length; start += MANY) {
      const values = await store.getMany!(keys.slice(start, start + MANY));
      for (let i = 0; i < values.length; i++) found(values[i], start + i);
    }
  },
};

export const READS: Record<string, Benchmark> = {
  readrandom: reads(SYNC, random),
  readhot: reads(SYNC, hot),
  readmissing: missing(SYNC),
  readawaited: reads(AWAITED, random),
  readmissingawaited: missing(AWAITED),
  getmany: reads(MANY_AT_ONCE, random),
  readmemtable: { needs: "fresh", writes: false, prepare: prepareMemTable },
  readseq: scans(false),
  readreverse: scans(true),
  scanawaited: { needs: "full", writes: false, prepare: prepareScanAwaited },
  seekrandom10: seeks(10),
  seekrandom100: seeks(100),
};

/** Every key once, or as many of them as there are operations. */
function random({ data, sizes }: Session): Uint32Array {
  return data.shuffled(data.num, 2).subarray(0, sizes.operations);
}

/** One in a hundred keys, over and over. */
function hot({ data, sizes }: Session): Uint32Array {
  const choices = data.shuffled(data.num, 3)
    .subarray(0, Math.ceil(data.num / 100));
  return data.picked(sizes.operations, choices, 4);
}

function reads(
  reader: Reader,
  order: (session: Session) => Uint32Array,
): Benchmark {
  return {
    needs: "full",
    writes: false,
    prepare: (session) => getAll(session, order(session), reader),
  };
}

function getAll(
  { store, data, generation }: Session,
  order: Uint32Array,
  reader: Reader,
): Workload | undefined {
  if (!reader.isThere(store)) return undefined;
  const keys = data.keys(order);
  return {
    operations: keys.length,
    movesData: true,
    verify: () =>
      reader.readAll(store, keys, (value, i) => {
        if (value !== data.value(order[i]!, generation)) throw wrong(keys[i]!);
      }),
    async run() {
      let bytes = 0;
      await reader.readAll(store, keys, (value) => {
        bytes += value!.length;
      });
      checkBytes(bytes, keys.length * data.valueSize);
    },
  };
}

/** Keys between those that are there, as in LevelDB: key and a dot. */
function missing(reader: Reader): Benchmark {
  return {
    needs: "full",
    writes: false,
    prepare(session) {
      const { store, data } = session;
      if (!reader.isThere(store)) return undefined;
      const keys = data.keys(random(session), ".");
      const run = () =>
        reader.readAll(store, keys, (value, i) => {
          if (value !== undefined) throw wrong(keys[i]!);
        });
      return { operations: keys.length, movesData: false, verify: run, run };
    },
  };
}

/** Reads what has never left the MemTable; of engines without one, a store of the same size. */
async function prepareMemTable(
  session: Session,
): Promise<Workload | undefined> {
  const { data, sizes } = session;
  const most = Math.floor(
    MEMTABLE_SHARE * MEMTABLE_BYTES / (sizes.keySize + sizes.valueSize),
  );
  const count = Math.min(data.num, most);
  await putAll(session, data.shuffled(count, 1), "in flight").run();
  // Other reads are to find segments.
  session.contents = "some";
  session.state = `${count} entries`;
  const choices = data.ascending(count);
  return getAll(session, data.picked(sizes.operations, choices, 7), SYNC);
}

function scans(reverse: boolean): Benchmark {
  return {
    needs: "full",
    writes: false,
    prepare(session) {
      const { store, data, sizes } = session;
      return {
        operations: data.num,
        movesData: true,
        verify: () => checkEntries(store, allEntries(session), reverse),
        async run() {
          let bytes = 0;
          await scanAll(store, { reverse }, (key, value) => {
            bytes += key.length + value.length;
          });
          checkBytes(bytes, data.num * (sizes.keySize + sizes.valueSize));
        },
      };
    },
  };
}

function prepareScanAwaited(session: Session): Workload | undefined {
  const { store, data, sizes } = session;
  if (store.scan === undefined) return undefined;
  return {
    operations: data.num,
    movesData: true,
    async verify() {
      const comparison = new Comparison(allEntries(session));
      await store.scan!({}, comparison.visit);
      comparison.end();
    },
    async run() {
      let bytes = 0;
      await store.scan!({}, (key, value) => {
        bytes += key.length + value.length;
      });
      checkBytes(bytes, data.num * (sizes.keySize + sizes.valueSize));
    },
  };
}

/** What a store holds in which every key was written equally often. */
function allEntries({ data, generation }: Session): Expected {
  return {
    count: data.num,
    key: (i) => data.key(i),
    value: (i) => data.value(i, generation),
  };
}

/** Scans of some entries from a random key on. */
function seeks(entries: number): Benchmark {
  return {
    needs: "full",
    writes: false,
    prepare({ store, data, sizes, generation }) {
      const limit = Math.min(entries, data.num);
      const count = Math.ceil(sizes.operations / entries);
      const choices = data.ascending(data.num - limit + 1);
      const order = data.picked(count, choices, 8);
      const keys = data.keys(order);
      return {
        operations: count,
        movesData: false,
        async verify() {
          for (let i = 0; i < count; i++) {
            let next = order[i]!;
            await scanAll(store, { from: keys[i]!, limit }, (key, value) => {
              if (
                key !== data.key(next) || value !== data.value(next, generation)
              ) throw wrong(key);
              next++;
            });
            if (next !== order[i]! + limit) throw wrong(keys[i]!);
          }
        },
        async run() {
          let bytes = 0;
          function visit(key: string, value: string): void {
            bytes += key.length + value.length;
          }
          for (let i = 0; i < count; i++) {
            const done = scanAll(store, { from: keys[i]!, limit }, visit);
            if (done !== undefined) await done;
          }
          checkBytes(bytes, count * limit * (sizes.keySize + sizes.valueSize));
        },
      };
    },
  };
}
