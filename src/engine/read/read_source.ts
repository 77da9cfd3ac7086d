import type { BlockCache } from "../../segment/block_cache.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Catalogue } from "../keyspaces/catalogue.ts";
import type { ReadState } from "../state/read_state.ts";

/** What reads need of a store. */
export interface ReadSource {
  readonly storage: Storage;
  /** What a read that begins now goes through. */
  readonly readState: ReadState;
  /** The keyspaces that there are. */
  readonly catalogue: Catalogue;
  /** Sequence number of the last write. */
  readonly lastSequence: number;
  /** Where what is found may lie. */
  readonly cache: BlockCache;
  /** Keeps `work`, which waits for storage, from being overtaken by `close`. */
  track<T>(work: Promise<T>): Promise<T>;
}
