import { readdirSync } from "node:fs";
import type {
  BatchSpan,
  BenchEngine,
  BenchStore,
  EngineModule,
  ScanRange,
  StoreOptions,
  Visit,
} from "./engine.ts";

/** What is used of classic-level. */
interface ClassicLevelModule {
  readonly ClassicLevel: new (
    folder: string,
    options: Record<string, unknown>,
  ) => Database;
}

interface Database {
  open(): Promise<void>;
  put(key: string, value: string, options: WriteOptions): Promise<void>;
  del(key: string, options: WriteOptions): Promise<void>;
  batch(): Batch;
  get(key: string): Promise<string | undefined>;
  getSync(key: string): string | undefined;
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  iterator(options: Record<string, unknown>): Iterator;
  getProperty(name: string): string;
  compactRange(start: string, end: string): Promise<void>;
  close(): Promise<void>;
}

interface Batch {
  put(key: string, value: string): this;
  write(options: WriteOptions): Promise<void>;
}

interface Iterator {
  nextv(count: number): Promise<[string, string][]>;
  all(): Promise<[string, string][]>;
  close(): Promise<void>;
}

interface WriteOptions {
  readonly sync: boolean;
}

/** Entries that an iterator fetches at a time; shorter scans take all they want at once. */
const SCAN_ENTRIES = 1_000;
const SCAN_BYTES = 1 << 20;
/** LevelDB starts a compaction of level 0 at four tables. */
const LEVEL_0_TABLES = 4;

/** LevelDB as a native addon. */
export const classicLevel: EngineModule = {
  name: "classic-level",
  load(packages) {
    const { ClassicLevel } = packages.require(
      "classic-level",
    ) as ClassicLevelModule;
    const engine: BenchEngine = {
      name: "classic-level",
      version: packages.version("classic-level"),
      canSync: true,
      logNames: /\.log$/,
      describe: ({ sync, cacheBytes, memtableBytes }) =>
        `sync ${sync}, cacheSize ${cacheBytes}, writeBufferSize ${memtableBytes}, compression false, chained batches, nextv(${SCAN_ENTRIES})`,
      async open(options) {
        const { folder, cacheBytes, memtableBytes } = options;
        const db = new ClassicLevel(folder, {
          cacheSize: cacheBytes,
          writeBufferSize: memtableBytes,
          compression: false,
        });
        await db.open();
        return new ClassicLevelStore(db, options);
      },
    };
    return Promise.resolve(engine);
  },
};

class ClassicLevelStore implements BenchStore {
  readonly #db: Database;
  readonly #folder: string;
  readonly #options: WriteOptions;

  constructor(db: Database, { folder, sync }: StoreOptions) {
    this.#db = db;
    this.#folder = folder;
    this.#options = { sync };
  }

  put(key: string, value: string): Promise<void> {
    return this.#db.put(key, value, this.#options);
  }

  putBatch({ keys, values, start, end }: BatchSpan): Promise<void> {
    const batch = this.#db.batch();
    for (let i = start; i < end; i++) batch.put(keys[i]!, values[i]!);
    return batch.write(this.#options);
  }

  del(key: string): Promise<void> {
    return this.#db.del(key, this.#options);
  }

  getSync(key: string): string | undefined {
    return this.#db.getSync(key);
  }

  get(key: string): Promise<string | undefined> {
    return this.#db.get(key);
  }

  getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.#db.getMany(keys);
  }

  async scan(
    { from, reverse = false, limit }: ScanRange,
    visit: Visit,
  ): Promise<void> {
    const iterator = this.#db.iterator({
      ...(from === undefined ? {} : { gte: from }),
      ...(limit === undefined ? {} : { limit }),
      reverse,
      highWaterMarkBytes: SCAN_BYTES,
    });
    if (limit !== undefined && limit <= SCAN_ENTRIES) {
      for (const [key, value] of await iterator.all()) visit(key, value);
      return;
    }
    while (true) {
      const entries = await iterator.nextv(SCAN_ENTRIES);
      if (entries.length === 0) break;
      for (const [key, value] of entries) visit(key, value);
    }
    await iterator.close();
  }

  /** LevelDB does not tell when it is idle: until no table is added or removed any more. */
  async settle(): Promise<void> {
    let before = "";
    while (true) {
      const tables = readdirSync(this.#folder).sort().join();
      const waiting = Number(
        this.#db.getProperty("leveldb.num-files-at-level0"),
      );
      if (tables === before && waiting < LEVEL_0_TABLES) return;
      before = tables;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }

  compact(): Promise<void> {
    return this.#db.compactRange("", "\uffff");
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}
