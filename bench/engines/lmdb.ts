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
  transaction(callback: () => void): Promise<unknown>;
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
      canSync: true,
      describe: ({ sync }) =>
        `${
          sync ? "flushed awaited" : "noSync, useWritemap"
        }, encoding string, noMemInit, transaction() for batches, get awaited as \`await get()\`; its cache is the page cache of the system`,
      open: (options) => new LmdbStore(open(optionsOf(options)), options.sync),
    };
    return Promise.resolve(engine);
  },
};

function optionsOf(
  { folder, sync, rawBytes }: StoreOptions,
): Record<string, unknown> {
  return {
    path: folder,
    encoding: "string",
    noMemInit: true,
    // Pages are half full after inserts in random order. Room that is not used costs nothing.
    mapSize: Math.max(1 << 30, 8 * rawBytes),
    ...(sync ? {} : { noSync: true, useWritemap: true }),
  };
}

class LmdbStore implements BenchStore {
  readonly #db: Database;
  /**
   * With overlappingSync, which is preset, puts are acknowledged before they are durable. Without
   * it all is a little slower.
   */
  readonly untilDurable?: () => Promise<unknown>;

  constructor(db: Database, sync: boolean) {
    this.#db = db;
    if (sync) this.untilDurable = () => db.flushed;
  }

  put(key: string, value: string): Promise<boolean> {
    return this.#db.put(key, value);
  }

  putBatch({ keys, values, start, end }: BatchSpan): Promise<unknown> {
    const db = this.#db;
    return db.transaction(() => {
      for (let i = start; i < end; i++) void db.put(keys[i]!, values[i]!);
    });
  }

  del(key: string): Promise<boolean> {
    return this.#db.remove(key);
  }

  getSync(key: string): string | undefined {
    return this.#db.get(key);
  }

  /**
   * Its documentation advises against promises for reads: awaiting what is there already is the
   * fastest way.
   */
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
