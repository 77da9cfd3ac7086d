import type { MemTable } from "../../memtable/memtable.ts";
import { RangeTombstones } from "../../tombstones/range_tombstones.ts";
import type { LiveVersion } from "./live_version.ts";
import type { LoggedTable } from "./logged_table.ts";
import type { Segment } from "./segment.ts";
import { VisibleRanges } from "./visible_ranges.ts";

/** After so many scans through level 0 it is asked whether they make its compaction due. */
const SCANS_PER_LOOK = 1024;

/** Who is told of what becomes of a state. */
export interface ReadStateOwner {
  /** No state holds the table any more. */
  onUnread(table: LoggedTable): void;
  /** Many more scans have gone through level 0. */
  onScans(): void;
}

/**
 * All that a read goes through, at one moment. It stays readable for as long as anybody holds it; a
 * read that is answered in the same turn need not.
 */
export class ReadState {
  /** Newest first. */
  readonly tables: readonly MemTable[];
  readonly live: LiveVersion;
  /** Whether there are range tombstones. A table that gets its first one needs another state. */
  readonly hasRanges: boolean;
  readonly #ranges: VisibleRanges;
  readonly #logged: readonly LoggedTable[];
  readonly #owner: ReadStateOwner;
  #holders = 1;
  #scans = 0;

  /**
   * The maker is the first holder.
   *
   * @param tables Newest first.
   */
  constructor(
    tables: readonly LoggedTable[],
    live: LiveVersion,
    owner: ReadStateOwner,
  ) {
    this.tables = tables.map(({ table }) => table);
    this.live = live;
    this.#ranges = new VisibleRanges(live.version.rangeTombstones, this.tables);
    this.hasRanges = !live.version.rangeTombstones.isEmpty ||
      this.tables.some((table) => !table.ranges.isEmpty);
    this.#logged = tables;
    this.#owner = owner;
    live.retain();
    for (const table of tables) table.retain();
  }

  /**
   * The range tombstones that a reader sees who sees no write past `maxSequence`, those of all
   * places laid over one another.
   */
  visibleRanges(maxSequence: number): RangeTombstones {
    return this.hasRanges
      ? this.#ranges.upTo(maxSequence)
      : RangeTombstones.none;
  }

  /** Sequence number of the newest of them that covers `key`; 0 if there is none. */
  newestRangeOver(
    key: Uint8Array,
    length: number,
    maxSequence: number,
  ): number {
    return this.#ranges.newestOver(key, length, maxSequence);
  }

  /** Counts a scan through `segments` of level 0. */
  noteScan(segments: readonly Segment[]): void {
    if (segments.length === 0) return;
    for (const segment of segments) segment.level0Reads++;
    if (++this.#scans % SCANS_PER_LOOK === 0) this.#owner.onScans();
  }

  /** Keeps everything readable for one more holder. */
  retain(): void {
    this.#holders++;
  }

  /** Lets go for one holder; every `retain` has one `release`. */
  release(): void {
    if (--this.#holders > 0) return;
    this.live.release();
    for (const table of this.#logged) {
      if (table.release()) this.#owner.onUnread(table);
    }
  }
}
