import type { Version } from "../../manifest/version.ts";
import type { BlockCache } from "../../segment/block_cache.ts";
import type { KvStats } from "../api/stats.ts";
import type { BackgroundCounts } from "../background/background_options.ts";
import type { Snapshots } from "../state/snapshots.ts";
import type { Tables } from "../state/tables.ts";

/** Where the figures of a store come from. */
export interface StatsSources {
  readonly tables: Tables;
  readonly version: Version;
  readonly cache: BlockCache;
  readonly snapshots: Snapshots;
  readonly keyspaces: number;
  readonly counts: BackgroundCounts;
  readonly worker: KvStats["worker"];
  readonly backpressure: KvStats["backpressure"];
  readonly wal: Pick<KvStats["wal"], "bytesWritten" | "commits" | "syncs">;
  readonly lastSequence: number;
}

/** Gathers the figures of a store as of now. */
export function statsOf(sources: StatsSources): KvStats {
  const { tables, version, cache, counts } = sources;
  const all = tables.all;
  const logs = all.filter((table) => table.hasLog);
  const walBytes = sum(logs, (table) => table.logBytes);
  return {
    memtable: {
      bytes: sum(all, ({ table }) => table.memoryBytes),
      entries: sum(all, ({ table }) => table.keys),
      waiting: tables.waiting.length,
    },
    wal: { files: logs.length, bytes: walBytes, ...sources.wal },
    levels: version.levels.map((segments, level) => ({
      segments: segments.length,
      bytes: version.levelBytes(level),
    })),
    bytesOnDisk: version.totalBytes + walBytes,
    cache: { bytes: cache.bytes, hits: cache.hits, misses: cache.misses },
    flush: { count: counts.flushes, bytesWritten: counts.flushBytesWritten },
    compaction: {
      count: counts.compactions,
      moves: counts.moves,
      drops: counts.drops,
      bytesRead: counts.compactionBytesRead,
      bytesWritten: counts.compactionBytesWritten,
    },
    rangeTombstones: version.rangeTombstones.size +
      sum(all, ({ table }) => table.ranges.tombstones.size),
    worker: sources.worker,
    backpressure: sources.backpressure,
    keyspaces: sources.keyspaces,
    snapshots: sources.snapshots.count,
    lastSequence: sources.lastSequence,
  };
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}
