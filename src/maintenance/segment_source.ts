import { compareBytes } from "../bytes/compare.ts";
import type { EntryView } from "../format/entry.ts";
import { segmentName } from "../format/file_names.ts";
import type { Progress } from "../inspection/progress.ts";
import { ForwardCursor } from "../iterator/forward_cursor.ts";
import { walkSegment } from "../inspection/segment_walk.ts";
import type {
  Gap,
  SegmentWalk,
  SoundBlock,
} from "../inspection/sound_block.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { MAX_STORED_KEY_BYTES } from "../options.ts";
import { BlockEntries } from "../segment/block_entries.ts";
import type { Awaitable } from "../storage/awaitable.ts";
import type { ReadableFile } from "../storage/storage.ts";
import type { FoundLoss } from "./losses.ts";
import type { SourceFiles } from "./source_files.ts";

/** A segment to be read, and what the manifest says of it, if that is known. */
export interface SourceSegment {
  readonly number: number;
  readonly info?: SegmentInfo;
}

/** What a {@linkcode SegmentSource} works with. */
export interface SegmentSourceContext {
  readonly files: SourceFiles;
  readonly progress: Progress;
  /**
   * Whether the segments hold what was in logs, which is newer than all else: the sequence number
   * of entries becomes `Infinity`.
   */
  readonly isFromLogs?: boolean;
  /**
   * Whether a range delete covers an entry of this segment; such an entry is passed over. Default:
   * none does.
   */
  isCovered?(entry: EntryView, segment: SourceSegment): boolean;
  /** Told of every stretch that cannot be read. */
  onLoss(loss: FoundLoss): void;
  /** Told whenever a segment was read, with the largest sequence number so far. */
  onSegment?(maxSequence: number): void;
}

/**
 * The newest versions of the keys of one segment, or of several that follow one another, as far as
 * they can be read. What is damaged is passed over and reported. Keys ascend whatever the files
 * hold. It goes forward only.
 */
export class SegmentSource extends ForwardCursor {
  readonly #entries = new BlockEntries();
  readonly #segments: readonly SourceSegment[];
  readonly #context: SegmentSourceContext;
  #nextSegment = 0;
  #open: OpenSegment | undefined;
  #moving: Promise<boolean> | undefined;
  /** How many entries of the open segment were read, all versions counted. */
  #entriesRead = 0;
  #maxSequence = 0;
  /** The last key of the last block. */
  #lastKey: Uint8Array | undefined;

  constructor(
    segments: readonly SourceSegment[],
    context: SegmentSourceContext,
  ) {
    super();
    this.#segments = segments;
    this.#context = context;
  }

  get entry(): EntryView {
    return this.#entries.entry;
  }

  seekToFirst(): Awaitable<boolean> {
    return this.next();
  }

  next(): Awaitable<boolean> {
    if (this.#nextInBlock()) return true;
    const moving = this.#nextBlock();
    this.#moving = moving;
    return moving;
  }

  /** Waits for what is under way and lets go of the file. */
  async close(): Promise<void> {
    try {
      await this.#moving;
    } catch {
      // Whoever moved the source has heard of it.
    }
    await this.#closeFile();
  }

  async #closeFile(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.file.close();
  }

  #nextInBlock(): boolean {
    const entries = this.#entries;
    while (entries.next()) {
      this.#entriesRead++;
      if (entries.entry.sequence > this.#maxSequence) {
        this.#maxSequence = entries.entry.sequence;
      }
      if (entries.isNewest && this.#admit(entries.entry)) return true;
    }
    return false;
  }

  #admit(entry: EntryView): boolean {
    const { segment } = this.#open!;
    if (this.#context.isCovered?.(entry, segment)) return false;
    if (this.#context.isFromLogs) entry.sequence = Infinity;
    if (entry.keyLength <= MAX_STORED_KEY_BYTES) return true;
    const { walk: { window } } = this.#open!;
    const reason = "a key is longer than any that can be written";
    const { name: file, size: end } = window;
    this.#context.onLoss({ file, offset: 0, end, reason });
    return false;
  }

  async #nextBlock(): Promise<boolean> {
    for (;;) {
      const open = this.#open ?? await this.#openNext();
      if (open === undefined) return false;
      const part = await open.walk.next();
      if (part === undefined) await this.#finish(open);
      else if (!part.isSound) open.gaps.push(part);
      else if (this.#enter(part, open) && this.#nextInBlock()) return true;
    }
  }

  #enter(block: SoundBlock, { walk }: OpenSegment): boolean {
    const { start, end, payload, firstKey, lastKey } = block;
    if (this.#lastKey && compareBytes(firstKey, this.#lastKey) <= 0) {
      this.#context.onLoss({
        file: walk.window.name,
        offset: start,
        end,
        reason: "the block is out of order",
        from: firstKey,
        to: lastKey,
      });
      return false;
    }
    this.#lastKey = lastKey;
    this.#entries.enter(payload);
    return true;
  }

  async #openNext(): Promise<OpenSegment | undefined> {
    while (this.#nextSegment < this.#segments.length) {
      const segment = this.#segments[this.#nextSegment++]!;
      const name = segmentName(segment.number);
      const file = await this.#context.files.open(name);
      if (file === undefined) {
        this.#reportMissing(name, segment);
        continue;
      }
      try {
        const walk = await walkSegment(file, name, this.#context.progress);
        this.#entriesRead = 0;
        return this.#open = { file, walk, segment, gaps: [] };
      } catch (error) {
        await file.close();
        throw error;
      }
    }
    return undefined;
  }

  #reportMissing(name: string, { info }: SourceSegment): void {
    this.#context.onLoss({
      file: name,
      offset: 0,
      end: info?.sizeBytes ?? 0,
      reason: this.#context.files.problemOf(name),
      from: info?.smallestKey,
      to: info?.largestKey,
    });
  }

  async #finish(open: OpenSegment): Promise<void> {
    const { walk, segment: { info }, gaps } = open;
    const expected = walk.plan.properties?.entries ?? info?.entries;
    // Without the end of the file nothing tells blocks from what follows them: only the count of
    // entries does.
    if (gaps.length > 0 && this.#entriesRead !== expected) {
      for (const gap of gaps) this.#reportGap(gap, open);
    }
    this.#context.onSegment?.(this.#maxSequence);
    await walk.window.finish();
    await this.#closeFile();
  }

  #reportGap(
    { start, end, error, from, to }: Gap,
    { walk, segment: { info } }: OpenSegment,
  ): void {
    const { name } = walk.window;
    const unread = this.#context.files.problemIn(name, start, end);
    this.#context.onLoss({
      file: name,
      offset: start,
      end,
      reason: unread ?? error.message,
      from: from ?? info?.smallestKey,
      to: to ?? info?.largestKey,
    });
  }
}

interface OpenSegment {
  readonly file: ReadableFile;
  readonly walk: SegmentWalk;
  readonly segment: SourceSegment;
  readonly gaps: Gap[];
}
