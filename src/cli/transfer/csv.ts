/**
 * Entries as CSV (RFC 4180), with the header `key,value`. The columns may come in either order.
 *
 * @module
 */
import { CsvError, parse, type Parser } from "csv-parse";
import { Readable } from "node:stream";
import { DataError } from "../failure.ts";
import type { EntryBytes, Forms } from "./entry.ts";

/** The header, as a line. */
export const CSV_HEADER = "key,value\n";

interface Row {
  readonly info: { readonly lines: number };
  readonly record: { readonly key: string; readonly value: string };
}

/** Reads entries. */
export async function* readCsv(
  input: AsyncIterable<Uint8Array>,
  forms: Forms,
): AsyncGenerator<Iterable<EntryBytes>> {
  const parser = parse({
    bom: true,
    columns: checkedHeader,
    // Which line a row ends on.
    info: true,
    skip_empty_lines: true,
  });
  const source = Readable.from(input, { objectMode: false });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  try {
    do {
      yield rowsOf(parser, forms);
    } while (await hasMore(parser));
  } catch (error) {
    throw error instanceof CsvError ? atLine(parser.info.lines, error) : error;
  } finally {
    source.destroy();
    parser.destroy();
  }
}

/** The rows that have been parsed. */
function* rowsOf(
  parser: Parser,
  { keys, values }: Forms,
): Generator<EntryBytes> {
  for (let row: Row | null; (row = parser.read() as Row | null) !== null;) {
    const { lines } = row.info;
    const { key, value } = row.record;
    yield [
      orAtLine(lines, () => keys.fromField(key, "key")),
      orAtLine(lines, () => values.fromField(value, "value")),
    ];
  }
}

/** Waits until there are rows, or the end. */
function hasMore(parser: Parser): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (parser.readableEnded) return resolve(false);
    if (parser.errored) return reject(parser.errored);
    function settle(done: () => void): void {
      parser.off("readable", more).off("end", end).off("error", fail);
      done();
    }
    const more = () => settle(() => resolve(true));
    const end = () => settle(() => resolve(false));
    const fail = (error: Error) => settle(() => reject(error));
    parser.on("readable", more).on("end", end).on("error", fail);
  });
}

/** An entry as a line. */
export function csvLine([key, value]: EntryBytes, forms: Forms): string {
  const fields = [forms.keys.toField(key), forms.values.toField(value)];
  return `${fields.map(quoted).join(",")}\n`;
}

/** A field that would not come back as it is goes in quotes; an empty one too, since an empty line is no entry. */
function quoted(field: string): string {
  return field === "" || /^\s|\s$|[",\r\n\ufeff]/.test(field)
    ? `"${field.replaceAll('"', '""')}"`
    : field;
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
