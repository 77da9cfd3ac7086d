import type { BenchStore, Done } from "../engines/engine.ts";
import type { Session } from "./session.ts";
import { type Benchmark, checkBytes, type Workload } from "./workload.ts";

/** Reads beside each write of `readwhilewriting`. */
const READS_PER_WRITE = 9;

export const MIXED: Record<string, Benchmark> = {
  readwhilewriting: {
    needs: "full",
    writes: true,
    prepare: prepareReadWhileWriting,
  },
};

/**
 * Random reads with a writer beside them: in each turn a hundredth of `inFlight` puts are under way
 * while nine times as many reads are made, without promises where the engine can.
 */
function prepareReadWhileWriting(session: Session): Workload {
  const { store, data, sizes, generation } = session;
  const count = Math.ceil(sizes.operations / (READS_PER_WRITE + 1));
  const choices = data.ascending(data.num);
  const written = data.picked(count, choices, 9);
  const puts = {
    keys: data.keys(written),
    values: data.values(written, generation + 1),
  };
  const reads = data.keys(data.picked(count * READS_PER_WRITE, choices, 10));
  const group = Math.ceil(sizes.inFlight / 100);
  return {
    operations: count + reads.length,
    movesData: true,
    async run() {
      session.contents = "some";
      session.state = "as overwritten";
      const reader = new CountingReader(store);
      for (let start = 0; start < count; start += group) {
        const end = Math.min(start + group, count);
        const writes: Done[] = [];
        for (let i = start; i < end; i++) {
          const done = store.put(puts.keys[i]!, puts.values[i]!);
          if (done !== undefined) writes.push(done);
        }
        const last = end * READS_PER_WRITE;
        for (let i = start * READS_PER_WRITE; i < last; i++) {
          reader.read(reads[i]!);
        }
        await Promise.all(writes);
        await reader.end();
      }
      checkBytes(reader.bytes, reads.length * data.valueSize);
    },
  };
}

/** Reads keys in the way that is fastest: at once, or all of a turn together. */
export class CountingReader {
  readonly #store: BenchStore;
  #pending: Promise<void>[] = [];
  /** Length of all values found. */
  bytes = 0;

  constructor(store: BenchStore) {
    this.#store = store;
  }

  read(key: string): void {
    const store = this.#store;
    if (store.getSync !== undefined) this.bytes += store.getSync(key)!.length;
    else this.#pending.push(store.get!(key).then(this.#count));
  }

  /** Until all that has been asked for is there. */
  end(): Promise<unknown> | undefined {
    if (this.#pending.length === 0) return undefined;
    const pending = this.#pending;
    this.#pending = [];
    return Promise.all(pending);
  }

  readonly #count = (value: string | undefined): void => {
    this.bytes += value!.length;
  };
}
