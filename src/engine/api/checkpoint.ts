/** How far a checkpoint has come. */
export interface CheckpointProgress {
  /** Bytes of segments that are in the target, copied or linked. */
  readonly bytesCopied: number;
  /** Bytes of all segments that the checkpoint will have. */
  readonly bytesTotal: number;
  /** Name of the file that was worked on last. */
  readonly file: string;
}

/** How a checkpoint is made. */
export interface CheckpointOptions {
  /** Gives up, leaving no store in the target, when it is aborted. */
  readonly signal?: AbortSignal;
  /** Called after every file, and several times within a large one that has to be copied. If it throws, the checkpoint is given up. */
  readonly onProgress?: (progress: CheckpointProgress) => void;
}
