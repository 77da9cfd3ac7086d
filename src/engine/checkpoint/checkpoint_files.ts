import { writeRecords } from "../../compaction/flush.ts";
import { segmentName } from "../../format/file_names.ts";
import type { ManifestState } from "../../manifest/manifest_codec.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";
import { withNeeded } from "../../manifest/needed_tombstones.ts";
import { Version } from "../../manifest/version.ts";
import type { Storage } from "../../storage/storage.ts";
import type { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import type { CheckpointOptions } from "../api/checkpoint.ts";
import type { CheckpointSource } from "./checkpoint.ts";
import { giveWay } from "../runtime/event_loop.ts";
import { paceWhile } from "../background/job_runner.ts";
import type { LoggedTable } from "../state/logged_table.ts";
import { randomUint32 } from "../runtime/random.ts";
import { openNamed, refuseOtherSize } from "../state/segment.ts";

/** How much of a file is copied in one go, in bytes: a slice of work on the event loop. */
const CHUNK_BYTES = 1024 * 1024;

/** Brings the segments of a checkpoint to their place. */
export class CheckpointFiles {
  readonly #source: CheckpointSource;
  readonly #target: Storage;
  readonly #options: CheckpointOptions;
  #chunk: Uint8Array | undefined;
  #nextFileNumber = 0;
  #bytesCopied = 0;
  #bytesTotal = 0;

  constructor(
    source: CheckpointSource,
    target: Storage,
    options: CheckpointOptions,
  ) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
  }

  /**
   * Writes the segments that `state` names, and those of tables that are in none. Bytes and names
   * are durable then.
   *
   * @returns What there is: more segments, and a number that none of them has.
   */
  async write(
    state: ManifestState,
  ): Promise<
    Pick<ManifestState, "levels" | "rangeTombstones" | "nextFileNumber">
  > {
    this.#nextFileNumber = state.nextFileNumber;
    let version = new Version<SegmentInfo>(
      state.levels,
      state.rangeTombstones,
    );
    const written: SegmentInfo[] = [];
    for (const table of this.#source.unflushed) {
      const segment = await this.#writeTable(table, version);
      const segments = segment === undefined ? [] : [segment];
      written.push(...segments);
      version = afterFlush(version, segments, table.table.ranges.tombstones);
    }
    this.#bytesTotal = version.totalBytes;
    for (const segment of written) {
      this.#report(segmentName(segment.number), segment.sizeBytes);
    }
    for (const segment of state.levels.flat()) await this.#bring(segment);
    await this.#target.syncDirectory();
    const { levels, rangeTombstones } = version;
    return { levels, rangeTombstones, nextFileNumber: this.#nextFileNumber };
  }

  /** Writes a table to a segment of the checkpoint itself. */
  #writeTable(
    { table }: LoggedTable,
    { levels }: Version,
  ): Promise<SegmentInfo | undefined> {
    const { blockSize, compression } = this.#source.options;
    return writeRecords(table.list(), {
      snapshots: [],
      levels,
      rangeTombstones: table.ranges.tombstones.fragments,
      ceiling: table.lastSequence,
      blockSize,
      compression,
      keepsDeletes: false,
    }, {
      storage: this.#target,
      takeFileNumber: () => this.#nextFileNumber++,
      randomUint32,
      pace: paceWhile(() => this.#assertWanted()),
    });
  }

  /** Links a segment, or copies it where that cannot be done. */
  async #bring({ number, sizeBytes }: SegmentInfo): Promise<void> {
    this.#assertWanted();
    const name = segmentName(number);
    if (await this.#link(name)) {
      // The name may have come to stand for another file, or for a link to one.
      const linked = await openNamed(this.#target, name);
      await linked.close();
      refuseOtherSize(name, linked, sizeBytes);
      this.#report(name, sizeBytes);
    } else {
      await this.#copy(name, sizeBytes);
    }
  }

  /** Who only reads a store leaves its files as they are, the number of their names included. */
  async #link(name: string): Promise<boolean> {
    const { storage, options } = this.#source;
    if (options.readOnly) return false;
    return await storage.linkTo?.(name, this.#target) ?? false;
  }

  async #copy(name: string, sizeBytes: number): Promise<void> {
    const from = await openNamed(this.#source.storage, name);
    try {
      refuseOtherSize(name, from, sizeBytes);
      const to = await this.#target.create(name);
      try {
        for (let at = 0; at < sizeBytes;) {
          const chunk = this.#chunkOf(sizeBytes - at);
          await from.readAt(chunk, at);
          await to.append(chunk);
          at += chunk.length;
          this.#report(name, chunk.length);
          await giveWay();
          this.#assertWanted();
        }
        await to.sync();
      } finally {
        await to.close();
      }
    } finally {
      await from.close();
    }
  }

  /** A buffer for the next bytes, the same for all of them. */
  #chunkOf(left: number): Uint8Array {
    this.#chunk ??= new Uint8Array(CHUNK_BYTES);
    return this.#chunk.subarray(0, Math.min(left, CHUNK_BYTES));
  }

  #report(file: string, bytes: number): void {
    this.#bytesCopied += bytes;
    this.#options.onProgress?.({
      bytesCopied: this.#bytesCopied,
      bytesTotal: this.#bytesTotal,
      file,
    });
  }

  /** Throws once the checkpoint is given up. */
  #assertWanted(): void {
    this.#options.signal?.throwIfAborted();
    this.#source.assertOpen();
  }
}

/** The version once a table is in a segment, if any of it is left. */
function afterFlush(
  version: Version<SegmentInfo>,
  segments: readonly SegmentInfo[],
  added: RangeTombstones,
): Version<SegmentInfo> {
  const add = segments.map((segment) => ({ level: 0, segment }));
  const next = version.apply({ add, remove: [] });
  return withNeeded(next, next.rangeTombstones.with(added, []), []);
}
