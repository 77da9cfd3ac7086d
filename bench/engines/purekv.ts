import { readFileSync } from "node:fs";
import { type KvEngine, type KvStats, open } from "../../mod.ts";
import type {
  BatchSpan,
  BenchEngine,
  BenchStore,
  ScanRange,
  StoreOptions,
  Visit,
} from "./engine.ts";

/** The shape of the store: the presets of the engine, written out because `settle` goes by them. */
const COMPACTION = { threshold: 4, levelSize: 256 << 20, levelRatio: 10 };

/**
 * A record in the log is longer than its key and value: a store whose MemTable takes them all must
 * have entries to spare.
 */
const MOST_ENTRIES = 8_000_000;

const CONFIG = new URL("../../deno.json", import.meta.url);

export const purekv: BenchEngine<PurekvStore> = {
  name: "purekv",
  version: JSON.parse(readFileSync(CONFIG, "utf8")).version,
  canSync: true,
  logNames: /\.log$/,
  describe: ({ sync, cacheBytes, memtableBytes }) =>
    `sync ${sync}, cacheSize ${cacheBytes}, memtableSize ${memtableBytes}, compression none, background worker`,
  open: (options) => PurekvStore.open(options),
};

/** purekv, as the workloads see it. */
export class PurekvStore implements BenchStore {
  /** The engine itself, for figures that others do not have. */
  readonly db: KvEngine<string, string>;

  private constructor(db: KvEngine<string, string>) {
    this.db = db;
  }

  static async open(
    { folder, sync, cacheBytes, memtableBytes }: StoreOptions,
  ): Promise<PurekvStore> {
    const db = await open<string, string>(folder, {
      sync,
      cacheSize: cacheBytes,
      memtableSize: memtableBytes,
      memtableEntries: MOST_ENTRIES,
      compaction: COMPACTION,
      background: "worker",
    });
    return new PurekvStore(db);
  }

  put(key: string, value: string): Promise<void> {
    return this.db.put(key, value);
  }

  putBatch({ keys, values, start, end }: BatchSpan): Promise<void> {
    const batch = this.db.batch();
    for (let i = start; i < end; i++) batch.put(keys[i]!, values[i]!);
    return batch.commit();
  }

  del(key: string): Promise<boolean> {
    return this.db.del(key);
  }

  async load(
    keys: readonly string[],
    values: readonly string[],
  ): Promise<void> {
    await this.db.importFrom(pairs(keys, values), { sorted: true });
  }

  getSync(key: string): string | undefined {
    return this.db.getSync(key);
  }

  get(key: string): Promise<string | undefined> {
    return this.db.get(key);
  }

  getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return this.db.getMany(keys);
  }

  scanSync(range: ScanRange, visit: Visit): void {
    for (const [key, value] of this.db.scanSync(rangeOf(range))) {
      visit(key, value);
    }
  }

  async scan(range: ScanRange, visit: Visit): Promise<void> {
    for await (const [key, value] of this.db.scan(rangeOf(range))) {
      visit(key, value);
    }
  }

  /** Writes the MemTable to a segment and waits until no compaction is due. */
  async settle(): Promise<void> {
    await this.db.flush();
    while (isWorkDue(this.db.stats())) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  compact(): Promise<void> {
    return this.db.compact();
  }

  close(): Promise<void> {
    return this.db.close();
  }
}

function* pairs(
  keys: readonly string[],
  values: readonly string[],
): Generator<[string, string]> {
  for (let i = 0; i < keys.length; i++) yield [keys[i]!, values[i]!];
}

function rangeOf({ from, reverse, limit }: ScanRange): {
  gte?: string;
  reverse?: boolean;
  limit?: number;
} {
  return {
    ...(from === undefined ? {} : { gte: from }),
    ...(reverse === undefined ? {} : { reverse }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** Levels past their bounds have a compaction under way. */
function isWorkDue({ levels, memtable }: KvStats): boolean {
  const { threshold, levelSize, levelRatio } = COMPACTION;
  return memtable.waiting > 0 ||
    levels.some(({ bytes, segments }, level) =>
      level === 0
        ? segments >= threshold
        : bytes > levelSize * levelRatio ** (level - 1)
    );
}
