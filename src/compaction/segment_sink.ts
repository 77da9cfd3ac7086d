import { compareSpans, equalSpans } from "../bytes/compare.ts";
import type { EntryView } from "../format/entry.ts";
import { segmentName } from "../format/file_names.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import type { Compression } from "../options.ts";
import type { RecordBlock } from "../segment/record_blocks.ts";
import { SegmentWriter } from "../segment/writer.ts";
import { type Awaitable, isPending } from "../storage/awaitable.ts";
import type { WritableFile } from "../storage/storage.ts";
import type { JobContext } from "./job.ts";

/** What a {@linkcode SegmentSink} makes of the entries. */
export interface SegmentSinkOptions {
  readonly blockSize: number;
  readonly compression: Compression;
  /** The ceiling of the segments: see {@linkcode SegmentInfo}. */
  readonly ceiling: number;
  /** Bytes after which the next key goes to a new segment. Default: all go to one. */
  readonly segmentSize?: number;
  /** Ascending keys at which a new segment is begun in any case. Default: none. */
  readonly splitKeys?: readonly Uint8Array[];
}

/** Where a {@linkcode SegmentSink} writes. */
export type SegmentSinkContext = Omit<JobContext, "pace">;

interface OpenSegment {
  readonly number: number;
  readonly salt: number;
  readonly file: WritableFile;
  readonly writer: SegmentWriter;
}

/**
 * Writes a sorted stream of entries to as many segments as it takes. All versions of a key go to
 * one segment, so the segments share no key.
 */
export class SegmentSink {
  readonly #options: SegmentSinkOptions;
  readonly #context: SegmentSinkContext;
  readonly #segmentSize: number;
  readonly #finished: SegmentInfo[] = [];
  readonly #created: number[] = [];
  #open: OpenSegment | undefined;
  /** The last key of a segment that has reached its size. */
  #finalKey: Uint8Array | undefined;
  readonly #splitKeys: readonly Uint8Array[];
  #nextSplit = 0;
  /** The sync of the segment that was finished last. */
  #synced = Promise.resolve();

  constructor(options: SegmentSinkOptions, context: SegmentSinkContext) {
    this.#options = options;
    this.#context = context;
    this.#segmentSize = options.segmentSize ?? Infinity;
    this.#splitKeys = options.splitKeys ?? [];
  }

  /** Adds the next entry. */
  add(entry: EntryView): Awaitable<void> {
    const isFull = this.#finalKey !== undefined &&
      !isKey(entry, this.#finalKey);
    if (this.#passesSplit(entry) || isFull) {
      return this.#finishOpen().then(() => this.add(entry));
    }
    if (this.#open === undefined) {
      return this.#create().then(() => this.add(entry));
    }
    const { writer } = this.#open;
    const added = writer.add(entry);
    return isPending(added)
      ? added.then(() => this.#noteSize(writer, entry))
      : this.#noteSize(writer, entry);
  }

  /** Adds a block. All blocks go to one segment, which has nothing else. */
  addBlock(block: RecordBlock): Awaitable<void> {
    return this.#open === undefined
      ? this.#create().then(() => this.addBlock(block))
      : this.#open.writer.addBlock(block);
  }

  #passesSplit({ keyBuffer, keyOffset, keyLength }: EntryView): boolean {
    const first = this.#nextSplit;
    for (; this.#nextSplit < this.#splitKeys.length; this.#nextSplit++) {
      const split = this.#splitKeys[this.#nextSplit]!;
      const order = compareSpans(
        keyBuffer,
        keyOffset,
        keyLength,
        split,
        0,
        split.length,
      );
      if (order < 0) break;
    }
    return this.#nextSplit > first;
  }

  #noteSize(writer: SegmentWriter, entry: EntryView): void {
    if (writer.sizeBytes < this.#segmentSize) return;
    const { keyBuffer, keyOffset, keyLength } = entry;
    this.#finalKey ??= keyBuffer.slice(keyOffset, keyOffset + keyLength);
  }

  /**
   * Finishes the last segment and answers with all of them. Their bytes and names are durable then.
   */
  async finish(): Promise<SegmentInfo[]> {
    await this.#finishOpen();
    await this.#synced;
    if (this.#created.length > 0) await this.#context.storage.syncDirectory();
    return this.#finished;
  }

  /** Removes all that was written, after a failure or when it is not wanted any more. */
  async abandon(): Promise<void> {
    const { storage } = this.#context;
    try {
      await this.#synced.catch(() => {});
      await this.#open?.file.close();
      for (const number of this.#created) {
        await storage.remove(segmentName(number));
      }
    } catch {
      // No manifest names the files: the next open sweeps what is left.
    }
  }

  async #create(): Promise<void> {
    const { storage, onBlock } = this.#context;
    const { blockSize, compression } = this.#options;
    const number = await this.#context.takeFileNumber();
    const salt = this.#context.randomUint32();
    const file = await storage.create(segmentName(number));
    this.#created.push(number);
    const writer = new SegmentWriter(file, {
      salt,
      blockSize,
      compression,
      onBlock: onBlock && ((payload) => onBlock(number, payload)),
    });
    this.#open = { number, salt, file, writer };
  }

  /**
   * Finishes the segment that is open. Its sync goes on beside the next one, as the only one:
   * measured with segments of 16 MB, a merge spends 7 % of its time in syncs that are waited for.
   */
  async #finishOpen(): Promise<void> {
    if (this.#open === undefined) return;
    const { number, salt, file, writer } = this.#open;
    const properties = await writer.finish();
    this.#context.onWritten?.();
    await this.#synced;
    this.#synced = syncAndClose(this.#open);
    // Whoever waits for it hears of its failure.
    this.#synced.catch(() => {});
    this.#open = undefined;
    this.#finalKey = undefined;
    this.#finished.push({
      number,
      sizeBytes: file.size,
      entries: properties.entries,
      tombstones: properties.tombstones,
      olderVersions: properties.entries - properties.keys,
      maxSequence: properties.maxSequence,
      ceiling: this.#options.ceiling,
      salt,
      smallestKey: properties.smallestKey,
      largestKey: properties.largestKey,
    });
  }
}

async function syncAndClose({ writer, file }: OpenSegment): Promise<void> {
  try {
    await writer.sync();
  } finally {
    await file.close();
  }
}

function isKey(entry: EntryView, key: Uint8Array): boolean {
  const { keyBuffer, keyOffset, keyLength } = entry;
  return equalSpans(keyBuffer, keyOffset, keyLength, key, 0, key.length);
}
