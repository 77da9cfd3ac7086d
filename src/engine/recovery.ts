import { corruption } from "../errors.ts";
import { logName, parseFileName } from "../format/file_names.ts";
import type { LogHeader } from "../format/log_format.ts";
import type { ManifestState } from "../manifest/manifest_codec.ts";
import { Arena } from "../memtable/arena.ts";
import { MemTable } from "../memtable/memtable.ts";
import type { Storage } from "../storage/storage.ts";
import { LogReader, openLogImage } from "../wal/log_reader.ts";
import { LoggedTable } from "./logged_table.ts";
import { openNamed } from "./segment.ts";

/** The largest log that is read back: more than an arena can hold is none of this engine's. */
const MOST_LOG_BYTES = 2 ** 31;

/** What the logs hold that segments do not. */
export interface Recovered {
  /** A table for each log that has records, oldest first. */
  readonly tables: readonly LoggedTable[];
  readonly lastSequence: number;
}

/**
 * Replays the live logs, oldest first, into tables.
 *
 * 1. Live are the logs that the manifest names and those that are newer than all of them; a named one that is missing is damage.
 * 2. Each log has to begin where the one before it ended, by sequence numbers, and is read frame by frame.
 * 3. Where a log stops short (torn tail) or is missing at the end, some writes are lost. If any frame behind that place says that
 *    writes from there on had been durable, that is damage, reported as `KV_CORRUPTION`. Otherwise they were never
 *    promised: the state ends there, as a prefix of the history, and logs that go on from beyond it are passed over.
 * 4. A log that begins just at that place was made by a recovery that had already come to the same result: it is replayed.
 */
export async function replayLogs(
  storage: Storage,
  state: ManifestState,
  fileNames: readonly string[],
): Promise<Recovered> {
  const replay = new Replay(state.flushedSequence);
  for (const number of liveLogNumbers(state, fileNames)) {
    replay.add(
      number,
      await readWhole(storage, logName(number)),
      state.logs.includes(number),
    );
  }
  return replay.finish();
}

/** Numbers of the logs that a recovery has to look at, ascending. */
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

async function readWhole(storage: Storage, name: string): Promise<Uint8Array> {
  const file = await openNamed(storage, name);
  try {
    if (file.size > MOST_LOG_BYTES) {
      throw corruption(
        name,
        MOST_LOG_BYTES,
        `the log is ${file.size} bytes long`,
      );
    }
    const image = new Uint8Array(file.size);
    if (image.length > 0) await file.readAt(image, 0);
    return image;
  } finally {
    await file.close();
  }
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

  /** Replays one log. */
  add(number: number, image: Uint8Array, isNamed: boolean): void {
    const name = logName(number);
    const header = openLogImage(image, name, number);
    if (header === undefined) {
      // The header of a log is durable before the manifest names it and before any of its writes is acknowledged.
      if (isNamed) throw corruption(name, 0, "the log has no valid header");
      this.#tear ??= { file: name, offset: 0 };
      return;
    }
    const reader = new LogReader(image, header);
    if (header.firstSequence > this.#lastSequence + 1) {
      this.#refusePromised(reader, name);
      return;
    }
    if (header.firstSequence <= this.#lastSequence) {
      throw corruption(
        name,
        24,
        `the log begins with write ${header.firstSequence}, which an older file has`,
      );
    }
    this.#tear = undefined;
    this.#load(reader, name, image, header);
  }

  #load(
    reader: LogReader,
    name: string,
    image: Uint8Array,
    header: LogHeader,
  ): void {
    const arena = Arena.fromImage(image, header);
    const table = new MemTable(arena, header.firstSequence);
    let start = reader.offset;
    for (let frame = reader.next(); frame; frame = reader.next()) {
      const problem = table.loadFrame(start, frame);
      if (problem >= 0) throw corruption(name, problem, "no valid record");
      start = reader.offset;
    }
    if (!reader.isWhole) {
      this.#tear = { file: name, offset: reader.offset };
      this.#lastSequence = table.lastSequence;
      this.#refusePromised(reader, name);
    }
    if (table.records === 0) return;
    this.#lastSequence = table.lastSequence;
    this.#tables.push(new LoggedTable(table, header.number, image.length));
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
