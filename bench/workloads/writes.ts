import type { Data } from "../common/data.ts";
import type { BenchStore, Done } from "../engines/engine.ts";
import type { Session } from "./session.ts";
import { type Benchmark, checkEntries, type Workload } from "./workload.ts";

/** A workload of synced writes that are not waited for one by one has so many groups of them. */
const SYNCED_GROUPS = 100;

/** How writes are made. */
type Manner = "one by one" | "in flight" | "in batches" | "as a load";

interface Writes {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** Writes that are waited for together. */
  readonly group: number;
}

export const WRITES: Record<string, Benchmark> = {
  fillseq: fill("in flight", ascending),
  fillrandom: fill("in flight", shuffled),
  fillawaited: fill("one by one", shuffled),
  fillbatch: fill("in batches", ascending),
  fillsorted: fill("as a load", ascending),
  fillrandombatch: fill("in batches", shuffled),
  fillsync: fillSynced("one by one"),
  fillsyncflight: fillSynced("in flight"),
  fillsyncbatch: fillSynced("in batches"),
  overwrite: { needs: "full", writes: true, prepare: prepareOverwrite },
  deleterandom: { needs: "full", writes: true, prepare: prepareDelete },
};

/** Fills an empty store in random order: what reads need if no fill came before them. */
export async function load(session: Session): Promise<void> {
  await putAll(session, shuffled(session.data), "in batches").run();
  await session.settle();
}

function ascending(data: Data): Uint32Array {
  return data.ascending(data.num);
}

function shuffled(data: Data): Uint32Array {
  return data.shuffled(data.num, 1);
}

function fill(
  manner: Manner,
  order: (data: Data) => Uint32Array,
): Benchmark {
  return {
    needs: "fresh",
    writes: true,
    prepare: (session) =>
      manner === "as a load" && session.store.load === undefined
        ? undefined
        : putAll(session, order(session.data), manner),
  };
}

/** Each write, or each group of writes, is durable before the next is made. */
function fillSynced(manner: Manner): Benchmark {
  return {
    needs: "fresh",
    sync: true,
    writes: true,
    prepare(session) {
      const { syncNum } = session.sizes;
      const most = manner === "one by one"
        ? syncNum
        : SYNCED_GROUPS * groupOf(session, manner);
      const order = shuffled(session.data).subarray(0, most);
      return putAll(session, order, manner);
    },
  };
}

function prepareOverwrite(session: Session): Workload {
  const { data, sizes } = session;
  const order = data.shuffled(data.num, 5).subarray(0, sizes.operations);
  return putAll(session, order, "in flight");
}

/** Puts the keys with these numbers once. The end waits for the last acknowledgement. */
export function putAll(
  session: Session,
  order: Uint32Array,
  manner: Manner,
): Workload {
  const { data, generation: before } = session;
  const generation = before + 1;
  const writes: Writes = {
    keys: data.keys(order),
    values: data.values(order, generation),
    group: groupOf(session, manner),
  };
  return {
    operations: order.length,
    movesData: true,
    async run() {
      session.notePuts(order.length, generation);
      await PUTS[manner](session.store, writes);
    },
    check() {
      const isWritten = new Uint8Array(data.num);
      for (const index of order) isWritten[index] = 1;
      const there = before > 0 ? data.ascending(data.num) : order.toSorted();
      return checkEntries(session.store, {
        count: there.length,
        key: (i) => data.key(there[i]!),
        value(i) {
          const index = there[i]!;
          return data.value(index, isWritten[index] ? generation : before);
        },
      });
    },
  };
}

function groupOf({ sizes }: Session, manner: Manner): number {
  return manner === "in batches" ? sizes.batch : sizes.inFlight;
}

const PUTS: Record<
  Manner,
  (store: BenchStore, writes: Writes) => Promise<void>
> = {
  async "one by one"(store, { keys, values }) {
    for (let i = 0; i < keys.length; i++) {
      const done = store.put(keys[i]!, values[i]!);
      if (done !== undefined) await done;
      if (store.untilDurable !== undefined) await store.untilDurable();
    }
  },
  async "in flight"(store, { keys, values, group }) {
    for (let start = 0; start < keys.length; start += group) {
      const end = Math.min(start + group, keys.length);
      const writes: Done[] = [];
      for (let i = start; i < end; i++) {
        const done = store.put(keys[i]!, values[i]!);
        if (done !== undefined) writes.push(done);
      }
      await Promise.all(writes);
      if (store.untilDurable !== undefined) await store.untilDurable();
    }
  },
  async "in batches"(store, { keys, values, group }) {
    for (let start = 0; start < keys.length; start += group) {
      const end = Math.min(start + group, keys.length);
      const done = store.putBatch({ keys, values, start, end });
      if (done !== undefined) await done;
      if (store.untilDurable !== undefined) await store.untilDurable();
    }
  },
  async "as a load"(store, { keys, values }) {
    await store.load!(keys, values);
  },
};

function prepareDelete(session: Session): Workload {
  const { store, data, sizes, generation } = session;
  const order = data.shuffled(data.num, 6).subarray(0, sizes.operations);
  const keys = data.keys(order);
  return {
    operations: keys.length,
    movesData: false,
    async run() {
      session.contents = "some";
      session.state = "deleted";
      for (let start = 0; start < keys.length; start += sizes.inFlight) {
        const end = Math.min(start + sizes.inFlight, keys.length);
        const writes: Done[] = [];
        for (let i = start; i < end; i++) {
          const done = store.del(keys[i]!);
          if (done !== undefined) writes.push(done);
        }
        await Promise.all(writes);
      }
    },
    check() {
      const isDeleted = new Uint8Array(data.num);
      for (const index of order) isDeleted[index] = 1;
      const left = data.ascending(data.num).filter((i) => !isDeleted[i]);
      return checkEntries(store, {
        count: left.length,
        key: (i) => data.key(left[i]!),
        value: (i) => data.value(left[i]!, generation),
      });
    },
  };
}
