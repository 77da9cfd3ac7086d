import type {
  BuildJob,
  CompactionJob,
  FlushJob,
} from "../../compaction/job.ts";
import type { BlockPiece } from "../../segment/block_pieces.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";

/** What a worker is started with. */
export interface WorkerSetup {
  /** Absolute path of the folder with the files of the store. */
  readonly folder: string;
}

/** What the worker has to do. */
export type Task =
  | { readonly type: "flush"; readonly job: FlushJob }
  | { readonly type: "compact"; readonly job: CompactionJob }
  | { readonly type: "build"; readonly job: BuildJob };

/** From the engine to its worker. `id` tells which job a message is about. */
export type ToWorker =
  | Task & {
    readonly id: number;
    /**
     * For the first file of the job, which mostly has no other: to ask for it takes as long as the
     * event loop is busy.
     */
    readonly number: number;
  }
  /** The file number that the job has asked for. */
  | { readonly type: "number"; readonly id: number; readonly number: number }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

/** From a worker to its engine. */
export type FromWorker =
  /** The job needs a number for a new file. */
  | { readonly type: "takeNumber"; readonly id: number }
  /** Blocks that the job has written. */
  | { readonly type: "blocks"; readonly id: number; readonly piece: BlockPiece }
  | {
    readonly type: "done";
    readonly id: number;
    readonly segments: readonly SegmentInfo[];
  }
  /** The job has failed or was cancelled; its files are removed as far as that was possible. */
  | {
    readonly type: "failed";
    readonly id: number;
    /** Why a sync of the directory has failed in the worker, if one has. */
    readonly directoryFailure: string | undefined;
  };
