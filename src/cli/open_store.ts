import { follow, type KvEngine, type KvReader, open } from "../../mod.ts";
import { bytes } from "../codec/bytes.ts";
import type { Codec } from "../codec/codec.ts";
import { KvLockedError } from "../errors.ts";
import { readManifest } from "../manifest/manifest_store.ts";
import { openLocalStorage } from "../storage/local_storage.ts";
import { UsageError } from "./failure.ts";
import { type Form, type FormName, formOf, isFormName } from "./form.ts";

/** A store that is open, and the forms of its keys and values. */
export interface OpenStore extends AsyncDisposable {
  readonly location: string;
  readonly reader: KvReader<Uint8Array, Uint8Array>;
  readonly keys: Form;
  readonly values: Form;
}

/** A store that can be written to. */
export interface WritableStore extends OpenStore {
  readonly reader: KvEngine<Uint8Array, Uint8Array>;
}

/** The forms that the user asks for. */
export interface FormOptions {
  readonly keys?: FormName;
  readonly values?: FormName;
}

/** How often a store that another engine writes is looked at: never again, so that a command sees one state. */
const LOOK_ONCE = 0;

/** How keys or values are stored, and how they are shown. */
interface Encoding {
  readonly codec: Codec<Uint8Array>;
  readonly form: Form;
  /** Whether what the form reads is what the codec of the store would write. */
  readonly isOwn: boolean;
}

/** Opens a store for reading, beside the engine that writes it if there is one. */
export async function openForReading(
  location: string,
  forms: FormOptions,
): Promise<OpenStore> {
  const { keys, values } = await encodingsAt(location, forms);
  const codecs = { keys: keys.codec, values: values.codec };
  const reader = await open(location, { ...codecs, readOnly: true })
    .catch(async (error) => {
      if (!(error instanceof KvLockedError)) throw error;
      return await follow(location, { ...codecs, refreshMs: LOOK_ONCE });
    });
  return {
    location,
    reader,
    keys: keys.form,
    values: values.form,
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

/**
 * Opens a store for writing; with `create` one is made if it is missing, whose codecs are those of the forms. An existing store is written to in the
 * forms of its own codecs only, so that whoever else opens it can read what is written.
 */
export async function openForWriting(
  location: string,
  { create = false, ...forms }: FormOptions & { readonly create?: boolean },
): Promise<WritableStore> {
  const { keys, values } = await encodingsAt(location, forms);
  for (
    const [what, { codec, form, isOwn }] of [["keys", keys], [
      "values",
      values,
    ]] as const
  ) {
    if (isOwn) continue;
    throw new UsageError(
      `Cannot write to ${location}: its ${what} are written with codec ${codec.name}, --${what} says ${form.name}`,
    );
  }
  const reader = await open(location, {
    keys: keys.codec,
    values: values.codec,
    createIfMissing: create,
  });
  return {
    location,
    reader,
    keys: keys.form,
    values: values.form,
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

async function encodingsAt(
  location: string,
  { keys, values }: FormOptions,
): Promise<{ readonly keys: Encoding; readonly values: Encoding }> {
  const state = await readManifest(await openLocalStorage(location));
  return {
    keys: encodingOf(state?.keyCodec, keys),
    values: encodingOf(state?.valueCodec, values),
  };
}

/** Bytes go in and out of the engine, under the name that the store knows; the form does the rest. */
function encodingOf(
  stored: string | undefined,
  wanted: FormName | undefined,
): Encoding {
  const name = wanted ??
    (stored === undefined ? "utf8" : isFormName(stored) ? stored : "bytes");
  return {
    codec: { ...bytes, name: stored ?? name },
    form: formOf(name),
    // What an application's own codec writes only the application knows: its bytes are taken as they come.
    isOwn: stored === undefined || stored === name ||
      !isFormName(stored) && name === "bytes",
  };
}
