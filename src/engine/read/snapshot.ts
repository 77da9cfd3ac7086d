import { KvError } from "../../errors.ts";
import type { KvSnapshot } from "../api/reader.ts";
import type { KvKeyspaceReader } from "../api/keyspace.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import { handleOf } from "../keyspaces/handles.ts";
import type { Codecs } from "../codecs/codecs.ts";
import { Reader } from "./reader.ts";
import { lastSeenOf, SnapshotKeyspace } from "./snapshot_keyspace.ts";
import type { Store } from "../store/store.ts";

/** Which state a snapshot shows, and of what. */
export interface SnapshotOptions {
  /** The state to hold: the newest, or one that is held already. */
  readonly sequence?: number;
  /** The keyspace whose prefix the codec of the keys sets. */
  readonly keyspace?: KeyspaceEntry | undefined;
}

/** A snapshot: reads as of the sequence number that it holds on to. */
export class Snapshot<K, V> extends Reader<K, V> implements KvSnapshot<K, V> {
  readonly sequence: number;
  protected readonly maxSequence: number;
  #isClosed = false;

  constructor(
    store: Store,
    codecs: Codecs<K, V>,
    { sequence = store.lastSequence, keyspace }: SnapshotOptions = {},
  ) {
    super(store, codecs, keyspace);
    this.sequence = sequence;
    this.maxSequence = lastSeenOf(keyspace, sequence);
    store.snapshots.hold(sequence);
  }

  /**
   * Another snapshot of the same state, with other codecs for the same bytes. Each is closed by
   * itself.
   */
  withCodecs<K2, V2>(codecs: Codecs<K2, V2>): Snapshot<K2, V2> {
    this.assertOpen();
    const { sequence, keyspaceEntry: keyspace } = this;
    return new Snapshot(this.store, codecs, { sequence, keyspace });
  }

  keyspace<K2, V2>(
    keyspace: KvKeyspaceReader<K2, V2>,
  ): KvKeyspaceReader<K2, V2> {
    this.assertOpen();
    const handle = handleOf(keyspace, this.store);
    // One that was dropped since is still seen.
    if (!handle.entry.isDropped) handle.entry.assertOpen();
    return new SnapshotKeyspace(handle, {
      store: this.store,
      sequence: this.sequence,
      assertOpen: () => this.assertOpen(),
    });
  }

  protected assertOpen(): void {
    this.store.assertOpen();
    if (this.#isClosed) {
      throw new KvError("KV_CLOSED", "Cannot use the snapshot: it is closed");
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.store.snapshots.release(this.sequence);
    this.store.wakeBackground();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
