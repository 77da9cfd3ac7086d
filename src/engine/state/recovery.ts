import { corruption } from "../../errors.ts";
import { logName, parseFileName } from "../../format/file_names.ts";
import { LOG_FIRST_SEQUENCE_OFFSET } from "../../format/log_format.ts";
import { windowOver } from "../../inspection/file_window.ts";
import { restoreHeader } from "../../inspection/log_salt.ts";
import type { ManifestState } from "../../manifest/manifest_codec.ts";
import type { Storage } from "../../storage/storage.ts";
import { KnownLogs } from "../../wal/known_logs.ts";
import { LogReader, openLogImage } from "../../wal/log_reader.ts";
import { LoggedTable } from "./logged_table.ts";
import { readLogImage, tableOfLog } from "./log_table.ts";
import { openNamed } from "./segment.ts";

/** What the logs hold that segments do not. */
export interface Recovered {
  /** A table for each log that has records, oldest first. */
  readonly tables: readonly LoggedTable[];
  readonly lastSequence: number;
}

/**
 * Replays the live logs, which {@linkcode liveLogNumbers} tells, into tables.
 *
 * 1. A log that the manifest names and that is missing is damage. One with a damaged header is
 *    damage too if the manifest names it or whole frames follow; otherwise it never had one, and
 *    held nothing. So did one that is not named and has the header of an older one: a file that a
 *    crash has left with what was in its blocks before.
 * 2. Each log has to begin where the one before it ended, by sequence numbers, and is read frame by
 *    frame.
 * 3. Where a log stops short (torn tail) or is missing at the end, some writes are lost. If any
 *    frame behind that place says that writes from there on had been durable, that is damage,
 *    reported as `KV_CORRUPTION`. Otherwise they were never promised: the state ends there, as a
 *    prefix of the history, and logs that go on from beyond it are passed over.
 * 4. A log that begins just at that place was made by a recovery that had already come to the same
 *    result: it is replayed.
 */
export async function replayLogs(
  storage: Storage,
  state: ManifestState,
  liveLogs: readonly number[],
): Promise<Recovered> {
  const replay = new Replay(state.flushedSequence);
  const known = new KnownLogs();
  for (const number of liveLogs) {
    const name = logName(number);
    const image = await readLogImage(await openNamed(storage, name), name);
    const isNamed = state.logs.includes(number);
    const isStale = known.stalenessOf(image, number) !== undefined;
    if (isStale && !isNamed) {
      replay.passOver(number);
      continue;
    }
    const hasHadHeader = isNamed || await hasFrames(image, name, number);
    replay.add(number, image, hasHadHeader);
  }
  return replay.finish();
}

/**
 * Whether there are frames behind a damaged header: before they were written, it had been durable.
 */
async function hasFrames(
  image: Uint8Array,
  name: string,
  number: number,
): Promise<boolean> {
  if (openLogImage(image, name, number) !== undefined) return false;
  return await restoreHeader(windowOver(image, name), number) !== undefined;
}

/**
 * Numbers of the live logs, ascending: those that the manifest names, and those that are newer than
 * all of them.
 */
export function liveLogNumbers(
  { oldestLog, logs }: ManifestState,
  fileNames: readonly string[],
): number[] {
  const newestNamed = logs.at(-1) ?? 0;
  const newer = fileNames.map(parseFileName)
    .map((name) => name?.type === "log" ? name.number : 0)
    .filter((number) => number >= oldestLog && number > newestNamed);
  return [...logs, ...newer].sort((a, b) => a - b);
}

/** The place where the first lost write would have been. */
interface Tear {
  readonly file: string;
  readonly offset: number;
}

class Replay {
  readonly #tables: LoggedTable[] = [];
  #lastSequence: number;
  #tear: Tear | undefined;

  constructor(flushedSequence: number) {
    this.#lastSequence = flushedSequence;
  }

  finish(): Recovered {
    return { tables: this.#tables, lastSequence: this.#lastSequence };
  }

  /** Takes a log for one that never held a write. */
  passOver(number: number): void {
    this.#tear ??= { file: logName(number), offset: 0 };
  }

  /** Replays one log. */
  add(
    number: number,
    image: Uint8Array<ArrayBuffer>,
    hasHadHeader: boolean,
  ): void {
    const name = logName(number);
    const header = openLogImage(image, name, number);
    if (header === undefined) {
      // The header of a log is durable before the manifest names it and before any frame follows
      // it.
      if (hasHadHeader) {
        throw corruption(name, 0, "the log has no valid header");
      }
      this.passOver(number);
      return;
    }
    if (header.firstSequence > this.#lastSequence + 1) {
      this.#refusePromised(new LogReader(image, header), name);
      return;
    }
    if (header.firstSequence <= this.#lastSequence) {
      throw corruption(
        name,
        LOG_FIRST_SEQUENCE_OFFSET,
        `the log begins with write ${header.firstSequence}, which an older file already holds`,
      );
    }
    this.#tear = undefined;
    const { table, reader } = tableOfLog(name, image, header);
    this.#lastSequence = table.lastSequence;
    if (!reader.isWhole) {
      this.#tear = { file: name, offset: reader.offset };
      this.#refusePromised(reader, name);
    }
    if (table.records > 0) {
      this.#tables.push(new LoggedTable(table, number, reader.offset));
    }
  }

  /** Refuses to lose writes that a later frame says to have been durable. */
  #refusePromised(reader: LogReader, name: string): void {
    while (reader.next() !== undefined);
    const promised = Math.max(reader.durableSequence, reader.promisedBehind());
    if (promised <= this.#lastSequence) return;
    const { file, offset } = this.#tear ?? { file: name, offset: 0 };
    throw corruption(
      file,
      offset,
      `writes from ${
        this.#lastSequence + 1
      } on are missing, but ${name} shows that they were synced`,
    );
  }
}
