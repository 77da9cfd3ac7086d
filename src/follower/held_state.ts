import type { Catalogue } from "../engine/keyspaces/catalogue.ts";
import type { ReadSource } from "../engine/read/read_source.ts";
import type { ReadState } from "../engine/state/read_state.ts";
import type { BlockCache } from "../segment/block_cache.ts";
import type { Storage } from "../storage/storage.ts";
import type { FollowedStore } from "./followed_store.ts";

/**
 * What a followed store showed at one moment. It stays readable until it is let go of, whatever the
 * store shows meanwhile.
 */
export class HeldState implements ReadSource {
  readonly storage: Storage;
  readonly cache: BlockCache;
  readonly readState: ReadState;
  readonly catalogue: Catalogue;
  readonly lastSequence: number;
  readonly #store: FollowedStore;

  constructor(store: FollowedStore) {
    this.#store = store;
    this.storage = store.storage;
    this.cache = store.cache;
    this.readState = store.readState;
    this.catalogue = store.catalogue;
    this.lastSequence = store.lastSequence;
    this.readState.retain();
    // The tables that are held grow on with their logs.
    store.snapshots.hold(this.lastSequence);
  }

  /** Whether it is one of `store`. */
  isOf(store: FollowedStore): boolean {
    return this.#store === store;
  }

  track<T>(work: Promise<T>): Promise<T> {
    return this.#store.track(work);
  }

  /** Lets go of files and tables. Once only. */
  release(): void {
    this.#store.snapshots.release(this.lastSequence);
    this.readState.release();
  }
}
