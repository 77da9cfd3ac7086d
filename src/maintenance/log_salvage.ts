import { KvCorruptionError } from "../errors.ts";
import { logName } from "../format/file_names.ts";
import {
  LOG_HEADER_BYTES,
  type LogHeader,
  MAX_LOG_BYTES,
} from "../format/log_format.ts";
import {
  isRangeDelete,
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordValueLength,
} from "../format/record.ts";
import { FileWindow } from "../inspection/file_window.ts";
import { headerBytes, readHeader } from "../inspection/log_check.ts";
import { guessHeader, restoreHeader } from "../inspection/log_salt.ts";
import { isBlank, type LogFrame, LogWalk } from "../inspection/log_walk.ts";
import type { Progress } from "../inspection/progress.ts";
import { RecordWalk } from "../inspection/record_walk.ts";
import { MAX_STORED_KEY_BYTES, MAX_VALUE_BYTES } from "../options.ts";
import { KnownLogs } from "../wal/known_logs.ts";
import type { ReadableFile } from "../storage/storage.ts";
import type { FoundLoss, Losses } from "./losses.ts";
import type { RunWriter } from "./run_writer.ts";
import type { SourceFiles } from "./source_files.ts";

/** What logs are read with, and where their writes go. */
export interface LogSalvageContext {
  readonly files: SourceFiles;
  readonly progress: Progress;
  readonly losses: Losses;
  readonly runs: RunWriter;
}

/** The longest record with a key and a value that can be written. */
const MOST_RECORD_BYTES = RECORD_HEADER_BYTES + MAX_STORED_KEY_BYTES +
  MAX_VALUE_BYTES;

/** A log and its header, which may have been restored. */
interface OpenLog {
  readonly name: string;
  readonly file: ReadableFile;
  readonly window: FileWindow;
  readonly header: LogHeader | undefined;
  readonly headerError: KvCorruptionError | undefined;
}

/**
 * Saves the writes of logs: those of all frames that are whole, before and behind damage, in the
 * order of their sequence numbers.
 *
 * A log that begins at or before the last write of an older one was made by a recovery that had cut
 * the history there: what the older ones have from that write on is dead.
 */
export class LogSalvage {
  readonly #context: LogSalvageContext;
  files = 0;
  /** Sequence number of the last write that was met; `undefined` if that is not known. */
  #last: number | undefined;

  /**
   * @param flushedSequence Writes up to this one are in segments; `undefined` where that is not
   * known.
   */
  constructor(
    flushedSequence: number | undefined,
    context: LogSalvageContext,
  ) {
    this.#last = flushedSequence;
    this.#context = context;
  }

  /** Sequence number of the last write that there was. */
  get lastSequence(): number {
    return this.#last ?? 0;
  }

