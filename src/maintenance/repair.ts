import type { JobContext } from "../compaction/job.ts";
import { giveWay } from "../engine/runtime/event_loop.ts";
import { paceWhile } from "../engine/background/job_runner.ts";
import { randomStoreId, randomUint32 } from "../engine/runtime/random.ts";
import { KvIoError } from "../errors.ts";
import type { Cursor } from "../format/cursor.ts";
import type { EntryView } from "../format/entry.ts";
import {
  MANIFEST_NAME,
  MANIFEST_TEMPORARY_NAME,
  parseFileName,
  segmentName,
} from "../format/file_names.ts";
import { Progress } from "../inspection/progress.ts";
import type { ManifestState } from "../manifest/manifest_codec.ts";
import { replaceManifest } from "../manifest/manifest_store.ts";
import { type SegmentInfo, totalBytes } from "../manifest/segment_info.ts";
import { MAX_LEVELS } from "../manifest/version.ts";
import { resolveOptions } from "../options.ts";
import { inTurn } from "../storage/awaitable.ts";
import type { Storage } from "../storage/storage.ts";
import { RangeTombstones } from "../tombstones/range_tombstones.ts";
import { LogSalvage } from "./log_salvage.ts";
import { Losses } from "./losses.ts";
import { type CodecNames, codecNames } from "./repair_codecs.ts";
import type { RepairOptions, RepairReport } from "./repair_report.ts";
import { type Run, RunWriter } from "./run_writer.ts";
import { type Merged, mergeSources } from "./salvage_merge.ts";
import { SegmentSource } from "./segment_source.ts";
import { SourceFiles } from "./source_files.ts";
import { type Survey, surveyStore } from "./survey.ts";
import { totalBytes as bytesOfFiles } from "./verify.ts";

/** What is repaired, and where to. */
export interface RepairPlaces {
  /** The damaged store. */
  readonly source: Storage;
  /** Names of its files. */
  readonly names: readonly string[];
  /** Where the new store goes: `source` itself for a repair in place. */
  readonly target: Storage;
  /** A number that no file of the target has, nor any larger one. */
  readonly firstNumber: number;
}

/**
 * Saves what can be saved of a store into a new one.
 *
 * 1. Find out which files there are, and in which order.
 * 2. Sort the writes of the logs, which do not fit into memory for sure, into runs: segments in the
 *    target.
 * 3. Merge runs and segments into new segments: of each key the newest value that can be read.
 * 4. Write a manifest that names them. Before that is in its place the target is what it was
 *    before: no store, or, for a repair in place, the damaged one, whose files no step before has
 *    touched.
 */
export async function repairInto(
  places: RepairPlaces,
  options: RepairOptions,
): Promise<RepairReport> {
  const losses = new Losses();
  const { source, target, names } = places;
  // In place, what could not be read would be removed, and may be read some day.
  const files = new SourceFiles(source, { isStrict: source === target });
  const survey = await surveyStore(files, names, losses);
  const codecs = codecNames(survey, options, losses);
  const findings = { files, survey, codecs, losses };
  return await new Repair(places, options, findings).run();
}

/** What is known before segments and logs are read. */
interface Findings {
  readonly files: SourceFiles;
  readonly survey: Survey;
  readonly codecs: CodecNames;
  readonly losses: Losses;
}

class Repair {
  readonly #places: RepairPlaces;
  readonly #sources: SourceFiles;
  readonly #survey: Survey;
  readonly #codecs: CodecNames;
  readonly #losses: Losses;
  readonly #progress: Progress;
  readonly #context: JobContext;
  #nextNumber: number;
  #lastSequence = 0;
  #files = 0;

  constructor(
    places: RepairPlaces,
    options: RepairOptions,
    { files, survey, codecs, losses }: Findings,
  ) {
    this.#places = places;
    this.#sources = files;
    this.#survey = survey;
    this.#codecs = codecs;
    this.#losses = losses;
    this.#nextNumber = places.firstNumber;
    this.#progress = new Progress(options, { giveWay });
    this.#context = this.#jobContext();
  }

  async run(): Promise<RepairReport> {
    let merged: Merged;
    try {
      merged = await this.#salvage();
      this.#progress.assertWanted();
    } catch (error) {
      await this.#removeFrom(this.#places.firstNumber);
      throw error;
    }
    await this.#install(merged.segments);
    return this.#report(merged);
  }

  #jobContext(): JobContext {
    return {
      storage: this.#places.target,
      pace: paceWhile(() => this.#progress.assertWanted()),
      takeFileNumber: () => this.#nextNumber++,
      randomUint32,
    };
  }

