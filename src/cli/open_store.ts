import {
  follow,
  type KvEngine,
  type KvReader,
  type KvWriter,
  open,
} from "../../mod.ts";
import { bytes } from "../codec/bytes.ts";
import type { Codec } from "../codec/codec.ts";
import { catalogueOf } from "../engine/reader.ts";
import { KvError, KvLockedError } from "../errors.ts";
import { readManifest } from "../manifest/manifest_store.ts";
import { openLocalStorage } from "../storage/local_storage.ts";
import { HintedError, UsageError } from "./failure.ts";
import { type Form, type FormName, formOf, isFormName } from "./form.ts";

/** A store that is open, and the forms of its keys and values. */
export interface OpenStore extends AsyncDisposable {
  readonly location: string;
  /** The store or, if the user asks for one, a keyspace of it. */
  readonly reader: KvReader<Uint8Array, Uint8Array>;
  readonly keys: Form;
  readonly values: Form;
}

/** What is read and written. */
type Face = KvReader<Uint8Array, Uint8Array> & KvWriter<Uint8Array, Uint8Array>;

/** A store that can be written to. */
export interface WritableStore extends OpenStore {
  readonly reader: Face;
  readonly engine: KvEngine<Uint8Array, Uint8Array>;
}

/** What the user asks for: forms, and the keyspace that they are of. */
export interface FormOptions {
  readonly keys?: FormName;
  readonly values?: FormName;
  readonly keyspace?: string;
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
  const own = await encodingsAt(location, ownForms(forms));
  const codecs = codecsOf(own);
  const store = await open(location, { ...codecs, readOnly: true })
    .catch(async (error) => {
      if (!(error instanceof KvLockedError)) throw error;
      return await follow(location, { ...codecs, refreshMs: LOOK_ONCE });
    });
  return await orClosed(store, () => {
    const { keyspace } = forms;
    const encodings = keyspace === undefined
      ? own
      : encodingsIn(store, forms, { keyspace });
    const reader = keyspace === undefined
      ? store
      : store.keyspace(keyspace, codecsOf(encodings));
    return { ...openStore(location, encodings, store), reader };
  });
}

/**
 * Opens a store for writing; with `create` one is made if it is missing, whose codecs are those of the forms, and a keyspace likewise. An existing store is written to in the
 * forms of its own codecs only, so that whoever else opens it can read what is written.
 */
export async function openForWriting(
  location: string,
  { create = false, ...forms }: FormOptions & { readonly create?: boolean },
): Promise<WritableStore> {
  const own = await encodingsAt(location, ownForms(forms));
  refuseOtherForms(location, own);
  const engine = await open(location, {
    ...codecsOf(own),
    createIfMissing: create,
  }).catch(async (error) => {
    const isMissing = error instanceof KvError && error.code === "KV_NOT_FOUND";
    throw isMissing ? await notFoundAt(location) : error;
  });
  return await orClosed(engine, () => {
    const { keyspace } = forms;
    if (keyspace === undefined) {
      return { ...openStore(location, own, engine), reader: engine, engine };
    }
    const encodings = encodingsIn(engine, forms, {
      keyspace,
      create,
      hint: "put and load make one with --create",
    });
    refuseOtherForms(`keyspace ${keyspace}`, encodings);
    const reader = engine.keyspace(keyspace, codecsOf(encodings));
    return { ...openStore(location, encodings, engine), reader, engine };
  });
}

/** Without the option of the engine by which programs make a store. */
async function notFoundAt(place: string): Promise<KvError> {
  const { location } = await openLocalStorage(place);
  return new KvError(
    "KV_NOT_FOUND",
    `Cannot open ${location}: there is no store; check the path`,
  );
}

/** Forms that are asked for along with a keyspace are those of the keyspace. */
function ownForms(forms: FormOptions): FormOptions {
  return forms.keyspace === undefined ? forms : {};
}

function openStore(
  location: string,
  { keys, values }: Encodings,
  store: { close(): Promise<void> },
): Omit<OpenStore, "reader"> {
  return {
    location,
    keys: keys.form,
    values: values.form,
    [Symbol.asyncDispose]: () => store.close(),
  };
}

async function orClosed<T>(
  store: { close(): Promise<void> },
  make: () => T,
): Promise<T> {
  try {
    return make();
  } catch (error) {
    await store.close();
    throw error;
  }
}

function refuseOtherForms(place: string, { keys, values }: Encodings): void {
  for (const [what, encoding] of Object.entries({ keys, values })) {
    const { codec, form, isOwn } = encoding;
    if (isOwn) continue;
    throw new UsageError(
      `Cannot write to ${place}: its ${what} are written with codec ${codec.name}, --${what} says ${form.name}`,
    );
  }
}

function codecsOf({ keys, values }: Encodings) {
  return { keys: keys.codec, values: values.codec };
}

interface WantedKeyspace {
  readonly keyspace: string;
  readonly create?: boolean;
  /** What to do if there is none. */
  readonly hint?: string;
}

function namesText(names: readonly string[]): string {
  if (names.length === 0) return "nor any other";
  return `only ${names.join(", ")}`;
}

/** How the keys and values of a keyspace are stored. Throws `KV_NOT_FOUND` if there is none and none is to be made. */
function encodingsIn(
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
        `Cannot open keyspace ${keyspace}: there is none of this name, ${
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

interface Encodings {
  readonly keys: Encoding;
  readonly values: Encoding;
}

async function encodingsAt(
  location: string,
  { keys, values }: FormOptions,
): Promise<Encodings> {
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
