/**
 * Entries as newline-delimited JSON: one object a line, with the properties `key` and `value`. Empty lines are passed over.
 *
 *     {"key":"user:1","value":"Alice"}
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { entryJson } from "../entry_text.ts";
import { DataError } from "../failure.ts";
import { type EntryBytes, type Forms, MAX_LINE_BYTES } from "./entry.ts";

const LINE_END = 0x0a;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads entries. */
export async function* readNdjson(
  input: AsyncIterable<Uint8Array>,
  forms: Forms,
): AsyncGenerator<EntryBytes> {
  let number = 0;
  for await (const line of linesOf(input)) {
    number++;
    const text = textOf(line, number);
    if (/\S/.test(text)) yield entryOf(text, number, forms);
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
  const isObject = typeof object === "object" && object !== null;
  const names = isObject ? Object.keys(object) : [];
  if (
    names.length === 2 && names.includes("key") && names.includes("value")
  ) return;
  throw new DataError('expected {"key": ..., "value": ...}');
}

/** The error for what is wrong with a line. */
function atLine(number: number, cause: unknown): DataError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new DataError(`Cannot load line ${number}: ${problem}`, { cause });
}

function textOf(line: Uint8Array, number: number): string {
  try {
    return strict.decode(line);
  } catch {
    throw atLine(number, new Error("it is not UTF-8"));
  }
}

/** Cuts chunks into lines. A line holds until the next step. */
async function* linesOf(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array[] = [];
  let restLength = 0;
  for await (const chunk of input) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_END, start);
      if (end < 0) break;
      const line = chunk.subarray(start, end);
      start = end + 1;
      yield rest.length === 0 ? line : Buffer.concat([...rest, line]);
      rest = [];
      restLength = 0;
    }
    if (start === chunk.length) continue;
    rest.push(chunk.slice(start));
    restLength += chunk.length - start;
    if (restLength > MAX_LINE_BYTES) {
      throw new DataError(
        `Cannot load: a line is longer than ${MAX_LINE_BYTES} bytes`,
      );
    }
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}