  async #salvage(): Promise<Merged> {
    const { groups, logs } = this.#survey;
    const files = {
      segments: groups.flat(),
      logs: logs.map((number) => ({ number })),
    };
    const { source } = this.#places;
    this.#progress.expect(await bytesOfFiles(source, files));
    const runs = await this.#readLogs();
    const merged = await this.#merge(runs);
    this.#sources.assertAnyRead();
    this.#sources.warn(this.#losses);
    for (const { number } of runs.runs) {
      await this.#places.target.remove(segmentName(number));
    }
    return merged;
  }

  async #readLogs(): Promise<RunWriter> {
    const { flushedSequence, logs } = this.#survey;
    const runs = new RunWriter(this.#context);
    const salvage = new LogSalvage(flushedSequence, {
      files: this.#sources,
      progress: this.#progress,
      losses: this.#losses,
      runs,
    });
    await salvage.read(logs);
    this.#lastSequence = salvage.lastSequence;
    this.#files += salvage.files;
    return runs;
  }

  async #merge({ runs, rangeTombstones }: RunWriter): Promise<Merged> {
    const { groups, isOrderKnown, rangeTombstones: flushed } = this.#survey;
    const sources = [
      ...runs.toReversed().map((run) => this.#runSource(run, rangeTombstones)),
      ...groups.map((segments) =>
        new SegmentSource(segments, {
          files: this.#sources,
          progress: this.#progress,
          // Logs are newer than all segments.
          isCovered: (entry, { info }) =>
            coveredBy(rangeTombstones, entry) > 0 ||
            coveredBy(flushed, entry) > (info?.ceiling ?? Infinity),
          onLoss: (loss) => this.#losses.add(loss),
          onSegment: (maxSequence) => this.#noteSegment(maxSequence),
        })
      ),
    ];
    try {
      return await this.#mergeAll(sources, isOrderKnown);
    } finally {
      await inTurn(sources.map((source) => () => source.close()));
    }
  }

  async #mergeAll(
    sources: readonly Cursor[],
    isOrderKnown: boolean,
  ): Promise<Merged> {
    const merged = await mergeSources(sources, isOrderKnown, this.#context);
    if (merged.guessed > 0) {
      this.#losses.warn(
        `${merged.guessed} keys are in several segments: the value in the file with the highest number was taken for the newest`,
      );
    }
    return merged;
  }

  /** What was just written has to be readable. */
  #runSource(
    { number, ceiling }: Run,
    rangeTombstones: RangeTombstones,
  ): SegmentSource {
    return new SegmentSource([{ number }], {
      files: new SourceFiles(this.#places.target, { isStrict: true }),
      progress: this.#progress.silent(),
      isFromLogs: true,
      isCovered: (entry) => coveredBy(rangeTombstones, entry) > ceiling,
      onLoss: ({ file, offset, reason }) => {
        throw new KvIoError("read", file, "other", {
          cause: new Error(`${reason}, at byte ${offset}`),
        });
      },
    });
  }

  #noteSegment(maxSequence: number): void {
    this.#files++;
    this.#lastSequence = Math.max(this.#lastSequence, maxSequence);
  }

  /** Names the new segments in a manifest, and removes what that makes superfluous. */
  async #install(segments: readonly SegmentInfo[]): Promise<void> {
    const { source, target, names } = this.#places;
    const isInPlace = source === target;
    if (isInPlace && this.#survey.manifest === "temporary") {
      // The only whole manifest must not lie where the new one is written.
      await target.rename(MANIFEST_TEMPORARY_NAME, MANIFEST_NAME);
      await target.syncDirectory();
    }
    try {
      await replaceManifest(target, this.#stateWith(segments));
    } catch (error) {
      // Which manifest there is now is not known, unless there is none.
      const names = await target.list();
      if (!names.includes(MANIFEST_NAME)) {
        await this.#removeFrom(this.#places.firstNumber);
      }
      throw error;
    }
    if (isInPlace) await removeOld(target, names);
  }

  #stateWith(segments: readonly SegmentInfo[]): ManifestState {
    return {
      storeId: randomStoreId(),
      ...this.#codecs,
      nextFileNumber: this.#nextNumber,
      flushedSequence: this.#lastSequence,
      oldestLog: this.#nextNumber,
      logs: [],
      levels: levelsOf(
        segments.map((segment) => ({
          ...segment,
          ceiling: this.#lastSequence,
        })),
      ),
      rangeTombstones: RangeTombstones.none,
    };
  }

  /**
   * Removes what was written with numbers from `first` on; what cannot be removed is swept by the
   * next open or repair.
   */
  async #removeFrom(first: number): Promise<void> {
    const { target } = this.#places;
    for (let number = first; number < this.#nextNumber; number++) {
      await removeQuietly(target, segmentName(number));
    }
  }

  #report({ entries, bytes }: Merged): RepairReport {
    const losses = this.#losses;
    return {
      ok: losses.none,
      entries,
      bytes,
      files: this.#files,
      ...this.#codecs,
      losses: losses.list,
      omittedLosses: losses.omitted,
      warnings: losses.warnings,
    };
  }
}

/** The newest range delete over an entry; 0 if there is none. */
function coveredBy(
  rangeTombstones: RangeTombstones,
  { keyBuffer, keyOffset, keyLength }: EntryView,
): number {
  return rangeTombstones.newestOver(keyBuffer, keyOffset, keyLength, Infinity);
}

/** All segments in the level that a store of this size has them in. */
function levelsOf(segments: readonly SegmentInfo[]): SegmentInfo[][] {
  const { levelSize, levelRatio } = resolveOptions().compaction;
  const bytes = totalBytes(segments);
  let level = 1;
  let target = levelSize;
  for (; level < MAX_LEVELS - 1 && bytes > target; level++) {
    target *= levelRatio;
  }
  return Array.from(
    { length: level + 1 },
    (_, i) => i === level ? [...segments] : [],
  );
}

/** Removes the files of the damaged store; what stays is swept by the next open. */
async function removeOld(
  storage: Storage,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const type = parseFileName(name)?.type;
    if (type === undefined || type === "manifest") continue;
    await removeQuietly(storage, name);
  }
}

async function removeQuietly(storage: Storage, name: string): Promise<void> {
  try {
    await storage.remove(name);
  } catch {
    // Nothing names the file.
  }
}
