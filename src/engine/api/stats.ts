/** One level of segments. */
export interface LevelStats {
  /** Segments in the level. */
  readonly segments: number;
  /** Their size on disk, in bytes. */
  readonly bytes: number;
}

/**
 * What {@linkcode KvEngine.stats} returns. Counts and sums are since the store was opened; sizes
 * are current.
 */
export interface KvStats {
  /** The active MemTable and those waiting to be flushed. */
  readonly memtable: {
    /** Memory in use, index included, in bytes. */
    readonly bytes: number;
    /** Keys, including deleted ones. */
    readonly entries: number;
    /** Full MemTables waiting to be flushed. */
    readonly waiting: number;
  };
  /** Live write-ahead logs. */
  readonly wal: {
    /** Logs that a recovery would replay. */
    readonly files: number;
    /** Their size in bytes, without preallocated space. */
    readonly bytes: number;
    /** Bytes appended to logs. */
    readonly bytesWritten: number;
    /** Commits: appends, each shared by one or more writes. */
    readonly commits: number;
    /** Syncs of logs. */
    readonly syncs: number;
  };
  /** Levels of segments, newest data first. */
  readonly levels: readonly LevelStats[];
  /** Size of all segments and logs in bytes, without preallocated space. */
  readonly bytesOnDisk: number;
  /** The cache of blocks and index pages. */
  readonly cache: {
    /** Memory in use, in bytes. */
    readonly bytes: number;
    /** Lookups served from the cache. */
    readonly hits: number;
    /** Lookups that had to read from storage. */
    readonly misses: number;
  };
  /** MemTables written to segments. */
  readonly flush: {
    readonly count: number;
    /** Bytes of segments written. */
    readonly bytesWritten: number;
  };
  /** Segments merged into others. */
  readonly compaction: {
    readonly count: number;
    /** Segments moved down a level without being rewritten. */
    readonly moves: number;
    /** Segments removed without being read, because range deletes cover them entirely. */
    readonly drops: number;
    /** Bytes of segments read. */
    readonly bytesRead: number;
    /** Bytes of segments written. */
    readonly bytesWritten: number;
  };
  /** Key ranges covered by range deletes whose space has not been reclaimed yet. */
  readonly rangeTombstones: number;
  /**
   * The worker for flushes and compactions. Those of less than 1 MiB, and all of a store that is
   * not in a local folder, run on the event loop; so do the others where no worker can be started,
   * in Deno for lack of a permission.
   */
  readonly worker: {
    /** Flushes and compactions done by the worker. */
    readonly jobs: number;
    /** Whether it is running. */
    readonly running: boolean;
  };
  /** Whether writers are held back because background work is behind. */
  readonly backpressure: {
    /**
     * `slowed`: acknowledgements are delayed in proportion to the backlog; `stopped`: they wait
     * until the backlog has shrunk.
     */
    readonly state: "none" | "slowed" | "stopped";
    /**
     * What is behind: flushes of full MemTables, or compaction of level 0. Larger MemTables or
     * fewer writes help.
     */
    readonly reason?: "flush" | "compaction";
    /** Commits that were slowed. */
    readonly slowed: number;
    /** Commits that were stopped. */
    readonly stopped: number;
  };
  /** Number of keyspaces. */
  readonly keyspaces: number;
  /** Number of open snapshots. */
  readonly snapshots: number;
  /** Sequence number of the last write; 0 in a store that was never written to. */
  readonly lastSequence: number;
}