  /** Reads logs, oldest first. */
  async read(present: readonly number[]): Promise<void> {
    const { progress } = this.#context;
    const numbers = await this.#withoutCopies(present);
    const ends = await this.#endsOf(numbers);
    for (const [i, number] of numbers.entries()) {
      await this.#withLog(number, progress, async (log) => {
        if (log === undefined) return this.#reportMissing(number);
        this.files++;
        await this.#readLog(log, ends[i]!);
        await log.window.finish();
      });
    }
    await this.#context.runs.finish();
  }

  /** Leaves out what a crash has left of an older log under the name of a newer one. */
  async #withoutCopies(numbers: readonly number[]): Promise<number[]> {
    const { files, progress, losses } = this.#context;
    const known = new KnownLogs();
    const originals: number[] = [];
    for (const number of numbers) {
      const name = logName(number);
      const file = await files.open(name);
      try {
        const start = file === undefined
          ? new Uint8Array(0)
          : await headerBytes(
            new FileWindow(file, { name, progress: progress.silent() }),
          );
        if (known.stalenessOf(start, number) !== "copy") originals.push(number);
        else {losses.warn(
            `${name} is a copy of an older log, which a crash has left; it held no writes of its own`,
          );}
      } finally {
        await file?.close();
      }
    }
    return originals;
  }

  /** For each log the first sequence number that a newer one has. */
  async #endsOf(numbers: readonly number[]): Promise<number[]> {
    const ends: number[] = [];
    let end = Infinity;
    const silent = this.#context.progress.silent();
    for (const number of numbers.toReversed()) {
      ends.unshift(end);
      await this.#withLog(number, silent, (log) => {
        end = Math.min(end, log?.header?.firstSequence ?? Infinity);
        return Promise.resolve();
      });
    }
    return ends;
  }

  async #withLog(
    number: number,
    progress: Progress,
    work: (log: OpenLog | undefined) => Promise<void>,
  ): Promise<void> {
    const name = logName(number);
    const file = await this.#context.files.open(name);
    try {
      if (file === undefined) return await work(undefined);
      const size = MAX_LOG_BYTES;
      const window = new FileWindow(file, { name, progress, size });
      let headerError: KvCorruptionError | undefined;
      let header: LogHeader | undefined;
      try {
        header = await readHeader(window, number);
      } catch (error) {
        if (!(error instanceof KvCorruptionError)) throw error;
        headerError = error;
      }
      header ??= await restoreHeader(window, number) ??
        await guessHeader(window, number);
      await work({ name, file, window, header, headerError });
    } finally {
      await file?.close();
    }
  }

  #reportMissing(number: number): void {
    const name = logName(number);
    const reason = this.#context.files.problemOf(name);
    this.#lose(name, { offset: 0, end: 0, reason });
  }

  async #readLog(log: OpenLog, end: number): Promise<void> {
    const { name, file, window, header } = log;
    if (header === undefined) return this.#reportHeaderless(log);
    const walk = new LogWalk(window, header);
    let at = LOG_HEADER_BYTES;
    for (let frame = await walk.next(); frame; frame = await walk.next()) {
      this.#reportGap(log, at, { frame, end });
      at = frame.end;
      await this.#readFrame(log, frame, end);
    }
    if (at < window.size) await this.#reportTail(log, at, { walk, end });
    if (file.size === window.size) return;
    this.#lose(name, {
      offset: window.size,
      end: file.size,
      reason: "the file is longer than any log",
    });
  }

  #reportHeaderless({ name, window: { size }, headerError }: OpenLog): void {
    if (size > LOG_HEADER_BYTES) {
      const reason = headerError?.message ??
        "the header is damaged and no frame tells what it was";
      this.#lose(name, { offset: 0, end: size, reason });
    } else {
      this.#context.losses.warn(
        `${name} has no valid header and no writes: a crash cut it short, or it was damaged`,
      );
    }
  }

  /**
   * Reports what is missing between two frames, if that had not been cut off by a recovery anyway.
   */
  #reportGap(
    { name }: OpenLog,
    offset: number,
    { frame, end }: { frame: LogFrame; end: number },
  ): void {
    const { firstSequence } = frame.header;
    const first = this.#last === undefined ? firstSequence : this.#last + 1;
    if (first >= end) return;
    const isMissing = firstSequence > first;
    if (!isMissing && frame.start === offset) return;
    const reason = frame.start > offset
      ? "the log is damaged here"
      : "writes are missing before this place";
    const writes = { first, last: firstSequence - 1 };
    this.#lose(name, {
      offset,
      end: frame.start,
      reason,
      ...(isMissing ? { writes } : {}),
    });
  }

  async #reportTail(
    { name, window }: OpenLog,
    offset: number,
    { walk, end }: { walk: LogWalk; end: number },
  ): Promise<void> {
    if (this.lastSequence + 1 >= end) return;
    const { size } = window;
    // First of all: to read it shows what cannot be read of it.
    const isRoom = await isBlank(window, offset);
    const { files } = this.#context;
    if (walk.gaveUp || files.problemIn(name, offset, size) !== undefined) {
      const reason = "the search for frames behind damage became too long";
      this.#lose(name, { offset, end: size, reason });
      return;
    }
    if (isRoom) return;
    this.#context.losses.warn(
      `${name} ends with ${
        size - offset
      } bytes that are not a whole frame: writes that a crash cut short, or that were damaged`,
    );
  }

  async #readFrame(
    { name, window }: OpenLog,
    frame: LogFrame,
    end: number,
  ): Promise<void> {
    const { firstSequence } = frame.header;
    const { files, runs } = this.#context;
    // The frame has passed its checksum: what could not be read of it before could be by now.
    files.forget(name, frame.start, frame.end);
    const records = new RecordWalk(window, frame);
    while (await records.next()) {
      const sequence = firstSequence + records.passed - 1;
      if (sequence >= end) return;
      const isKnown = this.#last !== undefined && sequence <= this.#last;
      const { start } = records;
      const record = isKnown
        ? undefined
        : await window.span(start, recordBytes(records));
      // That was when the frame was checked: zeros that have come in between are no records.
      if (files.problemIn(name, frame.start, frame.end) !== undefined) {
        return this.#loseRest(name, frame, { offset: start, first: sequence });
      }
      if (record === undefined) continue;
      this.#last = sequence;
      const reason = problemOf(record);
      if (reason !== undefined) {
        const writes = { first: sequence, last: sequence };
        this.#lose(name, { offset: start, end: records.end, reason, writes });
        continue;
      }
      await runs.add(record);
    }
    if (records.isWhole) return;
    const first = firstSequence + records.passed;
    this.#loseRest(name, frame, { offset: records.end, first });
  }

  /** Gives the records of a frame up that begin at `offset`, with the write `first`. */
  #loseRest(
    name: string,
    { header: { firstSequence, count }, end }: LogFrame,
    { offset, first }: { readonly offset: number; readonly first: number },
  ): void {
    const last = firstSequence + count - 1;
    this.#last = Math.max(this.lastSequence, last);
    const reason = "no valid record";
    this.#lose(name, { offset, end, reason, writes: { first, last } });
  }

  #lose(file: string, loss: Omit<FoundLoss, "file">): void {
    const { files, losses } = this.#context;
    const unread = files.problemIn(file, loss.offset, loss.end);
    losses.add({ file, ...loss, reason: unread ?? loss.reason });
  }
}

/** How much of a record is read at first: all of it, unless it is too long to be one. */
function recordBytes({ start, end }: RecordWalk): number {
  return end - start > MOST_RECORD_BYTES ? RECORD_HEADER_BYTES : end - start;
}

/** Says what is wrong with a record, or answers `undefined`. */
function problemOf(record: Uint8Array): string | undefined {
  // Its bounds were looked at with it.
  if (isRangeDelete(record, 0)) return undefined;
  if (recordKeyLength(record, 0) > MAX_STORED_KEY_BYTES) {
    return "the key is longer than any that can be written";
  }
  return recordValueLength(record, 0) > MAX_VALUE_BYTES
    ? "the value is longer than any that can be written"
    : undefined;
}
