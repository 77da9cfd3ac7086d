import { corruption } from "../errors.ts";
import type { LogHeader } from "../format/log_format.ts";
import { MemTable } from "../memtable/memtable.ts";
import type { TableMemory } from "../memtable/table_memory.ts";
import type { ReadableFile } from "../storage/storage.ts";
import { LogReader } from "../wal/log_reader.ts";

/** The largest log that is read back: no arena is larger. */
const MOST_LOG_BYTES = 2 ** 31;

/** A table made of a log, and the reader at the place where the log's valid frames end. */
export interface LogTable {
  readonly table: MemTable;
  readonly reader: LogReader;
}

/** Reads a whole log, into `buffer` if it fits there, and closes the file. */
export async function readLogImage(
  file: ReadableFile,
  name: string,
  buffer: Uint8Array = new Uint8Array(0),
): Promise<Uint8Array> {
  try {
    if (file.size > MOST_LOG_BYTES) {
      throw corruption(
        name,
        MOST_LOG_BYTES,
        `the log is ${file.size} bytes long`,
      );
    }
    const image = file.size <= buffer.length
      ? buffer.subarray(0, file.size)
      : new Uint8Array(file.size);
    if (image.length > 0) await file.readAt(image, 0);
    return image;
  } finally {
    await file.close();
  }
}

/** Makes a table of the valid frames of a log, in the memory of `spare` if there is one. */
export function tableOfLog(
  name: string,
  image: Uint8Array,
  { header, spare }: { header: LogHeader; spare?: TableMemory | undefined },
): LogTable {
  const reader = new LogReader(image, header);
  const table = MemTable.fromImage(image, header, spare);
  let start = reader.offset;
  for (let frame = reader.next(); frame; frame = reader.next()) {
    const problem = table.loadFrame(start, frame);
    if (problem >= 0) throw corruption(name, problem, "no valid record");
    start = reader.offset;
  }
  return { table, reader };
}
