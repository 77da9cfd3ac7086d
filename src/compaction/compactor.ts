import type { Cursor } from "../format/cursor.ts";
import { segmentName } from "../format/file_names.ts";
import { ConcatCursor } from "../iterator/concat_cursor.ts";
import { MergingCursor } from "../iterator/merging_cursor.ts";
import { RaisedCursor } from "../iterator/raised_cursor.ts";
import {
  keyPosition,
  type SegmentInfo,
  sharedKeyBytes,
} from "../manifest/segment_info.ts";
import { Version } from "../manifest/version.ts";
import { BlockCache } from "../segment/block_cache.ts";
import { SegmentReader } from "../segment/reader.ts";
import { inTurn } from "../storage/awaitable.ts";
import type { Storage } from "../storage/storage.ts";
import { AppliedTombstones } from "./applied_tombstones.ts";
import type { CompactionJob, JobContext } from "./job.ts";
import { writeMerged } from "./merge.ts";
import { Retention } from "./retention.ts";
import { SegmentSink } from "./segment_sink.ts";

/**
 * Merges the inputs of a compaction into new segments. It opens the inputs by itself and leaves
 * them as they are.
 */
export async function compactSegments(
  job: CompactionJob,
  context: JobContext,
): Promise<SegmentInfo[]> {
  const version = new Version(job.levels);
  const inputs = new InputReaders(context.storage, job);
  try {
    const cursors: Cursor[] = [];
    for (const { level, segments } of job.inputs) {
      cursors.push(...await inputs.open(level, segments));
    }
    return await writeMerged({
      source: new MergingCursor(
        cursors,
        true,
        sharedKeyBytes(job.inputs.flatMap(({ segments }) => segments)),
      ),
      retention: new Retention({
        snapshots: job.snapshots,
        // What stays in level 0 may have older segments there below it.
        mayHoldBelow: (buffer, offset, length) =>
          job.outputLevel === 0 ||
          version.mayHoldBelow(job.outputLevel, buffer, offset, length),
      }),
      sink: new SegmentSink(job, context),
      pace: context.pace,
    });
  } finally {
    await inputs.close();
  }
}

/** Memory for the indexes of the inputs, in bytes; blocks, each read once, are not cached. */
const INDEX_CACHE_BYTES = 32 * 1024 * 1024;

/** Readers of their own, so that the cache of the engine is left to its readers. */
class InputReaders {
  readonly #storage: Storage;
  readonly #job: CompactionJob;
  readonly #cache = new BlockCache(INDEX_CACHE_BYTES);
  readonly #readers: SegmentReader[] = [];

  constructor(storage: Storage, job: CompactionJob) {
    this.#storage = storage;
    this.#job = job;
  }

  /**
   * Cursors over segments of one level: one for each in level 0, newest first, one for all in a
   * deeper level, where they share no key.
   */
  async open(
    level: number,
    segments: readonly SegmentInfo[],
  ): Promise<Cursor[]> {
    const readers = new Map<SegmentInfo, SegmentReader>();
    for (const segment of segments) {
      readers.set(segment, await this.#openReader(segment.number));
    }
    const cursor = (segment: SegmentInfo) =>
      this.#cursor(readers.get(segment)!, segment);
    return level === 0
      ? segments.map(cursor)
      : [new ConcatCursor(segments, { position: keyPosition, cursor })];
  }

  #cursor(reader: SegmentReader, segment: SegmentInfo): Cursor {
    const { rangeTombstones, snapshots } = this.#job;
    const { ceiling, visibleFrom = 0 } = segment;
    const stored = reader.cursor({
      maxSequence: Infinity,
      allVersions: true,
      fillCache: false,
    });
    // Once every snapshot sees the segment, it is like any other.
    const isHidden = snapshots.length > 0 && snapshots[0]! < visibleFrom;
    const cursor = isHidden ? new RaisedCursor(stored, visibleFrom) : stored;
    return rangeTombstones.length === 0 ? cursor : new AppliedTombstones(
      cursor,
      { rangeTombstones, snapshots, ceiling },
    );
  }

  async #openReader(number: number): Promise<SegmentReader> {
    const name = segmentName(number);
    const file = await this.#storage.open(name);
    try {
      const reader = await SegmentReader.open(file, {
        name,
        cache: this.#cache,
      });
      this.#readers.push(reader);
      return reader;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await inTurn(this.#readers.map((reader) => () => reader.close()));
  }
}
