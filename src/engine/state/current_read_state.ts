import { ReadState, type ReadStateOwner } from "./read_state.ts";
import type { Tables } from "./tables.ts";
import type { VersionSet } from "./version_set.ts";

/** What a read that begins now goes through. */
export class CurrentReadState {
  readonly #tables: Tables;
  readonly #versions: VersionSet;
  readonly #owner: ReadStateOwner;
  #state: ReadState;

  /** @param onScans Called when many more scans have gone through level 0. */
  constructor(tables: Tables, versions: VersionSet, onScans: () => void) {
    this.#tables = tables;
    this.#versions = versions;
    this.#owner = { onUnread: (table) => tables.reclaim(table), onScans };
    this.#state = this.#make();
  }

  get state(): ReadState {
    return this.#state;
  }

  /** Shows tables and segments that have changed. */
  renew(): void {
    const old = this.#state;
    this.#state = this.#make();
    old.release();
  }

  /** Lets reads look at range tombstones, once there are any. */
  showRanges(): void {
    const { ranges } = this.#tables.active.table;
    if (!this.#state.hasRanges && !ranges.isEmpty) this.renew();
  }

  #make(): ReadState {
    const { newestFirst } = this.#tables;
    return new ReadState(newestFirst, this.#versions.live, this.#owner);
  }
}
