import type { FileNumbers } from "../../compaction/job.ts";
import type { SegmentInfo } from "../../manifest/segment_info.ts";
import {
  type BackgroundCounts,
  type BackgroundOptions,
  newJob,
  noteRate,
} from "./background_options.ts";
import { compactionShare, debtsOf } from "./debts.ts";
import { nextTurn } from "../runtime/event_loop.ts";
import type { LoggedTable } from "../state/logged_table.ts";

/** So many are under way at once: one that is being written, and one that is being made live. */
const MOST_UNDER_WAY = 2;

interface Flush {
  readonly source: LoggedTable;
  /** For what is merged in level 0 before the flush is done; taken by the first that asks. */
  numbersBelow: FileNumbers | undefined;
  readonly numbers: FileNumbers;
  /** The segment once it is written; nothing if there is nothing to write. */
  written: Promise<SegmentInfo | undefined>;
}

/**
 * Flushes the tables that wait, from the oldest on: each is written to a segment, in a worker or in
 * slices on the event loop, and made live behind the one before it.
 *
 * While the segment of one waits for its sync and for the manifest, the next may be written ahead:
 * measured on random puts, a worker had waited 10 to 15 ms between two flushes of 90.
 */
export class Flushes {
  readonly #options: BackgroundOptions;
  readonly #counts: BackgroundCounts;
  /** Oldest first. */
  readonly #underWay: Flush[] = [];
  /** The last write when the last flush began, or when the store was opened. */
  #sequenceAtStart: number;
  /** When the last flush was written. */
  #writtenMs = -Infinity;

  constructor(options: BackgroundOptions, counts: BackgroundCounts) {
    this.#options = options;
    this.#counts = counts;
    this.#sequenceAtStart = options.tables.active.table.lastSequence;
  }

  /** Whether no flush is under way. */
  get areDone(): boolean {
    return this.#underWay.length === 0;
  }

  /**
   * Whether nothing has been written since the last flush began, which is some time ago, though
   * nothing kept writers from it.
   */
  get areQuiet(): boolean {
    const { tables } = this.#options;
    return tables.waiting.length === 0 &&
      tables.active.table.lastSequence === this.#sequenceAtStart;
  }

  /** Whether there are file numbers for what is merged in level 0 and stays there. */
  get haveLevel0Numbers(): boolean {
    return this.areDone || this.#underWay[0]!.numbersBelow !== undefined;
  }

  /** File numbers above those of all segments of level 0, and below those still to come. */
  takeLevel0Numbers(): FileNumbers {
    const [oldest] = this.#underWay;
    if (oldest === undefined) return this.#nextNumbers();
    const numbers = oldest.numbersBelow!;
    oldest.numbersBelow = undefined;
    return numbers;
  }

  #nextNumbers(): FileNumbers {
    const { versions } = this.#options;
    return [versions.takeFileNumber(), versions.takeFileNumber()];
  }

  /** Has the next table written ahead, if one waits and a worker does it. */
  beginAhead(signal: AbortSignal): void {
    const { tables, runner } = this.#options;
    const next = tables.waiting[this.#underWay.length];
    if (
      next !== undefined && this.#underWay.length < MOST_UNDER_WAY &&
      next.logBytes >= runner.leastParallelBytes
    ) this.#begin(next, signal);
  }

  /** Flushes the table that waits longest; resolves when that is done. */
  async flushOldest(signal: AbortSignal): Promise<void> {
    const { tables, removeLog } = this.#options;
    if (this.areDone) this.#begin(tables.waiting[0]!, signal);
    const flush = this.#underWay[0]!;
    await this.#makeLive(flush, await flush.written);
    const { source } = flush;
    await source.closeLog();
    if (source.hasLog) await removeLog(source.logName);
  }

  /** Resolves when no flush is being written any more, however it has ended. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#underWay.map(({ written }) => written));
  }

  #begin(source: LoggedTable, signal: AbortSignal): void {
    const numbersBelow = this.#nextNumbers();
    const numbers = this.#nextNumbers();
    const written = Promise.resolve(undefined);
    const flush: Flush = { source, numbersBelow, numbers, written };
    this.#underWay.push(flush);
    this.#sequenceAtStart = this.#options.tables.active.table.lastSequence;
    flush.written = this.#write(flush, signal);
    // Whoever makes it live hears of its failure; if the one before it fails, nobody does.
    flush.written.catch(() => {});
  }

  async #write(
    flush: Flush,
    signal: AbortSignal,
  ): Promise<SegmentInfo | undefined> {
    const { source, numbers } = flush;
    const { table, logNumber } = source;
    // What is in a segment must not be missing in an older log: the table's own log comes first.
    while (!source.isAppended) {
      signal.throwIfAborted();
      await nextTurn();
    }
    signal.throwIfAborted();
    const startMs = performance.now();
    const info = await this.#options.runner.flush(table, {
      ...newJob(this.#options),
      rangeTombstones: table.ranges.tombstones.fragments,
      ceiling: table.lastSequence,
      logNumber,
      records: table.records,
      outputNumbers: numbers,
      keepsDeletes: this.#underWay[0] !== flush,
      compactionShare: compactionShare(debtsOf(this.#options).compaction),
    }, signal);
    const sinceMs = Math.max(startMs, this.#writtenMs);
    noteRate(this.#options, "flush", source.logBytes, sinceMs);
    this.#writtenMs = performance.now();
    return info;
  }

  async #makeLive(
    { source }: Flush,
    info: SegmentInfo | undefined,
  ): Promise<void> {
    const { tables, versions, snapshots, assertSound } = this.#options;
    const { table } = source;
    const add = info === undefined
      ? []
      : [{ level: 0, segment: await versions.openSegment(info) }];
    await versions.change({
      edit: { add, remove: [] },
      ranges: {
        added: table.ranges.tombstones,
        snapshots: snapshots.sorted(),
      },
      flushedSequence: table.lastSequence,
      logs: () => tables.liveLogs(1),
      assertSound,
    }, () => {
      this.#underWay.shift();
      tables.removeOldest();
      this.#counts.flushes++;
      this.#counts.flushBytesWritten += info?.sizeBytes ?? 0;
      this.#options.onChange();
    });
  }
}
