import { corruption } from "../errors.ts";
import { logName } from "../format/file_names.ts";
import {
  LOG_FIRST_SEQUENCE_OFFSET,
  LOG_HEADER_BYTES,
  type LogHeader,
  MAX_LOG_BYTES,
} from "../format/log_format.ts";
import { MAX_SEQUENCE } from "../format/sequence.ts";
import type { ReadableFile } from "../storage/storage.ts";
import { KnownLogs } from "../wal/known_logs.ts";
import { openLogImage } from "../wal/log_reader.ts";
import { FileWindow } from "./file_window.ts";
import type { Findings } from "./findings.ts";
import { restoreHeader } from "./log_salt.ts";
import { isBlank, LogWalk } from "./log_walk.ts";
import type { Progress } from "./progress.ts";
import { RecordWalk } from "./record_walk.ts";

/** Reads the header of a log, as `openLogImage` does. */
export async function readHeader(
  window: FileWindow,
  number: number,
): Promise<LogHeader | undefined> {
  return openLogImage(await headerBytes(window), window.name, number);
}

/** The bytes of a log that are its header, or as many as there are. */
export function headerBytes(window: FileWindow): Promise<Uint8Array> {
  return window.span(0, Math.min(window.size, LOG_HEADER_BYTES));
}

/** A log that is to be checked. */
export interface LogToCheck {
  readonly file: ReadableFile;
  readonly number: number;
  /** Whether the manifest names it. */
  readonly isNamed: boolean;
  /** Looks at no more than so many bytes: what had been written when an open store was asked. */
  readonly size: number;
}

/** The place where the first lost write would have been. */
interface Tear {
  readonly file: string;
  readonly offset: number;
}

const REFUSED =
  "no engine opens the store; a repair saves all writes whose frames are whole";

/**
 * Checks the live logs, oldest first, by the rules of recovery: what an open would refuse is
 * damage, what it would cut off is a remark. The rules are told where recovery follows them, in
 * `replayLogs`.
 */
export class LogChainCheck {
  readonly #findings: Findings;
  readonly #progress: Progress;
  /** `undefined` until the first log says it. */
  #lastSequence: number | undefined;
  #tear: Tear | undefined;
  readonly #known = new KnownLogs();

  /**
   * @param flushedSequence Sequence number of the last write that is in segments; without it, the
   * first log is taken to go on from there.
   */
  constructor(
    flushedSequence: number | undefined,
    findings: Findings,
    progress: Progress,
  ) {
    this.#lastSequence = flushedSequence;
    this.#findings = findings;
    this.#progress = progress;
  }

  /** Passes over a log whose writes, up to `lastSequence`, are in segments by now. */
  pass(lastSequence: number): void {
    this.#lastSequence = lastSequence;
  }

