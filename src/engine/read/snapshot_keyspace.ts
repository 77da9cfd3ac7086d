import type { KvKeyspaceReader } from "../api/keyspace.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import type { KeyspaceHandle } from "../keyspaces/handles.ts";
import { BEFORE_ALL_WRITES } from "../keyspaces/layout.ts";
import type { ReadSource } from "./read_source.ts";
import { Reader } from "./reader.ts";

/** The snapshot that a keyspace is read from. */
interface Parent<S> {
  readonly store: S;
  readonly sequence: number;
  /** Throws once the snapshot is closed. */
  readonly assertOpen: () => void;
}

/** Reads a keyspace as of a snapshot, as long as that is held. */
export class SnapshotKeyspace<K, V, S extends ReadSource>
  extends Reader<K, V, S>
  implements KvKeyspaceReader<K, V> {
  readonly name: string;
  protected readonly maxSequence: number;
  readonly #assertOpen: () => void;

  /** The codec of the keys sets the prefix. */
  constructor(
    { entry, codecs }: Pick<KeyspaceHandle<K, V>, "entry" | "codecs">,
    parent: Parent<S>,
  ) {
    super(parent.store, codecs, entry);
    this.name = entry.name;
    this.maxSequence = lastSeenOf(entry, parent.sequence);
    this.#assertOpen = parent.assertOpen;
  }

  protected assertOpen(): void {
    this.#assertOpen();
  }
}

/**
 * What of a keyspace a snapshot sees: nothing of one that was made later, where other keys may have
 * lain.
 */
export function lastSeenOf(
  keyspace: KeyspaceEntry | undefined,
  sequence: number,
): number {
  return (keyspace?.madeAt ?? 0) <= sequence ? sequence : BEFORE_ALL_WRITES;
}
