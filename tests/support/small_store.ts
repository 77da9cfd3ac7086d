import type { EngineOptions } from "../../mod.ts";

/** As small as can be: little data makes several segments, blocks and levels. */
export const smallStore: EngineOptions = {
  sync: false,
  memtableSize: 64 * 1024,
  blockSize: 512,
  compaction: {
    threshold: 2,
    levelSize: 64 * 1024,
    levelRatio: 2,
    segmentSize: 16 * 1024,
  },
};
