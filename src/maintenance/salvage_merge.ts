import { compareSpans } from "../bytes/compare.ts";
import type { JobContext } from "../compaction/job.ts";
import { SegmentSink } from "../compaction/segment_sink.ts";
import {
  isInCatalogue,
  isOfCatalogue,
} from "../engine/keyspaces/catalogue_format.ts";
import type { Cursor } from "../format/cursor.ts";
import { EntryView } from "../format/entry.ts";
import { PUT } from "../format/kind.ts";
import { MergingCursor } from "../iterator/merging_cursor.ts";
import type { SegmentInfo } from "../manifest/segment_info.ts";
import { isPending } from "../storage/awaitable.ts";
import { SEGMENT_OPTIONS } from "./run_writer.ts";

/**
 * Size at which a segment of the repaired store is closed, in bytes: that of an engine without
 * options.
 */
const SEGMENT_BYTES = 16 * 1024 * 1024;

/** What was merged. */
export interface Merged {
  readonly segments: readonly SegmentInfo[];
  /** Keys that users have written. */
  readonly entries: number;
  /** Bytes of these keys and values. */
  readonly bytes: number;
  /** Keys that several sources had, so that the newest of their values was guessed. */
  readonly guessed: number;
}

/**
 * Merges sources, given from new to old, into segments with one value for each key and no
 * tombstones.
 *
 * @param isOrderKnown Whether that order is right. Otherwise, of the entries of a key, one with a
 * larger sequence number is newer if both have one. An entry without one has been visible to all
 * snapshots when it was last written; the first source wins then.
 */
export async function mergeSources(
  sources: readonly Cursor[],
  isOrderKnown: boolean,
  context: JobContext,
): Promise<Merged> {
  const sink = new SegmentSink(
    { ...SEGMENT_OPTIONS, segmentSize: SEGMENT_BYTES },
    context,
  );
  const merge = new SalvageMerge(sources, isOrderKnown, sink);
  try {
    await merge.run(context);
    const segments = await sink.finish();
    const { entries, bytes, guessed } = merge;
    return { segments, entries, bytes, guessed };
  } catch (error) {
    await sink.abandon();
    throw error;
  }
}

class SalvageMerge {
  readonly #cursor: MergingCursor;
  readonly #isOrderKnown: boolean;
  readonly #sink: SegmentSink;
  /** The newest entry of the key that is being gone through, so far. */
  readonly #newest = new EntryCopy();
  entries = 0;
  bytes = 0;
  guessed = 0;

  constructor(
    sources: readonly Cursor[],
    isOrderKnown: boolean,
    sink: SegmentSink,
  ) {
    this.#cursor = new MergingCursor(sources, true);
    this.#isOrderKnown = isOrderKnown;
    this.#sink = sink;
  }

  async run({ pace }: JobContext): Promise<void> {
    const cursor = this.#cursor;
    const newest = this.#newest;
    let isGuessed = false;
    const started = cursor.seekToFirst();
    let has = isPending(started) ? await started : started;
    while (has) {
      if (newest.hasKeyOf(cursor.entry)) {
        isGuessed ||= !this.#isOrderKnown && newest.view.sequence !== Infinity;
        if (this.#isNewer(cursor.entry)) newest.set(cursor.entry);
      } else {
        await this.#write(isGuessed);
        isGuessed = false;
        newest.set(cursor.entry);
      }
      if (pace.isDue()) await pace.pause();
      const moved = cursor.next();
      has = isPending(moved) ? await moved : moved;
    }
    await this.#write(isGuessed);
  }

  /** Whether an entry of a source behind is newer all the same. */
  #isNewer({ sequence }: EntryView): boolean {
    const { view } = this.#newest;
    return !this.#isOrderKnown && view.sequence > 0 && sequence > view.sequence;
  }

  async #write(isGuessed: boolean): Promise<void> {
    const { view, isSet } = this.#newest;
    if (!isSet) return;
    if (isGuessed) this.guessed++;
    if (view.kind !== PUT) return;
    view.sequence = 0;
    if (!isOfEngine(view)) {
      this.entries++;
      this.bytes += view.keyLength + view.valueLength;
    }
    const added = this.#sink.add(view);
    if (isPending(added)) await added;
  }
}

/** Whether no user has written an entry, but the catalogue of keyspaces. */
function isOfEngine(entry: EntryView): boolean {
  if (!isInCatalogue(entry)) return false;
  const { valueBuffer, valueOffset, valueLength } = entry;
  return isOfCatalogue(
    valueBuffer.subarray(valueOffset, valueOffset + valueLength),
  );
}

/** A copy of an entry, for a while in which the cursor that showed it moves on. */
class EntryCopy {
  readonly view: EntryView = new EntryView();
  isSet = false;
  #buffer: Uint8Array = new Uint8Array(1024);

  set(entry: EntryView): void {
    const { keyLength, valueLength } = entry;
    const needed = keyLength + valueLength;
    if (needed > this.#buffer.length) this.#buffer = new Uint8Array(2 * needed);
    copy(entry.keyBuffer, entry.keyOffset, keyLength, this.#buffer, 0);
    const { valueBuffer, valueOffset } = entry;
    copy(valueBuffer, valueOffset, valueLength, this.#buffer, keyLength);
    const { view } = this;
    view.keyBuffer = this.#buffer;
    view.keyOffset = 0;
    view.keyLength = keyLength;
    view.kind = entry.kind;
    view.sequence = entry.sequence;
    view.valueBuffer = this.#buffer;
    view.valueOffset = keyLength;
    view.valueLength = valueLength;
    this.isSet = true;
  }

  hasKeyOf({ keyBuffer, keyOffset, keyLength }: EntryView): boolean {
    const { view } = this;
    return this.isSet &&
      compareSpans(
          view.keyBuffer,
          view.keyOffset,
          view.keyLength,
          keyBuffer,
          keyOffset,
          keyLength,
        ) === 0;
  }
}

function copy(
  source: Uint8Array,
  offset: number,
  length: number,
  target: Uint8Array,
  targetOffset: number,
): void {
  target.set(source.subarray(offset, offset + length), targetOffset);
}
