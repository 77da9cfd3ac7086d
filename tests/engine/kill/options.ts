import type { EngineOptions } from "../../../src/options.ts";

/** Small MemTables and segments: flushes and compactions are always under way. */
export const writerOptions: EngineOptions = {
  memtableSize: 128 * 1024,
  memtableEntries: 500,
  compaction: {
    threshold: 2,
    levelSize: 256 * 1024,
    levelRatio: 3,
    segmentSize: 64 * 1024,
  },
};
