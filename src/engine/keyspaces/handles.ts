import { invalidArgument, type KvError } from "../../errors.ts";
import type { KvKeyspaceReader } from "../api/keyspace.ts";
import type { Codecs } from "../codecs/codecs.ts";
import type { KeyspaceEntry } from "./catalogue.ts";

/** What a keyspace is used with by batches and snapshots. */
export interface KeyspaceHandle<K, V> {
  /** The open store that it is of. */
  readonly store: object;
  readonly entry: KeyspaceEntry;
  /** Those of its keys set the prefix. */
  readonly codecs: Codecs<K, V>;
}

const handles = new WeakMap<object, KeyspaceHandle<unknown, unknown>>();

/** Notes what stands behind a keyspace that a user has. */
export function registerHandle<K, V>(
  keyspace: KvKeyspaceReader<K, V>,
  handle: KeyspaceHandle<K, V>,
): void {
  handles.set(keyspace, handle as unknown as KeyspaceHandle<unknown, unknown>);
}

/**
 * What stands behind a keyspace that a user hands over. Throws `KV_INVALID_ARGUMENT` if it is none
 * of `store`.
 */
export function handleOf<K, V>(
  keyspace: KvKeyspaceReader<K, V>,
  store: object,
): KeyspaceHandle<K, V> {
  const isObject = typeof keyspace === "object" && keyspace !== null;
  const handle = isObject ? handles.get(keyspace) : undefined;
  if (handle?.store === store) {
    return handle as unknown as KeyspaceHandle<K, V>;
  }
  throw foreignKeyspace(handle !== undefined);
}

/** The error for an argument that is not a keyspace of this store. */
export function foreignKeyspace(isKeyspace: boolean): KvError {
  return invalidArgument(
    `Cannot use the keyspace: ${
      isKeyspace ? "it belongs to another store" : "not a keyspace"
    }; ask this store for it with keyspace()`,
  );
}
