import {
  follow,
  type KvEngine,
  type KvFollower,
  type KvReader,
  type KvWriter,
  open,
} from "../../mod.ts";
import { KvError, KvLockedError } from "../errors.ts";
import { openLocalStorage } from "../storage/local_storage.ts";
import {
  codecsOf,
  type Encodings,
  encodingsAt,
  encodingsIn,
  type FormOptions,
  refuseOtherForms,
} from "./encodings.ts";
import { escapeName } from "./escape.ts";
import type { Form } from "./form.ts";

type Engine = KvEngine<Uint8Array, Uint8Array>;
type Follower = KvFollower<Uint8Array, Uint8Array>;

/** A store that is open, and the forms of its keys and values. */
export interface OpenStore extends AsyncDisposable {
  readonly location: string;
  /** The keyspace that the user asks for, if any. */
  readonly keyspace: string | undefined;
  /** The store or that keyspace of it. */
  readonly reader: KvReader<Uint8Array, Uint8Array>;
  /** Of the whole store, if no other program has it open. */
  readonly engine: Engine | undefined;
  readonly keys: Form;
  readonly values: Form;
  /** The names of its keyspaces. */
  keyspaces(): string[];
  /**
   * The same open store, for another of its keyspaces, or for none. Whoever closes one closes both.
   */
  use(wanted: Wanted): OpenStore;
}

/** What is read and written. */
type Face = KvReader<Uint8Array, Uint8Array> & KvWriter<Uint8Array, Uint8Array>;

/** A store that can be written to. */
export interface WritableStore extends OpenStore {
  readonly reader: Face;
  readonly engine: Engine;
  use(wanted: Wanted): WritableStore;
}

/** What the user asks for of a store. */
export interface Wanted extends FormOptions {
  /** Whether what is missing is made. */
  readonly create?: boolean;
}

/** A store as it was opened. */
interface Opened<S> {
  readonly location: string;
  readonly store: S;
  /** Of what is in no keyspace. */
  readonly own: Encodings;
}

/**
 * How often a store that another engine writes is looked at: never again, so that a command sees
 * one state.
 */
const LOOK_ONCE = 0;

/** Opens a store for reading, beside the engine that writes it if there is one. */
export async function openForReading(
  location: string,
  forms: FormOptions,
): Promise<OpenStore> {
  const own = await encodingsAt(location, ownForms(forms));
  const codecs = codecsOf(own);
  const store = await open(location, { ...codecs, readOnly: true })
    .catch((error) => {
      if (!(error instanceof KvLockedError)) throw error;
      return followOnce(location, codecs);
    });
  return await orClosed(store, () => readable({ location, store, own }, forms));
}

/** Opens a store as it is now without a lock, so that no engine is kept out meanwhile. */
export async function openWithoutLock(location: string): Promise<OpenStore> {
  const own = await encodingsAt(location, {});
  const store = await followOnce(location, codecsOf(own));
  return await orClosed(store, () => readable({ location, store, own }, {}));
}

function followOnce(
  location: string,
  codecs: ReturnType<typeof codecsOf>,
): Promise<Follower> {
  return follow(location, { ...codecs, refreshMs: LOOK_ONCE });
}

function readable(
  opened: Opened<Engine | Follower>,
  { create: _, ...forms }: Wanted,
): OpenStore {
  const { store, own } = opened;
  const { keyspace } = forms;
  const encodings = keyspace === undefined
    ? own
    : encodingsIn(store, forms, { keyspace });
  // Calls of either are those of a follower.
  const keyspaces: Pick<Follower, "keyspace"> = store;
  const reader = keyspace === undefined
    ? store
    : keyspaces.keyspace(keyspace, codecsOf(encodings));
  return {
    ...openStore(opened, encodings),
    keyspace,
    reader,
    engine: "verify" in store ? store : undefined,
    use: (wanted) => readable(opened, wanted),
  };
}

/**
 * Opens a store for writing; with `create` one is made if it is missing, whose codecs are those of
 * the forms, and a keyspace likewise. An existing store is written to in the forms of its own
 * codecs only, so that whoever else opens it can read what is written.
 */
export async function openForWriting(
  location: string,
  wanted: Wanted,
): Promise<WritableStore> {
  const own = await encodingsAt(location, ownForms(wanted));
  refuseOtherForms(location, own);
  const store = await open(location, {
    ...codecsOf(own),
    createIfMissing: wanted.create ?? false,
  }).catch(async (error) => {
    const isMissing = error instanceof KvError && error.code === "KV_NOT_FOUND";
    throw isMissing ? await notFoundAt(location) : error;
  });
  return await orClosed(
    store,
    () => writable({ location, store, own }, wanted),
  );
}

function writable(opened: Opened<Engine>, wanted: Wanted): WritableStore {
  const { store: engine, own } = opened;
  const { keyspace, create = false } = wanted;
  const use = (wanted: Wanted) => writable(opened, wanted);
  if (keyspace === undefined) {
    const store = openStore(opened, own);
    return { ...store, keyspace, reader: engine, engine, use };
  }
  const encodings = encodingsIn(engine, wanted, {
    keyspace,
    create,
    hint: "put, load, shell and use create one with --create",
  });
  refuseOtherForms(`keyspace ${escapeName(keyspace)}`, encodings);
  const reader = engine.keyspace(keyspace, codecsOf(encodings));
  return { ...openStore(opened, encodings), keyspace, reader, engine, use };
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
  { location, store }: Opened<Engine | Follower>,
  { keys, values }: Encodings,
): Omit<OpenStore, "keyspace" | "reader" | "engine" | "use"> {
  return {
    location,
    keys: keys.form,
    values: values.form,
    keyspaces: () => store.keyspaces(),
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
