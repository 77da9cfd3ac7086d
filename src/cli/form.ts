import type { Codec } from "../codec/codec.ts";
import { json } from "../codec/json.ts";
import { tuple } from "../codec/tuple.ts";
import { jsonOfTuple, tupleOfJson } from "../codec/tuple_json.ts";
import { utf8 } from "../codec/utf8.ts";
import { KvError } from "../errors.ts";
import { escapeBytes, unescapeBytes } from "./escape.ts";
import { DataError, typed } from "./failure.ts";
import { bytesOfHex, hexOf } from "./hex.ts";

/**
 * Names of the forms in which keys and values are shown and read; those of the codecs that they
 * belong to.
 */
export const FORM_NAMES = ["utf8", "bytes", "json", "tuple"] as const;
export type FormName = typeof FORM_NAMES[number];

/** How the keys or the values of a store are shown and read. Errors call what is read `what`. */
export interface Form {
  readonly name: FormName;
  /** On one line of a terminal. */
  toLine(bytes: Uint8Array): string;
  /**
   * What `toLine` has shown, or a user has typed. Throws a `UsageError` for what cannot be read.
   */
  fromLine(text: string, what: string): Uint8Array;
  /** As a value inside of JSON, already as text. */
  toJson(bytes: Uint8Array): string;
  /** What `JSON.parse` has made of that. */
  fromJson(value: unknown, what: string): Uint8Array;
  /** As a field of CSV, before it is quoted. */
  toField(bytes: Uint8Array): string;
  fromField(text: string, what: string): Uint8Array;
  /** Refuses bytes that the codec of this name would not have written. */
  check(bytes: Uint8Array, what: string): void;
}

const anyJson = json<unknown>();

const utf8Form: Form = {
  name: "utf8",
  toLine: escapeBytes,
  fromLine: unescapeBytes,
  toJson: (bytes) => JSON.stringify(textOf(bytes)),
  fromJson(value, what) {
    if (typeof value === "string") return utf8.encode(value);
    throw new DataError(`Cannot read the ${what}: expected a string`);
  },
  toField: textOf,
  fromField: (text) => utf8.encode(text),
  check: (bytes, what) => checkWith(utf8, bytes, what),
};

const bytesForm: Form = {
  name: "bytes",
  toLine: hexOf,
  fromLine: (text, what) => typed(() => bytesOfHex(text, what)),
  toJson: (bytes) => `"${hexOf(bytes)}"`,
  fromJson(value, what) {
    if (typeof value === "string") return bytesOfHex(value, what);
    throw new DataError(
      `Cannot read the ${what}: expected a string of hexadecimal digits`,
    );
  },
  toField: hexOf,
  fromField: bytesOfHex,
  check: () => {},
};

const jsonForm: Form = {
  name: "json",
  toLine: jsonLine,
  fromLine: (text, what) => typed(() => anyJson.encode(parsed(text, what))),
  toJson: jsonLine,
  fromJson: (value) => anyJson.encode(value),
  toField: jsonLine,
  fromField: (text, what) => anyJson.encode(parsed(text, what)),
  check: (bytes, what) => checkWith(anyJson, bytes, what),
};

const tupleForm: Form = {
  name: "tuple",
  toLine: tupleLine,
  fromLine: (text, what) => typed(() => tupleBytes(parsed(text, what), what)),
  toJson: tupleLine,
  fromJson: tupleBytes,
  toField: tupleLine,
  fromField: (text, what) => tupleBytes(parsed(text, what), what),
  check: (bytes, what) => checkWith(tuple, bytes, what),
};

const FORMS: Readonly<Record<FormName, Form>> = {
  utf8: utf8Form,
  bytes: bytesForm,
  json: jsonForm,
  tuple: tupleForm,
};

/** The form with this name. */
export function formOf(name: FormName): Form {
  return FORMS[name];
}

/** Whether there is a form for a codec with this name. */
export function isFormName(name: string): name is FormName {
  return (FORM_NAMES as readonly string[]).includes(name);
}

function checkWith(
  codec: Codec<unknown>,
  bytes: Uint8Array,
  what: string,
): void {
  try {
    codec.decode(bytes, 0, bytes.length);
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    throw new DataError(
      `Cannot write the ${what}, since the store has ${codec.name}: ${error.message}`,
      { cause: error },
    );
  }
}

/** As `decode` does, but the error says what to do. */
function orExplain<T>(form: FormName, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    throw new DataError(
      `Cannot show bytes as ${form}: ${error.message}; --keys bytes and --values bytes show any`,
      { cause: error },
    );
  }
}

function textOf(bytes: Uint8Array): string {
  return orExplain("utf8", () => utf8.decode(bytes, 0, bytes.length));
}

/** Characters that are fine in JSON but not in a line on a terminal. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** JSON on one line, with the digits of its numbers as they are stored. */
function jsonLine(bytes: Uint8Array): string {
  const value = orExplain(
    "json",
    () => anyJson.decode(bytes, 0, bytes.length),
  );
  const text = textOf(bytes);
  return (/[\n\r\t]/.test(text) ? JSON.stringify(value) : text)
    .replace(INVISIBLE, escapeInJson);
}

function tupleLine(bytes: Uint8Array): string {
  const parts = orExplain(
    "tuple",
    () => tuple.decode(bytes, 0, bytes.length),
  );
  return JSON.stringify(jsonOfTuple(parts))
    .replace(INVISIBLE, escapeInJson);
}

function tupleBytes(value: unknown, what: string): Uint8Array {
  try {
    return tuple.encode(tupleOfJson(value));
  } catch (error) {
    if (!(error instanceof KvError)) throw error;
    throw new DataError(`Cannot read the ${what}: ${error.message}`, {
      cause: error,
    });
  }
}

function escapeInJson(character: string): string {
  return character.split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(
      `Cannot read the ${what}: not valid JSON: ${(cause as Error).message}`,
      { cause },
    );
  }
}
