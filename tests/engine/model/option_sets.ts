import type { EngineOptions } from "../../../src/options.ts";

const KIB = 1024;

/** The smallest of everything: the most flushes, compactions, segments and blocks. */
export const tiny: EngineOptions = {
  memtableSize: 64 * KIB,
  memtableEntries: 50,
  blockSize: 256,
  cacheSize: 0,
  compaction: {
    threshold: 2,
    levelSize: 64 * KIB,
    levelRatio: 2,
    segmentSize: 16 * KIB,
  },
};

export const small: EngineOptions = {
  memtableSize: 64 * KIB,
  memtableEntries: 500,
  blockSize: KIB,
  cacheSize: 8 * KIB,
  compaction: {
    threshold: 3,
    levelSize: 64 * KIB,
    levelRatio: 3,
    segmentSize: 16 * KIB,
  },
};

export const deflated: EngineOptions = {
  ...small,
  compression: "deflate",
  cacheSize: 64 * KIB,
  sync: false,
};

export const zstd: EngineOptions = {
  ...small,
  compression: "zstd",
  blockSize: 4 * KIB,
  compaction: { levelSize: 128 * KIB, levelRatio: 2, segmentSize: 32 * KIB },
};

/** Large enough for flush and compaction to go to a worker. */
export const large: EngineOptions = {
  memtableSize: 1280 * KIB,
  sync: false,
  compaction: { threshold: 2, levelSize: 1024 * KIB, segmentSize: 512 * KIB },
};

/** What users have who give no options. */
export const presets: EngineOptions = {};

export const every: readonly EngineOptions[] = [
  tiny,
  small,
  deflated,
  zstd,
  presets,
  { sync: false },
];

/** A segment of nearly every batch. */
export const hasty: EngineOptions = {
  ...tiny,
  memtableEntries: 7,
  cacheSize: 4 * KIB,
};

/** Segments of one block, each read anew. */
export const oneBlock: EngineOptions = {
  ...small,
  blockSize: 16 * KIB,
  cacheSize: 0,
};

/** Indexes of many pages, of which the cache has few. */
export const longIndexes: EngineOptions = {
  ...small,
  memtableEntries: 3_000,
  blockSize: 256,
  cacheSize: 4 * KIB,
  compaction: { threshold: 2, levelSize: 1024 * KIB, segmentSize: 1024 * KIB },
};

/** Reads look into dozens of segments that overlap. */
export const lazy: EngineOptions = {
  ...small,
  memtableEntries: 60,
  compaction: { ...small.compaction, threshold: 64 },
};

/** One level that is never full. */
export const wide: EngineOptions = {
  ...small,
  memtableEntries: 200,
  compaction: { ...small.compaction, threshold: 8, levelRatio: 100 },
};

/** Merges on the event loop, also where a worker could. */
export const inline: EngineOptions = {
  ...small,
  background: "inline",
  sync: false,
};
