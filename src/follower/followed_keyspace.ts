import type { KvKeyspaceReader } from "../engine/api/keyspace.ts";
import type {
  Catalogue,
  KeyspaceEntry,
} from "../engine/keyspaces/catalogue.ts";
import { BEFORE_ALL_WRITES } from "../engine/keyspaces/layout.ts";
import { codecsBehind } from "../engine/keyspaces/prefixed_codec.ts";
import type { Codecs } from "../engine/codecs/codecs.ts";
import { Reader } from "../engine/read/reader.ts";
import { SnapshotKeyspace } from "../engine/read/snapshot_keyspace.ts";
import type { FollowedStore } from "./followed_store.ts";
import type { HeldState } from "./held_state.ts";

/** What a keyspace of a follower is made of. */
export interface FollowedKeyspaceParts<K, V> {
  readonly name: string;
  /** Those of keys and values alone. */
  readonly codecs: Codecs<K, V>;
  /** Throws if the follower cannot be read. */
  readonly assertOpen: () => void;
}

/**
 * Reads a keyspace of a store that an engine elsewhere writes, which may make it, drop it and make
 * it anew meanwhile.
 */
export class FollowedKeyspace<K, V> extends Reader<K, V, FollowedStore>
  implements KvKeyspaceReader<K, V> {
  readonly name: string;
  readonly #parts: FollowedKeyspaceParts<K, V>;
  /** The catalogue that says where the keyspace lies. */
  #catalogue: Catalogue | undefined;

  constructor(store: FollowedStore, parts: FollowedKeyspaceParts<K, V>) {
    super(store, parts.codecs);
    this.name = parts.name;
    this.#parts = parts;
    this.#find();
  }

  /** Whether it is one of the store that was held. */
  isOf(held: HeldState): boolean {
    return held.isOf(this.store);
  }

  /** The keyspace as of a snapshot. */
  at(held: HeldState, assertOpen: () => void): KvKeyspaceReader<K, V> {
    const { entry, codecs } = this.#in(held.catalogue);
    const { lastSequence: sequence } = held;
    const parent = { store: held, sequence, assertOpen };
    return new SnapshotKeyspace({ entry, codecs }, parent);
  }

  protected get maxSequence(): number {
    return this.keyspaceEntry!.isMade ? Infinity : BEFORE_ALL_WRITES;
  }

  protected assertOpen(): void {
    this.#parts.assertOpen();
    if (this.#catalogue !== this.store.catalogue) this.#find();
  }

  protected override assertScanning(): void {
    this.#parts.assertOpen();
  }

  #find(): void {
    const { catalogue } = this.store;
    const { entry, codecs } = this.#in(catalogue);
    this.keyspaceEntry = entry;
    this.codecs = codecs;
    this.#catalogue = catalogue;
  }

  /** Where the keyspace lies, and the codecs that set its prefix there. */
  #in(catalogue: Catalogue): { entry: KeyspaceEntry; codecs: Codecs<K, V> } {
    const { name, codecs } = this.#parts;
    const entry = catalogue.entry(name, codecs);
    return { entry, codecs: codecsBehind(codecs, entry.prefix) };
  }
}
