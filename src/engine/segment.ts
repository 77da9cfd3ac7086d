import { corruption, KvIoError } from "../errors.ts";
import { segmentName } from "../format/file_names.ts";
import { type SegmentInfo, tellsOf } from "../manifest/segment_info.ts";
import type { BlockCache } from "../segment/block_cache.ts";
import { SegmentReader } from "../segment/reader.ts";
import type { ReadableFile, Storage } from "../storage/storage.ts";

/**
 * A live segment: what the manifest says of it, its open reader, and how many versions hold it. When the last of them lets go of a segment
 * that compaction has replaced, its file is removed.
 */
export class Segment implements SegmentInfo {
  readonly number: number;
  readonly sizeBytes: number;
  readonly entries: number;
  readonly tombstones: number;
  readonly olderVersions: number;
  readonly maxSequence: number;
  readonly smallestKey: Uint8Array;
  readonly largestKey: Uint8Array;
  readonly reader: SegmentReader;
  readonly #storage: Storage;
  #holders = 0;
  #onGone: (() => void) | undefined;
  #isUnused = false;
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
    this.smallestKey = info.smallestKey;
    this.largestKey = info.largestKey;
  }

  /** Opens the file of the segment that `info` tells of. */
  static async open(
    storage: Storage,
    cache: BlockCache,
    info: SegmentInfo,
  ): Promise<Segment> {
    const name = segmentName(info.number);
    const file = await openNamed(storage, name);
    try {
      if (file.size !== info.sizeBytes) {
        throw corruption(
          name,
          Math.min(file.size, info.sizeBytes),
          `the file is ${file.size} bytes long, the manifest says ${info.sizeBytes}`,
        );
      }
      const reader = await SegmentReader.open(file, { name, cache });
      if (!tellsOf(info, reader.properties)) {
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
    const isDone = this.#isUnused || this.#onGone !== undefined;
    if (isDone && this.#holders === 0) void this.letGo();
  }

  /** Says that no later version names the segment: its file goes with the last holder. Then `onGone` is called. */
  markObsolete(onGone: () => void): void {
    this.#onGone = onGone;
  }

  /** Says that no later version here names the segment, whose file is not ours to remove: it is closed with the last holder. */
  markUnused(): void {
    this.#isUnused = true;
  }

  /** Closes the file, and removes it if the segment is obsolete, whoever holds it still. A second call waits for the first. */
  letGo(): Promise<void> {
    return this.#letGo ??= this.#close();
  }

  async #close(): Promise<void> {
    if (this.#onGone === undefined) return await this.reader.close();
    try {
      await this.reader.close();
      await this.#storage.remove(segmentName(this.number));
    } catch {
      // The manifest does not name the file any more: the next open sweeps it.
    }
    this.#onGone();
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
    if (error instanceof KvIoError && error.failure === "missing") {
      throw corruption(name, 0, "the manifest names the file, but it is gone");
    }
    throw error;
  }
}
