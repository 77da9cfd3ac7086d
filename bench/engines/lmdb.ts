import type {
  BatchSpan,
  BenchEngine,
  BenchStore,
  EngineModule,
  ScanRange,
  StoreOptions,
  Visit,
} from "./engine.ts";

/** What is used of lmdb. */
interface Lmdb {
  open(options: Record<string, unknown>): Database;
}

interface Database {
  put(key: string, value: string): Promise<boolean>;
  remove(key: string): Promise<boolean>;
  batch(callback: () => void): Promise<boolean>;
  get(key: string): string | undefined;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  getRange(range: {
    start?: string;
    reverse?: boolean;
    limit?: number;
  }): Iterable<{ key: string; value: string }>;
  readonly flushed: Promise<unknown>;
  close(): Promise<void>;
}

/** LMDB for JavaScript: reads without promises, writes in a thread of its own. */
export const lmdb: EngineModule = {
  name: "lmdb",
  load(packages) {
    const { open } = packages.require("lmdb") as Lmdb;
    const engine: BenchEngine = {
      name: "lmdb",
      version: packages.version("lmdb"),
      describe: ({ sync }) =>
        (sync ? "overlappingSync false" : "noSync") +
        ", encoding string, noMemInit, get awaited as `await get()`; the page cache of the system is its cache",
      open: (options) => new LmdbStore(open(optionsOf(options))),
    };
    return Promise.resolve(engine);
  },
};

/** With overlappingSync a put would be acknowledged before it is durable. */
function optionsOf(
  { folder, sync, rawBytes }: StoreOptions,
): Record<string, unknown> {
  return {
    path: folder,
    encoding: "string",
    noMemInit: true,
    // Pages are half full after inserts in random order. Room that is not used costs nothing.
    mapSize: Math.max(1 << 30, 8 * rawBytes),
    ...(sync ? { overlappingSync: false } : { noSync: true }),
  };
}

class LmdbStore implements BenchStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  put(key: string, value: string): Promise<boolean> {
    return this.#db.put(key, value);
  }

  putBatch({ keys, values, start, end }: BatchSpan): Promise<boolean> {
    const db = this.#db;
    return db.batch(() => {
      for (let i = start; i < end; i++) void db.put(keys[i]!, values[i]!);
    });
  }

  del(key: string): Promise<boolean> {
    return this.#db.remove(key);
  }

  getSync(key: string): string | undefined {
    return this.#db.get(key);
  }

  /** Its documentation advises against promises for reads: awaiting what is there already is the fastest way. */
  // deno-lint-ignore require-await
  async get(key: string): Promise<string | undefined> {
    return this.#db.get(key);
  }

  getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.#db.getMany(keys);
  }

  scanSync({ from, reverse, limit }: ScanRange, visit: Visit): void {
    const range = this.#db.getRange({
      ...(from === undefined ? {} : { start: from }),
      ...(reverse === undefined ? {} : { reverse }),
      ...(limit === undefined ? {} : { limit }),
    });
    for (const { key, value } of range) visit(key, value);
  }

  settle(): Promise<unknown> {
    return this.#db.flushed;
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}
