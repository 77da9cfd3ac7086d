import type {
  BatchSpan,
  BenchEngine,
  BenchStore,
  ScanRange,
  StoreOptions,
  Visit,
} from "./engine.ts";

/** What three drivers of SQLite have in common. */
export interface SqlDriver {
  readonly name: string;
  readonly version: string;
  /**
   * Rows that it fetches at a time in a scan of everything; -1 if it is fastest with one statement
   * for all.
   */
  readonly pageRows: number;
  open(file: string): SqlDatabase;
}

/** An open database. */
export interface SqlDatabase {
  exec(sql: string): void;
  /** Runs a pragma that may answer with rows. */
  pragma(sql: string): void;
  prepareRun(sql: string): (...parameters: string[]) => void;
  /** The first column of the first row, if there is one. */
  prepareGet(sql: string): (key: string) => string | undefined;
  /** Visits the rows of a statement with two parameters, a bound and a limit. */
  prepareVisit(sql: string): VisitRows;
  close(): void;
}

/**
 * Visits rows from a bound on. Answers the last key, or undefined if there were fewer rows than the
 * limit.
 */
export type VisitRows = (
  visit: Visit,
  bound: string,
  limit: number,
) => string | undefined;

/** A key behind those of the workloads, which are digits. */
const AFTER_ALL = "~";

const SCHEMA =
  "CREATE TABLE IF NOT EXISTS kv (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID";

/** An engine on SQLite. */
export function sqliteEngine(driver: SqlDriver): BenchEngine {
  return {
    name: driver.name,
    version: driver.version,
    canSync: true,
    describe: ({ sync, cacheBytes }) =>
      `WAL, synchronous ${
        synchronous(sync)
      }, cache_size and mmap_size ${cacheBytes}, WITHOUT ROWID, prepared statements, transactions for batches, scans by ${
        driver.pageRows < 0 ? "one statement" : `${driver.pageRows} rows`
      }`,
    open: (options) => new SqliteStore(driver, options),
  };
}

/** With NORMAL a write-ahead log is synced before it is checkpointed only. */
function synchronous(sync: boolean): string {
  return sync ? "FULL" : "OFF";
}

class SqliteStore implements BenchStore {
  readonly #db: SqlDatabase;
  readonly #put: (key: string, value: string) => void;
  readonly #del: (key: string) => void;
  readonly #get: (key: string) => string | undefined;
  readonly #begin: () => void;
  readonly #commit: () => void;
  readonly #ascend: VisitRows;
  readonly #descend: VisitRows;
  readonly #seek: VisitRows;
  readonly #pageRows: number;

  constructor(
    driver: SqlDriver,
    { folder, sync, cacheBytes }: StoreOptions,
  ) {
    const db = driver.open(`${folder}/kv.sqlite`);
    this.#db = db;
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${synchronous(sync)}`);
    db.pragma(`cache_size = -${Math.ceil(cacheBytes / 1024)}`);
    db.pragma(`mmap_size = ${cacheBytes}`);
    db.exec(SCHEMA);
    this.#put = db.prepareRun("INSERT OR REPLACE INTO kv VALUES (?, ?)");
    this.#del = db.prepareRun("DELETE FROM kv WHERE key = ?");
    this.#get = db.prepareGet("SELECT value FROM kv WHERE key = ?");
    this.#begin = db.prepareRun("BEGIN");
    this.#commit = db.prepareRun("COMMIT");
    const select = "SELECT key, value FROM kv WHERE key";
    this.#ascend = db.prepareVisit(`${select} > ? ORDER BY key LIMIT ?`);
    this.#descend = db.prepareVisit(`${select} < ? ORDER BY key DESC LIMIT ?`);
    this.#seek = db.prepareVisit(`${select} >= ? ORDER BY key LIMIT ?`);
    this.#pageRows = driver.pageRows;
  }

  put(key: string, value: string): void {
    this.#put(key, value);
  }

  putBatch({ keys, values, start, end }: BatchSpan): void {
    this.#begin();
    for (let i = start; i < end; i++) this.#put(keys[i]!, values[i]!);
    this.#commit();
  }

  del(key: string): void {
    this.#del(key);
  }

  getSync(key: string): string | undefined {
    return this.#get(key);
  }

  scanSync({ from, reverse = false, limit }: ScanRange, visit: Visit): void {
    if (from !== undefined) return void this.#seek(visit, from, limit ?? -1);
    const page = reverse ? this.#descend : this.#ascend;
    let last: string | undefined = reverse ? AFTER_ALL : "";
    while (last !== undefined) last = page(visit, last, this.#pageRows);
  }

  settle(): void {
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  compact(): void {
    this.#db.exec("VACUUM");
    this.settle();
  }

  close(): void {
    this.#db.close();
  }
}
