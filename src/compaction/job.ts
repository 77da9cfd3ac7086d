import type { SegmentInfo } from "../manifest/segment_info.ts";
import type { Compression } from "../options.ts";
import type { Awaitable } from "../storage/awaitable.ts";
import type { Storage } from "../storage/storage.ts";
import type { Fragments } from "../tombstones/fragment.ts";
import type { Pace } from "./merge.ts";
import type { CompactionPlan } from "./plan.ts";

/**
 * What flush and compaction have in common. Jobs are plain data, so that they can be sent to a
 * worker.
 */
export interface Job {
  /** Sequence numbers of the snapshots that are held, ascending. */
  readonly snapshots: readonly number[];
  /** The segments of each level when the job begins: what may hold older entries of a key. */
  readonly levels: readonly (readonly SegmentInfo[])[];
  /** The range tombstones to be applied. */
  readonly rangeTombstones: Fragments;
  /**
   * The ceiling of what is written: the last write that is in segments, for a flush once it is
   * done.
   */
  readonly ceiling: number;
  readonly blockSize: number;
  readonly compression: Compression;
}

/**
 * The numbers that the only file of a job may have: one for a worker, and one for the event loop
 * where the worker fails and its file may be left.
 */
export type FileNumbers = readonly [forWorker: number, forEventLoop: number];

/** Writes the records of a MemTable to a segment of level 0. */
export interface RecordsJob extends Job {
  /**
   * Whether all deletes are needed: the segment of an older MemTable, which is in no level yet, may
   * have any key.
   */
  readonly keepsDeletes: boolean;
}

/** Writes a full MemTable, whose records are in a log, to a segment. */
export interface FlushJob extends RecordsJob {
  readonly logNumber: number;
  /** How many records there are. */
  readonly records: number;
  readonly outputNumbers: FileNumbers;
  /** Share of its time that a worker leaves to compactions, 0 to 1. */
  readonly compactionShare: number;
}

/** Merges segments into others. */
export interface CompactionJob extends Job {
  readonly inputs: CompactionPlan["inputs"];
  readonly outputLevel: number;
  /** If the only output goes to level 0. */
  readonly outputNumbers?: FileNumbers;
  readonly splitKeys: readonly Uint8Array[];
  /** Size at which an output is closed and the next begun, in bytes. */
  readonly segmentSize: number;
  /** How many bytes of the cache the blocks may take that a worker hands over as it writes them. */
  readonly mostKeptBytes: number;
}

/** Writes sorted entries to a segment. */
export interface BuildJob extends Pick<Job, "blockSize" | "compression"> {
  /**
   * Has puts by ascending key, one behind the other from its start on; at least one. Shared, so
   * that it is not copied when it is sent, and no view, since Deno goes through every element of
   * one that is sent (measured: 5 s for 16 MiB).
   */
  readonly buffer: SharedArrayBuffer;
  /** Bytes of the puts. */
  readonly length: number;
}

/** What a job needs of the place where it runs. */
export interface JobContext {
  readonly storage: Storage;
  readonly pace: Pace;
  /** A number for the next new file. */
  takeFileNumber(): Awaitable<number>;
  /** Told of the data blocks of each segment, by its number, as they are written. */
  readonly onBlock?: (segment: number, payload: Uint8Array) => void;
  /** Told when all of a flush is written and only waits for its sync. */
  readonly onWritten?: () => void;
  /** A random integer of 0 to 2^32 - 1. */
  randomUint32(): number;
}
