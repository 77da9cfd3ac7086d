/**
 * Entries as CSV (RFC 4180), with the header `key,value`. The columns may come in either order.
 *
 * @module
 */
import { CsvError, parse } from "csv-parse";
import { stringify } from "csv-stringify/sync";
import { Readable } from "node:stream";
import { DataError } from "../failure.ts";
import type { EntryBytes, Forms } from "./entry.ts";

/** The header, as a line. */
export const CSV_HEADER = "key,value\n";

interface Row {
  readonly key: string;
  readonly value: string;
}

/** Reads entries. */
export async function* readCsv(
  input: AsyncIterable<Uint8Array>,
  { keys, values }: Forms,
): AsyncGenerator<EntryBytes> {
  const parser = parse({
    bom: true,
    columns: checkedHeader,
    skip_empty_lines: true,
  });
  const source = Readable.from(input, { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  try {
    for await (const row of source.pipe(parser) as AsyncIterable<Row>) {
      const { lines } = parser.info;
      yield [
        orAtLine(lines, () => keys.fromField(row.key, "key")),
        orAtLine(lines, () => values.fromField(row.value, "value")),
      ];
    }
  } catch (error) {
    throw error instanceof CsvError ? atLine(parser.info.lines, error) : error;
  } finally {
    source.destroy();
  }
}

/** An entry as a line. */
export function csvLine([key, value]: EntryBytes, forms: Forms): string {
  return stringify([[forms.keys.toField(key), forms.values.toField(value)]]);
}

function checkedHeader(names: string[]): string[] {
  const isOurs = names.length === 2 && names.includes("key") &&
    names.includes("value");
  if (isOurs) return names;
  throw new DataError(
    "Cannot load: the first line of CSV has to name the columns: key,value",
  );
}

function orAtLine<T>(line: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw atLine(line, error);
  }
}

function atLine(line: number, cause: unknown): DataError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new DataError(`Cannot load line ${line}: ${problem}`, { cause });
}
