import { LoggedTable } from "../engine/state/logged_table.ts";
import { loadFrames, refuseTooLong } from "../engine/state/log_table.ts";
import { logName } from "../format/file_names.ts";
import {
  FRAME_HEADER_BYTES,
  LOG_HEADER_BYTES,
  readFrameHeader,
} from "../format/log_format.ts";
import { MemTable } from "../memtable/memtable.ts";
import type { ReadableFile, Storage } from "../storage/storage.ts";
import { LogReader, openLogImage } from "../wal/log_reader.ts";

/**
 * A log that an engine elsewhere still writes, and a table of what it holds so far. Bytes are read
 * with {@linkcode LogTail.load}, which waits for storage and changes nothing for readers;
 * {@linkcode LogTail.index} then shows them all frames that have become whole, at once.
 */
export class LogTail {
  readonly number: number;
  readonly #name: string;
  readonly #snapshots: () => readonly number[];
  /** The log as far as it was read, and zeros, which are no frame, behind that. */
  #image = new Uint8Array(0);
  #size = 0;
  readonly #frameHeader = new Uint8Array(FRAME_HEADER_BYTES);
  #reader: LogReader | undefined;
  #table: LoggedTable | undefined;

  /** @param snapshots Tells the sequence numbers of the snapshots that are held, ascending. */
  constructor(number: number, snapshots: () => readonly number[]) {
    this.number = number;
    this.#snapshots = snapshots;
    this.#name = logName(number);
  }

  /** The table; `undefined` as long as the header of the log is not whole. */
  get table(): LoggedTable | undefined {
    return this.#table;
  }

  /** Bytes that the log had when it was read last. */
  get size(): number {
    return this.#size;
  }

  /**
   * Reads what has come since the last time.
   *
   * @param expectedBytes Size that the log will have, as far as one can tell; larger ones cost
   * time.
   */
  async load(storage: Storage, expectedBytes: number): Promise<void> {
    const file = await storage.open(this.#name);
    try {
      refuseTooLong(this.#name, file);
      // The last frame may have been read while it was being written.
      const start = this.#reader?.offset ?? 0;
      if (!await this.#hasGrown(file)) return;
      this.#makeRoom(file.size, expectedBytes);
      await file.readAt(this.#image.subarray(start, file.size), start);
      this.#size = file.size;
    } finally {
      await file.close();
    }
  }

  /**
   * Whether there is more to read. The size does not tell: there may be room that was made for
   * appends, or a frame that a crash has cut off.
   */
  async #hasGrown(file: ReadableFile): Promise<boolean> {
    const reader = this.#reader;
    if (reader === undefined && file.size > this.#size) return true;
    const start = reader?.offset ?? this.#endOfFrames();
    const left = file.size - start - FRAME_HEADER_BYTES;
    if (left < 0) return false;
    await file.readAt(this.#frameHeader, start);
    const frame = readFrameHeader(this.#frameHeader, 0);
    if (frame === undefined || frame.length > left) return false;
    return reader === undefined || frame.firstSequence === reader.nextSequence;
  }

  /** Where the frames end that were read and not indexed, going by their headers. */
  #endOfFrames(): number {
    let at = LOG_HEADER_BYTES;
    while (at + FRAME_HEADER_BYTES <= this.#size) {
      const frame = readFrameHeader(this.#image, at);
      const end = at + FRAME_HEADER_BYTES + (frame?.length ?? Infinity);
      if (end > this.#size) break;
      at = end;
    }
    return at;
  }

  /**
   * A table cannot grow: for a longer log there will be another, in which everything is indexed
   * again.
   */
  #makeRoom(size: number, expectedBytes: number): void {
    if (size <= this.#image.length) return;
    const image = new Uint8Array(Math.max(2 * size, expectedBytes));
    image.set(this.#image);
    this.#image = image;
    this.#reader = undefined;
  }

  /** Adds the frames that are whole by now to the table. */
  index(): void {
    if (this.#reader === undefined) {
      const image = this.#image.subarray(0, this.#size);
      const header = openLogImage(image, this.#name, this.number);
      if (header === undefined) return;
      this.#reader = new LogReader(this.#image, header);
      const table = MemTable.fromImage(this.#image, header, this.#snapshots);
      this.#table = new LoggedTable(table, this.number, this.#reader.offset);
    }
    loadFrames(this.#name, this.#table!.table, this.#reader);
  }
}
