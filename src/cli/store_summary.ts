import { compareBytes } from "../bytes/compare.ts";
import { liveLogNumbers } from "../engine/state/recovery.ts";
import { isMissing, KvError } from "../errors.ts";
import { logName } from "../format/file_names.ts";
import { keyText } from "../inspection/key_text.ts";
import { readManifest } from "../manifest/manifest_store.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { openLocalStorage } from "../storage/local_storage.ts";
import type { Storage } from "../storage/storage.ts";
import { hexOf } from "./hex.ts";

/** One level of segments, or several together. */
export interface LevelSummary {
  readonly segments: number;
  readonly bytes: number;
  /** Versions of keys, tombstones and the entries of the catalogue of keyspaces among them. */
  readonly entries: number;
  readonly tombstones: number;
  readonly olderVersions: number;
}

/** What can be told of a store from its manifest and the sizes of its logs, without opening it. */
export interface StoreSummary {
  readonly location: string;
  readonly storeId: string;
  readonly keyCodec: string;
  readonly valueCodec: string;
  /** From 0 to the deepest that has segments. */
  readonly levels: readonly LevelSummary[];
  readonly segments: LevelSummary;
  readonly logs: { readonly files: number; readonly bytes: number };
  readonly bytesOnDisk: number;
  /** Sequence number of the last write that is in a segment. */
  readonly flushedSequence: number;
  /** The first and the last key in segments, deleted ones and those of keyspaces among them. */
  readonly keys: { readonly from: string; readonly to: string } | undefined;
}

/** Reads it. An engine may write the store meanwhile. */
export async function summarize(location: string): Promise<StoreSummary> {
  const storage = await openLocalStorage(location);
  const state = await readManifest(storage);
  if (state === undefined) {
    throw new KvError(
      "KV_NOT_FOUND",
      `Cannot read ${storage.location}: there is no store; check the path`,
    );
  }
  const names = await storage.list();
  const logs = await logSizes(storage, liveLogNumbers(state, names));
  const bytes = logs.reduce((sum, size) => sum + size, 0);
  const segments = levelOf(state.levels.flat());
  return {
    location: storage.location,
    storeId: hexOf(state.storeId),
    keyCodec: state.keyCodec,
    valueCodec: state.valueCodec,
    levels: withoutEmptyEnd(state.levels.map(levelOf)),
    segments,
    logs: { files: logs.length, bytes },
    bytesOnDisk: segments.bytes + bytes,
    flushedSequence: state.flushedSequence,
    keys: keysOf(state.levels.flat()),
  };
}

function levelOf(segments: readonly SegmentInfo[]): LevelSummary {
  function sum(count: (segment: SegmentInfo) => number): number {
    return segments.reduce((total, segment) => total + count(segment), 0);
  }
  return {
    segments: segments.length,
    bytes: sum(({ sizeBytes }) => sizeBytes),
    entries: sum(({ entries }) => entries),
    tombstones: sum(({ tombstones }) => tombstones),
    olderVersions: sum(({ olderVersions }) => olderVersions),
  };
}

function withoutEmptyEnd(levels: readonly LevelSummary[]): LevelSummary[] {
  return levels.slice(
    0,
    levels.findLastIndex(({ segments }) => segments > 0) + 1,
  );
}

function keysOf(segments: readonly SegmentInfo[]): StoreSummary["keys"] {
  const [from] = segments.map(({ smallestKey }) => smallestKey)
    .sort(compareBytes);
  const to = segments.map(({ largestKey }) => largestKey)
    .sort(compareBytes).at(-1);
  return from && to && { from: keyText(from), to: keyText(to) };
}

/** Sizes of the logs that are there; an engine may just have removed one. */
async function logSizes(
  storage: Storage,
  numbers: readonly number[],
): Promise<number[]> {
  const sizes = [];
  for (const number of numbers) {
    try {
      const file = await storage.open(logName(number));
      sizes.push(file.size);
      await file.close();
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return sizes;
}
