import { placeSegments } from "../../compaction/placement.ts";
import { compareSpans } from "../../bytes/compare.ts";
import type { Cursor } from "../../format/cursor.ts";
import { FRAME_HEADER_BYTES } from "../../format/log_format.ts";
import {
  RECORD_HEADER_BYTES,
  recordKeyLength,
  recordLength,
  recordValueLength,
} from "../../format/record.ts";
import { MAX_SEQUENCE } from "../../format/sequence.ts";
import { hasKeyIn } from "../../memtable/range_size.ts";
import type { Version, VersionEdit } from "../../manifest/version.ts";
import { addBatch } from "../write/batch_commit.ts";
import { BatchRecords } from "../write/batch_records.ts";
import type { KeyspaceEntry } from "../keyspaces/catalogue.ts";
import { RESERVED_BYTE } from "../keyspaces/layout.ts";
import type { LiveVersion } from "../state/live_version.ts";
import type { Segment } from "../state/segment.ts";
import type { BuiltSegments } from "./sorted_builder.ts";
import type { Store } from "../store/store.ts";

/**
 * More writes than there can be while a manifest is written: their sequence numbers are left for
 * them.
 */
const MOST_IN_BETWEEN = 2 ** 32;

/**
 * Makes segments that were built of an import a part of the store, all at once.
 *
 * They may only go below what is older if they share no key with it. So:
 *
 * 1. Keep flushes from beginning, and bring all writes so far, up to F, into segments. Writers go
 *    on.
 * 2. Look into every segment for keys in the range of the import. Until the end no segment can come
 *    to have any: nothing is flushed, and compactions only move what is there. With what is in
 *    memory that is done in the turn in which the manifest is written. From then on until it is
 *    there no compaction begins, for it would be planned without the new segments.
 * 3. The manifest names the segments with the ceiling F: range deletes and writes up to F are
 *    older, all later ones newer. Entries have no sequence numbers. After a crash there are no
 *    snapshots, so nobody could see less than all; and if the manifest did not become durable, the
 *    files are swept.
 * 4. In this process, snapshots that are held must not see what was not there when they were taken.
 *    In the turn in which the segments become current, they are said to be visible from the
 *    sequence number behind that of the newest snapshot. Later snapshots must have that number or a
 *    larger one: if no write has taken it, the last write is repeated, which changes nothing, or
 *    the first entry of the import is put once more.
 * 5. A compaction for older snapshots would write that number into a segment, and numbers in
 *    segments must be of writes that are in segments. So there is another flush before compactions
 *    may have the new segments.
 */
export class Installation {
  readonly #store: Store;
  readonly #built: BuiltSegments;
  readonly #keyspace: KeyspaceEntry | undefined;
  readonly #signal: AbortSignal;
  readonly #smallestKey: Uint8Array;
  readonly #largestKey: Uint8Array;
  #segments: Segment[] = [];
  /** Whether a manifest may name the segments. */
  mayBeNamed = false;

  constructor(
    store: Store,
    built: BuiltSegments,
    { keyspace, signal }: {
      readonly keyspace: KeyspaceEntry | undefined;
      /**
       * Ends the work for as long as nothing is installed; aborted in any case when the store stops
       * working.
       */
      readonly signal: AbortSignal;
    },
  ) {
    this.#store = store;
    this.#signal = signal;
    this.#built = built;
    this.#keyspace = keyspace;
    this.#smallestKey = built.infos[0]!.smallestKey;
    this.#largestKey = built.infos.at(-1)!.largestKey;
  }

  /**
   * Answers whether the segments are installed; if not, the store has something between their keys.
   */
  async run(): Promise<boolean> {
    const { background } = this.#store;
    return await background.withoutFlushes(() => this.#run(), this.#signal);
  }

  /** The segments, open for reading, if they are not installed. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Closes segments that are not installed. */
  async discard(): Promise<void> {
    for (const segment of this.#segments.splice(0)) {
      await this.#store.versions.discard(segment);
    }
  }

  async #run(): Promise<boolean> {
    const { versions, background } = this.#store;
    this.#makeKeyspace();
    await this.#flush();
    for (const info of this.#built.infos) {
      this.#signal.throwIfAborted();
      const ceiling = versions.flushedSequence;
      this.#segments.push(await versions.openSegment({ ...info, ceiling }));
    }
    if (this.#mayBeReserved) return false;
    if (!await this.#isFree(versions.live)) return false;
    this.#signal.throwIfAborted();
    this.mayBeNamed = true;
    let isInstalled = false;
    try {
      await versions.change({
        edit: (version) => this.#place(version),
        assertSound: () => this.#store.assertSound(),
      }, () => {
        this.#show();
        isInstalled = true;
      });
    } catch (error) {
      background.fail(error);
      throw error;
    } finally {
      background.gate.isShut = false;
      background.wake();
    }
    if (isInstalled) await this.#settle();
    else this.mayBeNamed = false;
    this.#keyspace?.assertOpen();
    return isInstalled;
  }

  /** What a keyspace is known by is in the store before its first entries are. */
  #makeKeyspace(): void {
    const keyspace = this.#keyspace;
    if (keyspace === undefined || keyspace.isMade) return;
    const nothing = new BatchRecords();
    nothing.keyspaces.add(keyspace);
    addBatch(this.#store, nothing);
    // Whoever waits for its durability is the flush that follows; its failure poisons the store.
    this.#store.commit(false).catch(() => {});
  }

  /**
   * Whether there are keys in no keyspace that begin as those of keyspaces do: what is to be heeded
   * then, batches do.
   */
  get #mayBeReserved(): boolean {
    return this.#keyspace === undefined &&
      this.#largestKey[0] === RESERVED_BYTE;
  }

  async #flush(): Promise<void> {
    this.#store.makeRoom(0);
    await this.#store.background.flushNow();
  }

