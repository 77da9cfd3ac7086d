import { corruption, type KvCorruptionError } from "../../errors.ts";
import {
  FRAME_HEADER_BYTES,
  type LogHeader,
  MAX_LOG_BYTES,
} from "../../format/log_format.ts";
import { listRecords } from "../../format/record.ts";
import { MemTable } from "../../memtable/memtable.ts";
import type { ListedRecords } from "../../memtable/record_list.ts";
import type { ReadableFile } from "../../storage/storage.ts";
import { LogReader } from "../../wal/log_reader.ts";

/** A table made of a log, and the reader at the place where the log's valid frames end. */
export interface LogTable {
  readonly table: MemTable;
  readonly reader: LogReader;
}

/** Reads a whole log, into memory that `take` gives, and closes the file. */
export async function readLogImage(
  file: ReadableFile,
  name: string,
  take = (bytes: number): Uint8Array<ArrayBuffer> => new Uint8Array(bytes),
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    refuseTooLong(name, file);
    const image = take(file.size);
    if (image.length > 0) await file.readAt(image, 0);
    return image;
  } finally {
    await file.close();
  }
}

/** Throws `KV_CORRUPTION` for a log that is longer than any arena. */
export function refuseTooLong(name: string, { size }: ReadableFile): void {
  if (size <= MAX_LOG_BYTES) return;
  throw corruption(name, MAX_LOG_BYTES, `the log is ${size} bytes long`);
}

/** Makes a table of the valid frames of a log. */
export function tableOfLog(
  name: string,
  image: Uint8Array<ArrayBuffer>,
  header: LogHeader,
): LogTable {
  const reader = new LogReader(image, header);
  // No snapshot is older than what was read back.
  const table = MemTable.fromImage(image, header);
  loadFrames(name, table, reader);
  return { table, reader };
}

/** Adds all valid frames that `reader` has not come to yet to the table over its image. */
export function loadFrames(
  name: string,
  table: MemTable,
  reader: LogReader,
): void {
  let start = reader.offset;
  for (let frame = reader.next(); frame; frame = reader.next()) {
    const problem = table.loadFrame(start, frame);
    if (problem >= 0) throw noRecord(name, problem);
    start = reader.offset;
  }
}

/**
 * Lists the records of a log that has `count` of them, all in valid frames; `hasRanges` says
 * whether range deletes are among them.
 */
export function recordsOfLog(
  name: string,
  image: Uint8Array,
  { header, count, hasRanges }: {
    readonly header: LogHeader;
    readonly count: number;
    readonly hasRanges: boolean;
  },
): ListedRecords {
  const reader = new LogReader(image, header);
  const offsets = new Uint32Array(count);
  let listed = 0;
  let start = reader.offset + FRAME_HEADER_BYTES;
  for (let frame = reader.next(); frame; frame = reader.next()) {
    if (listed + frame.count > count) throw wrongCount(name, start, count);
    const end = reader.offset;
    const span = { start, end, count: frame.count };
    const problem = listRecords(image, span, offsets, listed);
    if (problem >= 0) throw noRecord(name, problem);
    listed += frame.count;
    start = end + FRAME_HEADER_BYTES;
  }
  if (listed !== count) throw wrongCount(name, start, count);
  const { firstSequence } = header;
  return { buffer: image, offsets, firstSequence, hasRanges };
}

function noRecord(name: string, offset: number): KvCorruptionError {
  return corruption(name, offset, "no valid record");
}

function wrongCount(
  name: string,
  offset: number,
  count: number,
): KvCorruptionError {
  const problem =
    `the whole frames of the log hold other than ${count} records`;
  return corruption(name, offset, problem);
}
