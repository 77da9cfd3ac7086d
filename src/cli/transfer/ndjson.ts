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
): AsyncGenerator<Iterable<EntryBytes>> {
  let number = 0;
  for await (const lines of wholeLines(input)) {
    const texts = textsOf(lines);
    yield entriesOf(texts, number, forms);
    number += texts.length;
  }
}

function* entriesOf(
  texts: readonly (string | undefined)[],
  before: number,
  forms: Forms,
): Generator<EntryBytes> {
  let number = before;
  for (const text of texts) {
    number++;
    if (text === undefined) {
      throw atLine(number, new Error("it is not UTF-8"));
    }
    if (text.trim() !== "") yield entryOf(text, number, forms);
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

/** Several lines as texts; `undefined` for one that is not UTF-8. */
function textsOf(lines: Uint8Array): (string | undefined)[] {
  return decoded(lines)?.split("\n") ?? decodeEach(lines);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function decodeEach(lines: Uint8Array): (string | undefined)[] {
  const texts: (string | undefined)[] = [];
  for (let start = 0; start <= lines.length;) {
    const next = lines.indexOf(LINE_END, start);
    const end = next < 0 ? lines.length : next;
    texts.push(decoded(lines.subarray(start, end)));
    start = end + 1;
  }
  return texts;
}

/** Cuts chunks behind a line, without the end of the last one. */
async function* wholeLines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array[] = [];
  let restLength = 0;
  for await (const chunk of input) {
    const end = chunk.lastIndexOf(LINE_END);
    if (end >= 0) {
      yield Buffer.concat([...rest, chunk.subarray(0, end)]);
      rest = [];
      restLength = 0;
    }
    rest.push(chunk.slice(end + 1));
    restLength += chunk.length - end - 1;
    if (restLength > MAX_LINE_BYTES) {
      throw new DataError(
        `Cannot load: a line is longer than ${MAX_LINE_BYTES} bytes`,
      );
    }
  }
  if (restLength > 0) yield Buffer.concat(rest);
}