  /** Whether no segment has a key, or a trace of one, in the range. */
  async #isFree(live: LiveVersion): Promise<boolean> {
    live.retain();
    try {
      for (let level = 0; level < live.version.levels.length; level++) {
        const rivals = live.version
          .overlapping(level, this.#smallestKey, this.#largestKey);
        for (const { reader } of rivals) {
          this.#signal.throwIfAborted();
          const cursor = reader.cursor({
            maxSequence: Infinity,
            allVersions: true,
            fillCache: false,
          });
          const has = await cursor.seek(this.#smallestKey);
          const isRival = has && this.#isBefore(cursor);
          cursor.close?.();
          if (isRival) return false;
        }
      }
      return true;
    } finally {
      live.release();
    }
  }

  /** Whether the key of a cursor behind the smallest key is in the range. */
  #isBefore({ entry }: Cursor): boolean {
    const { keyBuffer, keyOffset, keyLength } = entry;
    const last = this.#largestKey;
    return compareSpans(
      keyBuffer,
      keyOffset,
      keyLength,
      last,
      0,
      last.length,
    ) <= 0;
  }

  #place(version: Version<Segment>): VersionEdit<Segment> | undefined {
    if (!isOpen(this.#keyspace) || this.#signal.aborted) return undefined;
    const { tables, background, options, lastSequence } = this.#store;
    if (lastSequence > MAX_SEQUENCE - MOST_IN_BETWEEN) return undefined;
    const [smallest, largest] = [this.#smallestKey, this.#largestKey];
    const isTaken = tables.all.some(({ table }) =>
      hasKeyIn(table, smallest, largest) ||
      table.ranges.tombstones.overlapping(smallest, largest).length > 0
    );
    if (isTaken) return undefined;
    // One that began now would go by the version without them.
    background.gate.isShut = true;
    return placeSegments(version, this.#segments, {
      settings: options.compaction,
      running: background.gate.running,
    });
  }

  /** Runs in the turn in which the segments become current. */
  #show(): void {
    const { snapshots, versions, background } = this.#store;
    const { newest } = snapshots;
    // Of a store that is being closed nobody reads a snapshot any more, and it takes no more
    // records.
    if (newest !== undefined && isOpen(this.#store)) {
      if (newest >= this.#store.lastSequence) this.#takeSequence();
      const visibleFrom = newest + 1;
      for (const segment of this.#segments) {
        segment.visibleFrom = visibleFrom;
        if (visibleFrom > versions.flushedSequence) {
          background.gate.withheld.add(segment.number);
        }
      }
    }
    this.#store.onBackgroundChange();
  }

  /** Adds a record that changes nothing. */
  #takeSequence(): void {
    const record = this.#lastRecord() ?? this.#built.firstRecord;
    const { tables } = this.#store;
    if (tables.active.table.arena.room < record.length) {
      this.#store.makeRoom(record.length + FRAME_HEADER_BYTES);
    }
    tables.active.table.appendRecords(record, 1);
    this.#store.showRanges();
    // Whoever waits for its durability is the flush below; its failure poisons the store.
    this.#store.commit(false).catch(() => {});
  }

  /** The last write, if it is in no segment. */
  #lastRecord(): Uint8Array | undefined {
    const { table } = this.#store.tables.newestFirst
      .find(({ table }) => table.records > 0) ?? {};
    if (table === undefined) return undefined;
    const keyOffset = table.offset(table.records - 1);
    const start = keyOffset - RECORD_HEADER_BYTES;
    const length = recordLength(
      recordKeyLength(table.buffer, start),
      recordValueLength(table.buffer, start),
    );
    return table.buffer.slice(start, start + length);
  }

  /**
   * Lets compactions have the segments. If that fails the store is poisoned, but the import is
   * done.
   */
  async #settle(): Promise<void> {
    const { background } = this.#store;
    try {
      if (background.gate.withheld.size > 0) await this.#flush();
    } catch {
      return;
    }
    background.gate.withheld.clear();
  }
}

function isOpen(place: Store | KeyspaceEntry | undefined): boolean {
  try {
    place?.assertOpen();
    return true;
  } catch {
    return false;
  }
}
