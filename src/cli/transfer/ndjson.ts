/**
 * Entries as newline-delimited JSON: one object a line, with the properties `key` and `value`.
 * Empty lines are passed over.
 *
 *     {"key":"user:1","value":"Alice"}
 *
 * @module
 */
import { type Buffer, isUtf8 } from "node:buffer";
import { WholeLines } from "../../bytes/whole_lines.ts";
import { entryJson } from "../entry_text.ts";
import { DataError } from "../failure.ts";
import { type EntryBytes, type Forms, MAX_LINE_BYTES } from "./entry.ts";
import { PlainLines } from "./plain_line.ts";

const LINE_END = 0x0a;

/** Reads entries. */
export async function* readNdjson(
  input: AsyncIterable<Uint8Array>,
  forms: Forms,
): AsyncGenerator<Iterable<EntryBytes>> {
  let number = 0;
  for await (const bytes of wholeLines(input)) {
    const lines = new Lines(bytes, number, forms);
    yield lines.entries();
    number = lines.number;
  }
}

/** Several lines. */
class Lines {
  /** Of the line that was read last. */
  number: number;
  readonly #bytes: Buffer;
  readonly #forms: Forms;
  readonly #isText: boolean;

  constructor(bytes: Buffer, before: number, forms: Forms) {
    this.number = before;
    this.#bytes = bytes;
    this.#forms = forms;
    this.#isText = isUtf8(bytes);
  }

  *entries(): Generator<EntryBytes> {
    const bytes = this.#bytes;
    const { keys, values } = this.#forms;
    const plain = this.#isText && keys.name === "utf8" && values.name === "utf8"
      ? new PlainLines(bytes)
      : undefined;
    for (let start = 0; start <= bytes.length;) {
      const next = bytes.indexOf(LINE_END, start);
      const end = next < 0 ? bytes.length : next;
      this.number++;
      const entry = plain?.entryAt(start, end) ?? this.#parsed(start, end);
      if (entry !== undefined) yield entry;
      start = end + 1;
    }
  }

  #parsed(start: number, end: number): EntryBytes | undefined {
    if (!this.#isText && !isUtf8(this.#bytes.subarray(start, end))) {
      throw atLine(this.number, new Error("it is not UTF-8"));
    }
    const whole = this.#bytes.toString("utf8", start, end);
    // Some write a byte order mark before the first line.
    const text = this.number === 1 ? whole.replace(/^\ufeff/, "") : whole;
    return text.trim() === ""
      ? undefined
      : entryOf(text, this.number, this.#forms);
  }
}

/** An entry as a line. */
export function ndjsonLine(
  [key, value]: EntryBytes,
  forms: Forms,
): string {
  return `${entryJson(forms, key, value)}\n`;
}

function entryOf(
  text: string,
  number: number,
  { keys, values }: Forms,
): EntryBytes {
  try {
    const object = JSON.parse(text);
    checkShape(object);
    return [
      keys.fromJson(object.key, "key"),
      values.fromJson(object.value, "value"),
    ];
  } catch (error) {
    throw atLine(number, error);
  }
}

function checkShape(
  object: unknown,
): asserts object is { readonly key: unknown; readonly value: unknown } {
  let names = 0;
  for (const name in object as Record<string, unknown>) {
    names += name === "key" || name === "value" ? 1 : Infinity;
  }
  if (names === 2 && !Array.isArray(object)) return;
  throw new DataError('expected {"key": ..., "value": ...}');
}

/** The error for what is wrong with a line. */
function atLine(number: number, cause: unknown): DataError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new DataError(`Cannot load line ${number}: ${problem}`, { cause });
}

/** Cuts chunks behind a line, without the end of the last one. */
async function* wholeLines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
  const lines = new WholeLines();
  for await (const chunk of input) {
    const whole = lines.add(chunk);
    if (whole !== undefined) yield whole;
    if (lines.restBytes > MAX_LINE_BYTES) {
      throw new DataError(
        `Cannot load: a line is longer than ${MAX_LINE_BYTES} bytes`,
      );
    }
  }
  if (lines.restBytes > 0) yield lines.rest();
}
