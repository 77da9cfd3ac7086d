// The figures of a store as small tables.
import type { KvEngine, KvStats } from "../../mod.ts";
import { count, done, plural, size, table, time } from "./terminal.ts";

/** Prints what a store says of itself. */
export function printStats(stats: KvStats): void {
  const { memtable, wal, levels, cache, flush, compaction } = stats;
  const deepest = levels.findLastIndex(({ segments }) => segments > 0);
  table([
    ["where", "holds", "size"],
    ["memory", plural(memtable.entries, "key"), size(memtable.bytes)],
    ["log", plural(wal.files, "file"), size(wal.bytes)],
    ...levels.slice(0, deepest + 1).map(({ segments, bytes }, level) => [
      `level ${level}`,
      plural(segments, "segment"),
      size(bytes),
    ]),
    ["on disk", "", size(stats.bytesOnDisk)],
  ]);
  console.log();
  const lookUps = cache.hits + cache.misses;
  const hitRate = lookUps === 0 ? 0 : cache.hits / lookUps * 100;
  table([
    ["since it was opened", "times", "written", "read"],
    ["log commits", count(wal.commits), size(wal.bytesWritten), ""],
    ["log syncs", count(wal.syncs), "", ""],
    ["flushes", count(flush.count), size(flush.bytesWritten), ""],
    [
      "compactions",
      count(compaction.count),
      size(compaction.bytesWritten),
      size(compaction.bytesRead),
    ],
    ["cache look-ups", count(lookUps), "", `${hitRate.toFixed(1)} % hits`],
  ]);
}

/** Has a store merged down to what is alive and tells what that has gained. */
export async function compact<K, V>(db: KvEngine<K, V>): Promise<void> {
  const { bytesOnDisk } = db.stats();
  const startedAt = performance.now();
  await db.compact();
  const elapsed = performance.now() - startedAt;
  const { bytesOnDisk: after } = db.stats();
  console.log();
  done(
    `compacted to ${size(after)} from ${size(bytesOnDisk)} in ${time(elapsed)}`,
  );
}
