import type { KvKeyspaceReader } from "../engine/api/keyspace.ts";
import type { KvSnapshot } from "../engine/api/reader.ts";
import { foreignKeyspace } from "../engine/keyspaces/handles.ts";
import type { Codecs } from "../engine/codecs/codecs.ts";
import { Reader } from "../engine/read/reader.ts";
import { KvError } from "../errors.ts";
import { FollowedKeyspace } from "./followed_keyspace.ts";
import type { FollowedStore } from "./followed_store.ts";
import { HeldState } from "./held_state.ts";

/**
 * A snapshot of a store that an engine elsewhere writes: reads of the state that it holds on to.
 */
export class FollowedSnapshot<K, V> extends Reader<K, V, HeldState>
  implements KvSnapshot<K, V> {
  readonly sequence: number;
  protected readonly maxSequence: number;
  readonly #refuseClosed: () => void;
  #isClosed = false;

  /**
   * @param refuseClosed Throws once the follower is closed. That it cannot keep up does not matter
   * to what is held.
   */
  constructor(
    store: FollowedStore,
    codecs: Codecs<K, V>,
    refuseClosed: () => void,
  ) {
    super(new HeldState(store), codecs);
    this.sequence = this.store.lastSequence;
    this.maxSequence = this.sequence;
    this.#refuseClosed = refuseClosed;
  }

  keyspace<K2, V2>(
    keyspace: KvKeyspaceReader<K2, V2>,
  ): KvKeyspaceReader<K2, V2> {
    this.assertOpen();
    const isFollowed = keyspace instanceof FollowedKeyspace;
    if (isFollowed && keyspace.isOf(this.store)) {
      return keyspace.at(this.store, () => this.assertOpen());
    }
    throw foreignKeyspace(isFollowed);
  }

  protected assertOpen(): void {
    this.#refuseClosed();
    if (this.#isClosed) {
      throw new KvError("KV_CLOSED", "Cannot use the snapshot: it is closed");
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.store.release();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
