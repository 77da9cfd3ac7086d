/**
 * Entries as CSV (RFC 4180), with the header `key,value`. The columns may come in either order.
 *
 * @module
 */
import { CsvError, type InfoRecord, parse, type Parser } from "csv-parse";
import { DataError } from "../failure.ts";
import type { EntryBytes, Forms } from "./entry.ts";
import { Utf8Check, type WrongLine } from "./utf8_check.ts";

/** The header, as a line. */
export const CSV_HEADER = "key,value\n";

interface Row {
  readonly fields: readonly string[];
  /** The line that it ends on. */
  readonly line: number;
  /** Where it ends, in bytes from the start. */
  readonly end: number;
}

/** Reads entries. */
export async function* readCsv(
  input: AsyncIterable<Uint8Array>,
  forms: Forms,
): AsyncGenerator<Iterable<EntryBytes>> {
  let rows: Row[] = [];
  let lastLine = 0;
  const parser = parse({
    bom: true,
    // Rows are told from the header, and counted, below: so the error for a wrong one comes behind
    // those before it.
    relax_column_count: true,
    skip_empty_lines: true,
    on_record(fields: string[], { lines, bytes }: InfoRecord) {
      rows.push({ fields, line: lines, end: bytes });
      return null;
    },
  });
  const columns = new Columns(forms);
  // The parser takes what is not UTF-8 for U+FFFD, as if several keys were one.
  const check = new Utf8Check();
  try {
    for await (const failure of fed(parser, check.through(input))) {
      const ready = rows;
      rows = [];
      lastLine = ready.at(-1)?.line ?? lastLine;
      yield columns.entriesOf(ready, check.wrong);
      if (failure === undefined) continue;
      throw malformed(failure, { line: lastLine + 1, wrong: check.wrong });
    }
    columns.assertHeader();
  } finally {
    parser.destroy();
  }
}

/**
 * Parses chunk by chunk; yields after each, and after the last the error that it ended with, if
 * any.
 */
async function* fed(
  parser: Parser,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Error | undefined> {
  let failure: Error | undefined;
  parser.on("error", (error) => failure ??= error);
  // All rows have gone to the callback; this lets the end come.
  parser.resume();
  for await (const chunk of input) {
    await new Promise<void>((resolve) => {
      parser.write(chunk, (error) => {
        failure ??= error ?? undefined;
        resolve();
      });
    });
    yield failure;
  }
  await new Promise<void>((resolve) => {
    parser.once("close", resolve);
    parser.end();
  });
  yield failure;
}

/** Finds the key and the value in rows, by the names in the first of them. */
class Columns {
  readonly #forms: Forms;
  #keyAt: number | undefined;

  constructor(forms: Forms) {
    this.#forms = forms;
  }

  /** Those before the line that is wrong, if one is. */
  *entriesOf(
    rows: readonly Row[],
    wrong: WrongLine | undefined,
  ): Generator<EntryBytes> {
    for (const { fields, line, end } of rows) {
      if (wrong !== undefined && end > wrong.offset) throw notUtf8(wrong);
      if (this.#keyAt === undefined) this.#keyAt = keyColumn(fields);
      else yield this.#entryOf(fields, line);
    }
  }

  /** Refuses what ended before the header. */
  assertHeader(): void {
    if (this.#keyAt === undefined) throw noHeader();
  }

  #entryOf(fields: readonly string[], line: number): EntryBytes {
    const { keys, values } = this.#forms;
    if (fields.length !== 2) {
      throw atLine(line, `expected a key and a value, found ${fields.length}`);
    }
    try {
      return [
        keys.fromField(fields[this.#keyAt!]!, "key"),
        values.fromField(fields[1 - this.#keyAt!]!, "value"),
      ];
    } catch (error) {
      throw atLine(line, messageOf(error), error);
    }
  }
}

function keyColumn(names: readonly string[]): number {
  const isOurs = names.length === 2 && names.includes("key") &&
    names.includes("value");
  if (isOurs) return names.indexOf("key");
  throw noHeader();
}

function noHeader(): DataError {
  return new DataError(
    "Cannot load: the first line of CSV must name the columns: key,value",
  );
}

/** An entry as a line. */
export function csvLine([key, value]: EntryBytes, forms: Forms): string {
  const fields = [forms.keys.toField(key), forms.values.toField(value)];
  return `${fields.map(quoted).join(",")}\n`;
}

/**
 * A field that would not come back as it is goes in quotes; an empty one too, since an empty line
 * is no entry.
 */
function quoted(field: string): string {
  return field === "" || /^\s|\s$|[",\r\n\ufeff]/.test(field)
    ? `"${field.replaceAll('"', '""')}"`
    : field;
}

/** The error for a row that is none; `line` is where it begins. */
function malformed(
  error: Error,
  { line, wrong }: {
    readonly line: number;
    readonly wrong: WrongLine | undefined;
  },
): unknown {
  if (!(error instanceof CsvError)) return error;
  if (wrong !== undefined && Number(error["lines"]) >= wrong.number) {
    return notUtf8(wrong);
  }
  return error.code === "CSV_QUOTE_NOT_CLOSED"
    ? atLine(line, "a quote that is opened in this row is never closed", error)
    : atLine(line, messageOf(error).replace(/ at line \d+/, ""), error);
}

function notUtf8({ number }: WrongLine): DataError {
  return atLine(number, "it is not UTF-8");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function atLine(line: number, problem: string, cause?: unknown): DataError {
  return new DataError(`Cannot load line ${line}: ${problem}`, { cause });
}
