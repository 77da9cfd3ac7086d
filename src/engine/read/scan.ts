import type { Cursor } from "../../format/cursor.ts";
import { ConcatCursor } from "../../iterator/concat_cursor.ts";
import { MergingCursor } from "../../iterator/merging_cursor.ts";
import {
  RangeCursor,
  type RangeCursorOptions,
} from "../../iterator/range_cursor.ts";
import { UncoveredCursor } from "../../iterator/uncovered_cursor.ts";
import { keyPosition } from "../../manifest/segment_info.ts";
import type { MemTable } from "../../memtable/memtable.ts";
import { checkNames, checkSignal } from "../../option_values.ts";
import { type Awaitable, isPending } from "../../storage/awaitable.ts";
import type { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import type {
  KvIterator,
  KvSyncIterator,
  StreamOptions,
} from "../api/ranges.ts";
import type { Decode } from "../codecs/decoders.ts";
import type { ReadState } from "../state/read_state.ts";
import { type StreamedScan, streamOfScan } from "./scan_stream.ts";
import type { Segment } from "../state/segment.ts";

const STREAM_NAMES = ["signal"];

/** What a scan goes through. */
export interface ScanSource extends RangeCursorOptions {
  readonly state: ReadState;
  /** Sequence number of the last write that the scan sees. */
  readonly maxSequence: number;
  /**
   * The range tombstones that it sees, as of now: what a table says of them later is another state.
   */
  readonly ranges: RangeTombstones;
  /** Throws if the engine or the snapshot has been closed meanwhile. */
  readonly assertOpen: () => void;
}

/**
 * What a scan goes through, one entry after another.
 *
 * @param levels The segments to be read, if those of others are known not to matter.
 */
export function openRange(
  source: ScanSource,
  levels: readonly (readonly Segment[])[] = source.state.live.version.levels,
): RangeCursor {
  return new RangeCursor(openCursor(source, levels), source);
}

/** Everything visible at `maxSequence`, each key once, in one cursor. */
function openCursor(
  source: ScanSource,
  levels: readonly (readonly Segment[])[],
): Cursor {
  const { state, maxSequence, ranges } = source;
  const sources: Cursor[] = state.tables
    .filter((table) => table.keys > 0)
    .map((table) => tableCursor(table, maxSequence, ranges));
  const reading = {
    position: keyPosition,
    cursor: (segment: Segment) => segmentCursor(segment, maxSequence, ranges),
  };
  levels.forEach((segments, level) => {
    if (segments.length === 0) return;
    const parts = visible(segments, maxSequence);
    if (level === 0) {
      sources.push(...parts.map(reading.cursor));
      state.noteScan(parts);
    } else if (parts.length > 0) {
      sources.push(new ConcatCursor(parts, reading));
    }
  });
  return sources.length === 1 ? sources[0]! : new MergingCursor(sources);
}

/** Mostly all of them, and then none is copied: there may be thousands. */
function visible(
  segments: readonly Segment[],
  maxSequence: number,
): readonly Segment[] {
  const isVisible = ({ visibleFrom }: Segment) => visibleFrom <= maxSequence;
  return segments.every(isVisible) ? segments : segments.filter(isVisible);
}

function tableCursor(
  table: MemTable,
  maxSequence: number,
  ranges: RangeTombstones,
): Cursor {
  const cursor = table.cursor(maxSequence);
  if (ranges.isEmpty) return cursor;
  return new UncoveredCursor(cursor, ranges, {
    above: table.firstSequence - 1,
    ceiling: table.lastSequence,
  });
}

function segmentCursor(
  { reader, ceiling, smallestKey, largestKey }: Segment,
  maxSequence: number,
  ranges: RangeTombstones,
): Cursor {
  const cursor = reader.cursor({ maxSequence, fillCache: true });
  if (ranges.isEmpty) return cursor;
  const above = ceiling;
  return new UncoveredCursor(cursor, ranges, {
    above,
    ceiling,
    smallestKey,
    largestKey,
  });
}

/** A scan as it goes: it holds the segments that it reads until it has ended. */
class Scan<T> {
  readonly #source: ScanSource;
  readonly #decode: Decode<T>;
  #cursor: RangeCursor | undefined;
  #isEnded = false;
  /** Bytes of key and value of the entry that came last. */
  entryBytes = 0;

  constructor(source: ScanSource, decode: Decode<T>) {
    this.#source = source;
    this.#decode = decode;
    source.state.retain();
  }

  advance(): boolean | Promise<boolean> {
    if (this.#isEnded) return false;
    this.#source.assertOpen();
    this.#cursor ??= openRange(this.#source);
    return this.#cursor.advance();
  }

  /**
   * What the user gets of the current entry. It ends the scan if it is the last that was asked for:
   * whoever has it may not ask again.
   */
  takeCurrent(): T {
    const cursor = this.#cursor!;
    const { entry } = cursor;
    this.entryBytes = entry.keyLength + entry.valueLength;
    const current = this.#decode(entry);
    if (cursor.isAtLimit) this.end();
    return current;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#cursor?.close();
    this.#cursor = undefined;
    this.#source.state.release();
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** A scan that answers at once. */
export class SyncScanIterator<T> implements KvSyncIterator<T> {
  readonly #scan: Scan<T>;

  constructor(source: ScanSource, decode: Decode<T>) {
    this.#scan = new Scan(source, decode);
  }

  next(): IteratorResult<T, undefined> {
    try {
      if (this.#scan.advance() === true) {
        return { done: false, value: this.#scan.takeCurrent() };
      }
    } catch (error) {
      this.#scan.end();
      throw error;
    }
    this.#scan.end();
    return DONE;
  }

  return(): IteratorReturnResult<undefined> {
    this.#scan.end();
    return DONE;
  }

  [Symbol.iterator](): KvSyncIterator<T> {
    return this;
  }

  [Symbol.dispose](): void {
    this.#scan.end();
  }
}

/** How a scan that can be waited for is run. */
export interface AsyncScanOptions {
  readonly signal: AbortSignal | undefined;
  /** Keeps the engine from closing while a step waits for storage. */
  readonly track: <R>(work: Promise<R>) => Promise<R>;
}

/**
 * A scan that can be waited for. Steps that are asked for before the last was answered wait their
 * turn.
 */
export class ScanIterator<T> implements KvIterator<T>, StreamedScan<T> {
  readonly #scan: Scan<T>;
  readonly #options: AsyncScanOptions;
  /** Done when all that was asked for is; `undefined` if nothing waits. Never rejects. */
  #tail: Promise<void> | undefined;

  constructor(
    source: ScanSource,
    decode: Decode<T>,
    options: AsyncScanOptions,
  ) {
    this.#scan = new Scan(source, decode);
    this.#options = options;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    try {
      return Promise.resolve(this.step());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As `next`, but at once where the storage answers at once, and it may throw. */
  step(): Awaitable<IteratorResult<T, undefined>> {
    return this.#tail === undefined
      ? this.#noted(this.#stepNow())
      : this.#noted(this.#tail.then(() => this.#stepNow()));
  }

  get entryBytes(): number {
    return this.#scan.entryBytes;
  }

  end(): Promise<unknown> {
    return this.return();
  }

  stream(options: StreamOptions = {}): ReadableStream<T> {
    checkNames(options, STREAM_NAMES, "stream");
    checkSignal(options.signal, "stream");
    return streamOfScan(this, options.signal);
  }

  /** Lets what is asked for later wait for this answer. */
  #noted<R>(answer: Awaitable<R>): Awaitable<R> {
    if (!isPending(answer)) return answer;
    const settle = () => {
      if (this.#tail === tail) this.#tail = undefined;
    };
    const tail = answer.then(settle, settle);
    this.#tail = tail;
    return answer;
  }

  #stepNow(): Awaitable<IteratorResult<T, undefined>> {
    try {
      this.#options.signal?.throwIfAborted();
      const moved = this.#scan.advance();
      return isPending(moved) ? this.#wait(moved) : this.#result(moved);
    } catch (error) {
      this.#scan.end();
      throw error;
    }
  }

  #wait(moved: Promise<boolean>): Promise<IteratorResult<T, undefined>> {
    return this.#options.track(moved).then((has) => this.#result(has)).catch(
      (error) => {
        this.#scan.end();
        throw error;
      },
    );
  }

  #result(has: boolean): IteratorResult<T, undefined> {
    if (has) return { done: false, value: this.#scan.takeCurrent() };
    this.#scan.end();
    return DONE;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    const end = () => {
      this.#scan.end();
      return DONE;
    };
    const ended = this.#tail?.then(end) ?? end();
    return Promise.resolve(this.#noted(ended));
  }

  [Symbol.asyncIterator](): KvIterator<T> {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
