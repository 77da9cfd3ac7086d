/** One level of segments. */
export interface LevelStats {
  /** Segments in the level. */
  readonly segments: number;
  /** Their size on disk, in bytes. */
  readonly bytes: number;
}

/**
 * What {@linkcode KvEngine.stats} tells. Counts and sums are since the store was opened, sizes are
 * as of now.
 */
export interface KvStats {
  /** The MemTable that takes writes and those that wait to be flushed. */
  readonly memtable: {
    /** Memory in use, index included, in bytes. */
    readonly bytes: number;
    /** Keys, deleted ones included. */
    readonly entries: number;
    /** MemTables that are full and wait to be flushed. */
    readonly waiting: number;
  };
  /** Live write-ahead logs. */
  readonly wal: {
    /** Logs that a recovery would replay. */
    readonly files: number;
    /** Their size, in bytes, without room that was made for more. */
    readonly bytes: number;
    /** Bytes appended to logs. */
    readonly bytesWritten: number;
    /** Commits: appends that one or more writes shared. */
    readonly commits: number;
    /** Syncs of logs. */
    readonly syncs: number;
  };
  /** Levels of segments, newest data first. */
  readonly levels: readonly LevelStats[];
  /** Size of all segments and logs, in bytes, without room for more in logs. */
  readonly bytesOnDisk: number;
  /** The cache of blocks and index pages. */
  readonly cache: {
    /** Memory in use, in bytes. */
    readonly bytes: number;
    /** Look-ups that found what they wanted in the cache. */
    readonly hits: number;
    /** Look-ups that had to read from storage. */
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
    /** Segments that sank a level without being rewritten. */
    readonly moves: number;
    /**
     * Segments that were removed without being read, because range deletes cover all that they
     * hold.
     */
    readonly drops: number;
    /** Bytes of segments read. */
    readonly bytesRead: number;
    /** Bytes of segments written. */
    readonly bytesWritten: number;
  };
  /** Stretches of keys that range deletes cover and whose space has not been given back yet. */
  readonly rangeTombstones: number;
  /**
   * The worker for flushes and compactions. Those of less than 1 MiB, and all of a store that is
   * not in a local folder, run on the event loop; so do the others where a worker cannot be
   * started, in Deno for want of a permission.
   */
  readonly worker: {
    /** Flushes and compactions that the worker has done. */
    readonly jobs: number;
    /** Whether it has been started, and has not ended since. */
    readonly running: boolean;
  };
  /** Whether writers have to wait because background work is behind. */
  readonly backpressure: {
    /**
     * `slowed`: acknowledgements come later, the more so the more there is to do; `stopped`: only
     * when there is less to do.
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
  /** Keyspaces that there are. */
  readonly keyspaces: number;
  /** Snapshots that are held. */
  readonly snapshots: number;
  /** Sequence number of the last write; 0 in a store that was never written to. */
  readonly lastSequence: number;
}
