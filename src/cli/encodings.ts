import { bytes } from "../codec/bytes.ts";
import type { Codec } from "../codec/codec.ts";
import { catalogueOf } from "../engine/read/reader.ts";
import { KvError } from "../errors.ts";
import { readManifest } from "../manifest/manifest_store.ts";
import { openLocalStorage } from "../storage/local_storage.ts";
import { escapeName } from "./escape.ts";
import { HintedError, UsageError } from "./failure.ts";
import { type Form, type FormName, formOf, isFormName } from "./form.ts";

/** What the user asks for: forms, and the keyspace that they are of. */
export interface FormOptions {
  readonly keys?: FormName;
  readonly values?: FormName;
  readonly keyspace?: string;
}

/** How keys or values are stored, and how they are shown. */
interface Encoding {
  readonly codec: Codec<Uint8Array>;
  readonly form: Form;
  /** Whether what the form reads is what the codec of the store would write. */
  readonly isOwn: boolean;
}

/** How the entries of a store or of a keyspace are stored and shown. */
export interface Encodings {
  readonly keys: Encoding;
  readonly values: Encoding;
}

/** How the entries of a store that is not open, or is still to be made, are stored. */
export async function encodingsAt(
  location: string,
  { keys, values }: FormOptions,
): Promise<Encodings> {
  const state = await readManifest(await openLocalStorage(location));
  return {
    keys: encodingOf(state?.keyCodec, keys),
    values: encodingOf(state?.valueCodec, values),
  };
}

interface WantedKeyspace {
  readonly keyspace: string;
  readonly create?: boolean;
  /** What to do if there is none. */
  readonly hint?: string;
}

function namesText(names: readonly string[]): string {
  if (names.length === 0) return "the store has no keyspaces";
  return `the store has only ${names.map(escapeName).join(", ")}`;
}

/**
 * How the keys and values of a keyspace are stored. Throws `KV_NOT_FOUND` if there is none and none
 * is to be made.
 */
export function encodingsIn(
  store: object,
  { keys, values }: FormOptions,
  { keyspace, create = false, hint }: WantedKeyspace,
): Encodings {
  const catalogue = catalogueOf(store);
  const found = catalogue.find(keyspace);
  if (found === undefined && !create) {
    throw new HintedError(
      new KvError(
        "KV_NOT_FOUND",
        `Cannot open keyspace ${escapeName(keyspace)}: it does not exist, ${
          namesText(catalogue.names())
        }`,
      ),
      hint,
    );
  }
  return {
    keys: encodingOf(found?.keyCodec, keys),
    values: encodingOf(found?.valueCodec, values),
  };
}

/**
 * Bytes go in and out of the engine, under the name that the store knows; the form does the rest.
 */
function encodingOf(
  stored: string | undefined,
  wanted: FormName | undefined,
): Encoding {
  const name = wanted ??
    (stored === undefined ? "utf8" : isFormName(stored) ? stored : "bytes");
  return {
    codec: { ...bytes, name: stored ?? name },
    form: formOf(name),
    // What an application's own codec writes only the application knows: its bytes are taken as
    // they come.
    isOwn: stored === undefined || stored === name ||
      !isFormName(stored) && name === "bytes",
  };
}

/** Refuses to write in other forms than the codecs do. */
export function refuseOtherForms(
  place: string,
  { keys, values }: Encodings,
): void {
  for (const [what, encoding] of Object.entries({ keys, values })) {
    const { codec, form, isOwn } = encoding;
    if (isOwn) continue;
    throw new UsageError(
      `Cannot write to ${place}: its ${what} are written with codec ${codec.name}, but --${what} says ${form.name}`,
    );
  }
}

/** The codecs to open with. */
export function codecsOf({ keys, values }: Encodings) {
  return { keys: keys.codec, values: values.codec };
}