  /** Checks one log. */
  async add({ file, number, isNamed, size }: LogToCheck): Promise<void> {
    const name = logName(number);
    const progress = this.#progress;
    const window = new FileWindow(file, { name, progress, size });
    if (window.size > MAX_LOG_BYTES) {
      const problem = `the log is ${window.size} bytes long`;
      throw corruption(name, MAX_LOG_BYTES, problem);
    }
    const start = await headerBytes(window);
    const isStale = this.#known.stalenessOf(start, number) !== undefined;
    if (isStale && !isNamed) {
      return this.#addHeaderless(name, false);
    }
    const header = await readHeader(window, number);
    if (header === undefined) {
      const restored = await restoreHeader(window, number);
      return this.#addHeaderless(name, isNamed || restored !== undefined);
    }
    const log = await readLog(window, header);
    this.#lastSequence ??= header.firstSequence - 1;
    if (header.firstSequence > this.#lastSequence + 1) {
      return this.#addDetached(name, header, log);
    }
    if (header.firstSequence <= this.#lastSequence) {
      return this.#addRepeated(name, header);
    }
    this.#tear = undefined;
    this.#lastSequence = log.lastSequence;
    this.#findings.entries += log.records;
    if (log.badRecord !== undefined) this.#reportRecord(name, log.badRecord);
    if (log.intactEnd === window.size) return;
    this.#tear = { file: name, offset: log.intactEnd };
    if (this.#refusePromised(name, log, log.lastSequence + 1)) return;
    if (log.isBlankBehind) return;
    this.#findings.remark(name, {
      code: "torn-tail",
      offset: log.intactEnd,
      message: `The log ends with ${
        window.size - log.intactEnd
      } bytes that are not a whole frame`,
      consequence:
        "no frame says that what is missing had been synced; the next open cuts the rest off",
    });
  }

  /** The header of a log is durable before the manifest names it and before there is any frame. */
  #addHeaderless(name: string, hasHadHeader: boolean): void {
    const message = "The log has no valid header";
    if (hasHadHeader) {
      this.#findings.damage(name, {
        code: "log-header",
        offset: 0,
        message,
        consequence:
          "no engine reads the writes of the log; a repair saves all whose frames are whole",
      });
      return;
    }
    this.#tear ??= { file: name, offset: 0 };
    this.#findings.remark(name, {
      code: "torn-tail",
      offset: 0,
      message,
      consequence: "nothing that was ever acknowledged is lost",
    });
  }

  /** A log behind writes that are not there. */
  #addDetached(name: string, header: LogHeader, log: LogContents): void {
    const firstLost = this.#lastSequence! + 1;
    if (this.#refusePromised(name, log, firstLost)) return;
    this.#findings.remark(name, {
      code: "torn-tail",
      offset: 0,
      message:
        `The log continues with write ${header.firstSequence}, but those from ${firstLost} on are missing`,
      consequence:
        "no frame says that what is missing had been synced; the next open passes over the log",
    });
  }

  #addRepeated(name: string, { firstSequence }: LogHeader): void {
    const problem =
      `the log begins with write ${firstSequence}, which an older file already holds`;
    this.#findings.corruption(
      corruption(name, LOG_FIRST_SEQUENCE_OFFSET, problem),
      { code: "log-order", consequence: REFUSED },
    );
  }

  #reportRecord(name: string, offset: number): void {
    this.#findings.corruption(corruption(name, offset, "no valid record"), {
      code: "log-damaged",
      consequence: REFUSED,
    });
  }

  /** Reports that writes are missing which a later frame says to have been durable. */
  #refusePromised(
    name: string,
    log: LogContents,
    firstLost: number,
  ): boolean {
    if (log.promised < firstLost) return false;
    const { file, offset } = this.#tear ?? { file: name, offset: 0 };
    const problem =
      `writes from ${firstLost} on are missing, but ${name} shows that they were synced`;
    this.#findings.corruption(corruption(file, offset, problem), {
      code: "log-damaged",
      consequence: REFUSED,
    });
    // What follows is checked as if nothing were missing: each damage is reported once.
    this.#tear = undefined;
    this.#lastSequence = Math.max(firstLost - 1, log.largestSequence);
    return true;
  }
}

/** What a log was found to hold. */
interface LogContents {
  readonly intactEnd: number;
  /**
   * Whether there are nothing but zeros behind that: room that was made for appends, or what a
   * crash has left of some.
   */
  readonly isBlankBehind: boolean;
  /** Sequence number of the last write before `intactEnd`. */
  readonly lastSequence: number;
  /** The largest sequence number of all, also behind damage. */
  readonly largestSequence: number;
  /** Records before `intactEnd`. */
  readonly records: number;
  /** Where the first of them is that is none. */
  readonly badRecord: number | undefined;
  /** Up to which write everything had been durable when the last of the frames was written. */
  readonly promised: number;
}

async function readLog(
  window: FileWindow,
  header: LogHeader,
): Promise<LogContents> {
  const walk = new LogWalk(window, header);
  let records = 0;
  let badRecord: number | undefined;
  let durable = 0;
  let promisedBehind = 0;
  let largestSequence = 0;
  for (let frame = await walk.next(); frame; frame = await walk.next()) {
    const { firstSequence, count, durableSequence } = frame.header;
    largestSequence = Math.max(largestSequence, firstSequence + count - 1);
    if (frame.start >= walk.intactEnd) {
      promisedBehind = Math.max(promisedBehind, durableSequence);
      continue;
    }
    durable = durableSequence;
    const walked = new RecordWalk(window, frame);
    while (await walked.next());
    records += walked.passed;
    if (!walked.isWhole) badRecord ??= walked.end;
  }
  if (walk.gaveUp) promisedBehind = MAX_SEQUENCE;
  const isBlankBehind = await isBlank(window, walk.intactEnd);
  await window.finish();
  return {
    intactEnd: walk.intactEnd,
    isBlankBehind,
    lastSequence: walk.nextSequence - 1,
    largestSequence,
    records,
    badRecord,
    promised: Math.max(durable, promisedBehind),
  };
}
