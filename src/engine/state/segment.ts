import { corruption, isMissing } from "../../errors.ts";
import { segmentName } from "../../format/file_names.ts";
import { type SegmentInfo, tellsOf } from "../../manifest/segment_info.ts";
import type { BlockCache } from "../../segment/block_cache.ts";
import type { BlockShelf } from "../../segment/cache_shelf.ts";
import { SegmentReader } from "../../segment/reader.ts";
import type { ReadableFile, Storage } from "../../storage/storage.ts";

/** What becomes of a segment that no later version names. */
export interface Retirement {
  /** Whether its file is ours to remove. */
  readonly removesFile: boolean;
  /** Called once it is closed. */
  onGone(): void;
}

/**
 * A live segment: what the manifest says of it, its open reader, and how many versions hold it.
 * When the last of them lets go of a segment that compaction has replaced, its file is removed.
 */
export class Segment implements SegmentInfo {
  readonly number: number;
  readonly sizeBytes: number;
  readonly entries: number;
  readonly tombstones: number;
  readonly olderVersions: number;
  readonly maxSequence: number;
  readonly ceiling: number;
  readonly salt: number | undefined;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
  /** See {@linkcode SegmentInfo}; set when the segment becomes current. */
  visibleFrom = 0;
  /** How many scans have gone through it as one of level 0. */
  level0Reads = 0;
  readonly reader: SegmentReader;
  readonly #storage: Storage;
  #holders = 0;
  #retirement: Retirement | undefined;
  #letGo: Promise<void> | undefined;

  private constructor(
    storage: Storage,
    info: SegmentInfo,
    reader: SegmentReader,
  ) {
    this.#storage = storage;
    this.reader = reader;
    this.number = info.number;
    this.sizeBytes = info.sizeBytes;
    this.entries = info.entries;
    this.tombstones = info.tombstones;
    this.olderVersions = info.olderVersions;
    this.maxSequence = info.maxSequence;
    this.ceiling = info.ceiling;
    this.salt = info.salt;
    this.smallestKey = info.smallestKey;
    this.largestKey = info.largestKey;
  }

  /**
   * Opens the file of the segment that `info` tells of.
   *
   * @param blocks Blocks of it that are in the cache already.
   */
  static async open(
    storage: Storage,
    cache: BlockCache,
    info: SegmentInfo,
    blocks?: BlockShelf,
  ): Promise<Segment> {
    const name = segmentName(info.number);
    const file = await openNamed(storage, name);
    try {
      refuseOtherSize(name, file, info.sizeBytes);
      const reader = await SegmentReader.open(file, { name, cache, blocks });
      if (!tellsOf(info, reader)) {
        const problem = "the segment is not the one the manifest names";
        throw corruption(name, 0, problem);
      }
      return new Segment(storage, info, reader);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Keeps the file for one more holder. */
  retain(): void {
    this.#holders++;
  }

  /** Lets go of the file for one holder. */
  release(): void {
    this.#holders--;
    if (this.#retirement && this.#holders === 0) void this.letGo();
  }

  /** Says that no later version names the segment: it is let go of with the last holder. */
  retire(retirement: Retirement): void {
    this.#retirement = retirement;
  }

  /** What ends when the file is closed and removed, if that is under way. */
  get leaving(): Promise<void> | undefined {
    return this.#letGo;
  }

  /**
   * Closes the file, and removes it if that is how the segment was retired, whoever holds it still.
   * A second call waits for the first.
   */
  letGo(): Promise<void> {
    return this.#letGo ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#retirement === undefined) return await this.reader.close();
    try {
      await this.reader.close();
      if (this.#retirement.removesFile) {
        await this.#storage.remove(segmentName(this.number));
      }
    } catch {
      // The manifest does not name the file any more: the next open sweeps it.
    }
    this.#retirement.onGone();
  }
}

/** Opens a file that the manifest names; that it is missing is damage. */
export async function openNamed(
  storage: Storage,
  name: string,
): Promise<ReadableFile> {
  try {
    return await storage.open(name);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw corruption(name, 0, "the manifest names the file, but it is gone");
  }
}

/** Throws `KV_CORRUPTION` unless the file of a segment is as long as the manifest says. */
export function refuseOtherSize(
  name: string,
  { size }: ReadableFile,
  sizeBytes: number,
): void {
  if (size === sizeBytes) return;
  throw corruption(
    name,
    Math.min(size, sizeBytes),
    `the file is ${size} bytes long, the manifest says ${sizeBytes}`,
  );
}
